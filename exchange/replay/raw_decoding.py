"""What ccxt made of recorded frames, as messages: by the parts that read the live exchange."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from core.errors import DataError
from core.market import MINUTE_MS, Instrument, MarketMessage
from exchange.real.client import ExchangeClient
from exchange.real.decode import Decoder
from exchange.real.desk import Desk
from exchange.real.errors import Unreachable
from exchange.real.names import ours, unified
from exchange.real.stream import Stream
from exchange.real.streams import Streams
from exchange.real.venue import Venue
from exchange.replay.raw_connection import Result
from exchange.replay.raw_exchange import RecordedExchange
from utils.clock import Clock

# The names that ccxt has for what is watched hold the kind and the symbol of it; the live streams'
# words for the kinds. Best prices the live feed takes from the book: those streams stay unused.
_NAMES: Final = re.compile(r"orderbook|trade|bidask|markprice|ticker|ohlcv|kline", re.IGNORECASE)
_KINDS: Final = {
    "orderbook": "book",
    "trade": "trades",
    "markprice": "mark",
    "ticker": "day",
    "ohlcv": "candles",
    "kline": "candles",
}
_SYMBOL: Final = re.compile(r"[A-Z0-9]+/[A-Z0-9]+(?::[A-Z0-9-]+)?")
_CANDLES: Final = re.compile(r"^GET \S*/klines\?(?=.*\binterval=1m\b)(?:.*&)?symbol=([^&]+)")
_SILENCE_MS: Final = 10_000  # of a candle that forms: the stream may have been broken
_HOLE_MS: Final = 3 * MINUTE_MS  # after which minutes that nobody told of are passed over


@dataclass(slots=True)
class Tally:
    """What became of the frames, each counted once: by kind, by event, and by reason."""

    decoded: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def frames(self) -> int:
        """Return how many there were."""
        return self.decoded.total() + self.unused.total() + self.refused.total()


class RecordedClient:
    """What a desk needs of an `ExchangeClient`: REST answers are those that were recorded."""

    def __init__(self, exchange: RecordedExchange) -> None:
        self.api = exchange.api
        self.venue = Venue(exchange.api.id)

    async def call(self, method: str, *args: Any, **kw: Any) -> Any:
        """Return what was recorded.

        Raises:
            Unreachable: nothing was.
        """
        try:
            return await getattr(self.api, method)(*args, **kw)
        except DataError as error:
            raise Unreachable(str(error)) from error


class Symbol:
    """One market of the recording: the live desk, on streams that the recording fills."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.desk = Desk(name, clock, lambda _symbol: None)
        self._streams: dict[str, Stream] = {}
        self._row_at = 0

    async def open(self, client: RecordedClient) -> Instrument:
        """Return the market's rules and let the desk follow its streams.

        Raises:
            ConfigError: the recorded list of markets lacks it.
        """
        rules = await self.desk.open(cast("ExchangeClient", client))
        self.desk.follow(cast("Streams", self))
        return rules

    def start(
        self,
        name: str,
        kind: str,
        symbol: str,
        watch: Callable[[], Awaitable[Any]],
        take: Callable[[Any], None],
        resync: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Note who takes what a stream brings."""
        self._streams[kind] = Stream(name, kind, symbol, watch, take, resync)

    def on_result(self, kind: str, value: Any, at: int) -> bool:
        """Take what came at *at* (ms); return whether anybody wants that kind."""
        stream = self._streams.get(kind)
        payload = _payload(kind, value)
        if stream is None or payload is None:
            return False
        if kind == "candles":
            if at - self._row_at > _SILENCE_MS:
                self.desk.minutes.interrupt()
            self._row_at = at
        fresh = stream.sift(payload, at)
        if fresh is not None:
            stream.take(fresh)
        return True

    def take(self, at: int) -> list[MarketMessage]:
        """Return what a step at *at* (ms) has of this market."""
        minutes = self.desk.minutes
        if minutes.after is None and minutes.forming is not None:
            minutes.begin(minutes.forming.open_time - MINUTE_MS)
        hole = minutes.missing(at)
        if hole is not None and at - hole[0] > _HOLE_MS:
            minutes.begin(hole[0])
        return self.desk.arrivals.take(at)


def _payload(kind: str, value: Any) -> Any:
    """Return what ccxt would hand to who watches: the new of what it keeps."""
    if kind == "trades":
        return [value[-1]]
    if kind != "candles":
        return value
    _, timeframe, rows = value
    return rows[-1:] if timeframe == "1m" else None


class RawDecoding:
    """Sorts what ccxt tells into the markets of the recording.

    Attributes:
        symbols: by our name.
        instruments: their rules, by our name.
        tally: what became of the frames so far.
    """

    def __init__(self, exchange: RecordedExchange) -> None:
        self._exchange = exchange
        self.tally = Tally()
        self.instruments: dict[str, Instrument] = {}
        self.symbols: dict[str, Symbol] = {}

    async def open(self, names: Sequence[str], clock: Clock) -> None:
        """Follow the markets of our *names*; *clock* is set to the time of what is heard.

        Raises:
            ConfigError: the markets were not recorded, or one of them is not there.
        """
        await self._exchange.load_markets()
        client = RecordedClient(self._exchange)
        for name in names:
            symbol = self.symbols[name] = Symbol(name, clock)
            self.instruments[name] = await symbol.open(client)

    def on_frame(self, at: int, message: Any, results: Sequence[Result]) -> None:
        """Take what ccxt made of a frame that came at *at* (ms)."""
        errors = [result.error for result in results if result.error]
        if errors:
            self.tally.refused[errors[0].partition(":")[0]] += 1
            return
        kinds = [self._take(result, at) for result in results]
        used = [kind for kind in kinds if kind]
        if used:
            self.tally.decoded[used[0]] += 1
        else:
            self.tally.unused[event_of(message)] += 1

    def on_garbled(self) -> None:
        """Count a frame that ccxt could not read."""
        self.tally.refused["garbled"] += 1

    def on_answer(self, at: int, request: str, text: str, results: Sequence[Result]) -> None:
        """Take what the answer to a request gave: a book, or candles that were missed."""
        for result in results:
            if not result.error:
                self._take(result, at)
        asked = _CANDLES.match(request)
        if asked is not None:
            self._candles(at, asked[1], text)

    def on_book(self, at: int, symbol: str) -> None:
        """Take the book of ccxt's *symbol* as it is now."""
        self._take(Result(f"orderbook::{symbol}", self._exchange.api.orderbooks[symbol]), at)

    def _candles(self, at: int, market_id: str, text: str) -> None:
        api = self._exchange.api
        name = ours(str(api.safe_symbol(market_id, None, None, "contract")))
        symbol, rows = self.symbols.get(name), api.parse_json(text)
        if symbol is None or not isinstance(rows, list):
            return
        decoder = Decoder(api.markets[unified(name, api.markets)], lambda told: told or at)
        bars = [decoder.bar(row) for row in api.parse_ohlcvs(rows)]
        closed = [bar for bar in bars if bar is not None and bar.close_time <= at]
        if closed:
            span = (closed[0].open_time, closed[-1].close_time)
            symbol.desk.minutes.on_answer(closed, span, at)

    def _take(self, result: Result, at: int) -> str:
        """Hand *result* on to its market; return its kind, empty when it is not used."""
        word, name = _NAMES.search(result.name), _SYMBOL.search(result.name)
        kind = _KINDS.get(word[0].lower(), "") if word else ""
        symbol = self.symbols.get(ours(name[0])) if name else None
        return kind if symbol is not None and symbol.on_result(kind, result.value, at) else ""


def event_of(message: Any) -> str:
    """Return what a frame calls itself."""
    if isinstance(message, list) and message and isinstance(message[0], dict):
        return f"{message[0].get('e')} list"
    if not isinstance(message, dict):
        return "no object"
    event = message.get("data", message)
    if isinstance(event, dict) and event.get("e"):
        return str(event["e"])
    return "answer to a subscription" if "id" in message else "unnamed"
