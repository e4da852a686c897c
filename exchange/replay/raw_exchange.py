"""ccxt's exchange without a network: it hears a recording, and its own handlers decode it.

What ccxt would hand to whoever watches is caught, with the name it has for it. Where its handlers
ask the exchange for something, such as the snapshot of a book, they get what was recorded.
"""

import decimal
import re
from collections.abc import Coroutine, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from core.errors import ConfigError, DataError
from exchange.real.recording import Answer, BookLine, Frame
from exchange.replay.raw_connection import Connection, Result, said

# Binance's books begin with diffs; a snapshot that REST answers is put under them.
BINANCE: Final = ("binance", "binanceusdm", "binancecoinm", "binanceus")
_SNAPSHOT: Final = re.compile(r"^GET \S*/depth\?")
_BOOK: Final = "orderbook::"
MOST_WAITING: Final = 20_000  # diffs that wait for a snapshot: after more there is none to come
BOOK_LIMIT: Final = 1_000  # levels a side, as ccxt keeps them
COMPARED: Final = 100  # levels a side of two books


class RecordedExchange:
    """One exchange of ccxt that hears what was recorded.

    Attributes:
        api: ccxt's exchange; its markets are those of the recording.
        client_class: ccxt's websocket client, whose methods read frames.
        garbled: frames that could not be read.
    """

    def __init__(self, name: str) -> None:
        """Make it.

        Raises:
            ConfigError: this ccxt knows no exchange of that name.
        """
        import ccxt.pro  # noqa: PLC0415 - loaded only when a recording is played
        from ccxt.async_support.base.ws.client import Client  # noqa: PLC0415

        if name not in ccxt.pro.exchanges:
            raise ConfigError(f"the recording is of {name!r}, which ccxt {ccxt.__version__} lacks")
        self.client_class: Any = Client
        self.api: Any = getattr(ccxt.pro, name)(
            {"enableRateLimit": False, "options": {"fetchCurrencies": False}}
        )
        self.api.fetch = self._fetch
        self.garbled = 0
        self._books_begin_with_diffs = name in BINANCE
        self._connections: dict[str, Connection] = {}
        self._answers: dict[str, Answer] = {}
        self._spare: dict[str, Answer] = {}  # snapshots that no book has needed yet, by symbol
        self._newest: Answer | None = None
        self._is_open = False  # until then the newest answer is not what ccxt asks for

    def hear(self, frame: Frame) -> tuple[Any, list[Result]]:
        """Return a frame as ccxt reads it, and what it made of it.

        Raises:
            DataError: ccxt cannot read it.
        """
        from aiohttp import WSMessage, WSMsgType  # noqa: PLC0415 - ccxt has loaded it

        connection = self._connections.get(frame.url)
        if connection is None:
            connection = self._connections[frame.url] = Connection(frame.url, self)
        connection.results, connection.message = [], None
        if frame.data is None:
            message = WSMessage(WSMsgType.TEXT, frame.text, None)
        else:
            message = WSMessage(WSMsgType.BINARY, frame.data, None)
        try:
            with decimal.localcontext():
                self.client_class.handle_message(connection, message)
        except Exception as error:
            self.garbled += 1
            raise DataError(f"a frame of {frame.url} cannot be read: {said(error)}") from error
        for result in list(connection.results):
            if result.error and self._books_begin_with_diffs and result.name.startswith(_BOOK):
                self._mend(connection, result.name.removeprefix(_BOOK))
        return connection.message, connection.results

    def remember(self, answer: Answer) -> bool:
        """Keep an answer for when ccxt asks; return whether it is one, and not an error."""
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's own
            return False
        for known_by in (answer.request, _path(answer.request)):
            self._answers[known_by] = answer
        self._newest = answer
        return True

    def answer(self, answer: Answer) -> list[Result]:
        """Take an answer; the snapshot of a book that waits for it gives that book."""
        is_snapshot = self._books_begin_with_diffs and _SNAPSHOT.match(answer.request) is not None
        if not self.remember(answer) or not is_snapshot:
            return []
        query = parse_qs(urlsplit(answer.request).query)
        symbol = self._symbol(query.get("symbol", [""])[0], answer.request)
        book = self._books().get(symbol)
        if book is not None and book["nonce"] is not None:
            # It was asked for to check the book, or for a gap that is not seen yet.
            self._spare[symbol] = answer
            return []
        return self._snapshot(symbol, answer)

    async def load_markets(self) -> None:
        """Read the markets that were recorded.

        Raises:
            ConfigError: they were not.
        """
        try:
            await self.api.load_markets()
            self._is_open = True
        except DataError as error:
            raise ConfigError(f"the recording lacks the list of markets: {error}") from error

    def forget_books(self) -> None:
        """Forget every book: nothing was heard for a while."""
        self._books().clear()
        self._spare.clear()

    def adopt(self, line: BookLine) -> str:
        """Take a recorded book; return how the book that was decoded differs, empty if it fits."""
        known = (self.api.orderbooks or {}).get(line.symbol)
        differs = ""
        if known is not None and known.get("nonce"):
            differs = _difference(known, line)
            if not differs:
                return ""
        book = self.api.order_book({}, BOOK_LIMIT)
        book.reset({
            "bids": [list(row) for row in line.bids], "asks": [list(row) for row in line.asks],
            "nonce": line.nonce, "timestamp": line.told_at, "symbol": line.symbol,
        })  # fmt: skip
        self._books()[line.symbol] = book
        return differs

    def before(self, connection: Connection, message: Any) -> None:
        """Begin a book with its first diff, as ccxt does when the exchange grants the stream."""
        if not self._books_begin_with_diffs or not isinstance(message, dict):
            return
        event = message.get("data", message)
        if not isinstance(event, dict) or event.get("e") != "depthUpdate":
            return
        symbol = self._symbol(str(event.get("s")), connection.url)
        book = self._books().get(symbol)
        if book is None:
            self._begin(symbol)
        elif book["nonce"] is None and len(book.cache) > MOST_WAITING:
            book.cache.clear()

    def _begin(self, symbol: str) -> Any:
        book = self._books()[symbol] = self.api.order_book({}, BOOK_LIMIT)
        book["nonce"] = None
        book.cache = []
        return book

    def _mend(self, connection: Connection, symbol: str) -> None:
        """Begin a book anew with the diff that did not fit, on a snapshot that came before it."""
        book, spare = self._begin(symbol), self._spare.pop(symbol, None)
        book.cache.append(connection.message.get("data", connection.message))
        if spare is not None:
            self._newest = spare
            connection.results += self._snapshot(symbol, spare)

    def _snapshot(self, symbol: str, answer: Answer) -> list[Result]:
        if symbol not in self._books():
            self._begin(symbol)
        market = self.api.market(symbol)
        kind = "linear" if market["linear"] else "inverse" if market["inverse"] else market["type"]
        asked: dict[str, Any] = {"symbol": symbol, "type": kind, "limit": BOOK_LIMIT, "params": {}}
        connection = Connection(answer.request, self)
        connection.subscriptions[f"{_BOOK}{symbol}"] = True
        with decimal.localcontext():
            _run(self.api.fetch_order_book_snapshot(connection, None, asked))
        return connection.results

    def _symbol(self, market_id: str, url: str) -> str:
        spot = "/stream" in url or "/api/v3" in url
        return str(self.api.safe_symbol(market_id, None, None, "spot" if spot else "contract"))

    def _books(self) -> dict[str, Any]:
        if self.api.orderbooks is None:
            self.api.orderbooks = {}
        books: dict[str, Any] = self.api.orderbooks
        return books

    async def _fetch(
        self, url: str, method: str = "GET", headers: Any = None, body: Any = None
    ) -> Any:
        """Answer a request of ccxt with what was recorded.

        Raises:
            DataError: nothing was.
        """
        del headers, body
        address = urlsplit(url)
        asked = f"{method} {address.path}"
        if self._newest is not None and _path(self._newest.request) == asked and self._is_open:
            return self.api.parse_json(self._newest.text)
        found = self._answers.get(f"{asked}?{address.query}") or self._answers.get(asked)
        if found is None:
            raise DataError(f"no answer to {asked} was recorded")
        return self.api.parse_json(found.text)


def _path(request: str) -> str:
    return request.partition("?")[0]


def _run(work: Coroutine[Any, Any, Any]) -> None:
    """Run what waits for nothing but recorded answers, without a loop.

    Raises:
        DataError: it waits for something else.
    """
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise DataError("ccxt waits for something that no recording holds")


def _difference(book: Mapping[str, Any], line: BookLine) -> str:
    if book["nonce"] != line.nonce:
        return f"{line.symbol}: update {book['nonce']} was decoded, {line.nonce} recorded"
    for side, levels in (("bids", line.bids), ("asks", line.asks)):
        for mine, theirs in zip(book[side][:COMPARED], levels[:COMPARED], strict=False):
            if (mine[0], mine[1]) != theirs:
                return f"{line.symbol}: {side} {mine} was decoded, {theirs} recorded"
    return ""
