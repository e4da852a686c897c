"""One symbol at the exchange: its streams, its past, and what has arrived of it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from core.market import Bar, Funding, Instrument, MarketMessage
from exchange.real.client import ExchangeClient
from exchange.real.decode import Decoder
from exchange.real.history import Source
from exchange.real.inbox import Inbox
from exchange.real.minutes import Minutes
from exchange.real.names import unified
from exchange.real.rules import rules_of
from exchange.real.settlements import Settlements
from exchange.real.streams import Streams
from utils.clock import Clock

POLL_S: Final = 3.0  # for a mark price that no stream tells

Watch = Callable[[], Awaitable[Any]]


class Desk:
    """Collects what the streams of one symbol bring until a step takes it.

    Attributes:
        symbol: ours.
        minutes: its closed minutes; none is handed out before `Minutes.begin`.
        settlements: its funding.
    """

    def __init__(self, symbol: str, clock: Clock, wake: Callable[[str], None]) -> None:
        """Prepare *symbol*; *wake* is called with it whenever there is something to take."""
        self.symbol = symbol
        self.minutes = Minutes(symbol)
        self.settlements = Settlements(symbol)
        self._clock = clock
        self._wake = wake
        self._inbox = Inbox()
        self._client: ExchangeClient | None = None
        self._name = ""
        self._decoder: Decoder | None = None
        self._book: Mapping[str, Any] | None = None
        self._trades: list[Mapping[str, Any]] = []
        self._price: Decimal | None = None

    # ------------------------------------------------------------ the exchange

    async def open(self, client: ExchangeClient) -> Instrument:
        """Return the rules that the exchange has for it, and be ready to follow it.

        Raises:
            ConfigError: it has no such market.
            ExchangeError: it does not answer.
        """
        self._name = unified(self.symbol, client.api.markets)
        rules = await rules_of(client, self._name)
        self._decoder = Decoder(client.api.markets[self._name], self._to_engine)
        self._client = client
        return rules

    def follow(self, streams: Streams) -> None:
        """Start its streams."""
        api, name = self._opened.api, self._name
        kinds: list[tuple[str, str, Watch, Callable[[Any], None]]] = [
            ("book", "watchOrderBook", lambda: api.watch_order_book(name), self._on_book),
            ("trades", "watchTrades", lambda: api.watch_trades(name), self._on_trades),
            ("candles", "watchOHLCV", lambda: api.watch_ohlcv(name, "1m"), self._on_candles),
            ("mark", "watchMarkPrice", lambda: api.watch_mark_price(name), self._on_mark),
            ("day", "watchTicker", lambda: api.watch_ticker(name), self._on_day),
        ]
        for kind, ability, watch, take in kinds:
            if api.has.get(ability):
                resync = self._doubt_minute if kind == "candles" else None
                streams.start(self._stream(kind), kind, self.symbol, watch, take, resync)
            elif kind == "mark" and api.has.get("fetchFundingRate"):
                streams.start(self._stream(kind), kind, self.symbol, self._poll_mark, take)

    async def leave(self, streams: Streams) -> None:
        """Stop its streams."""
        for kind in ("book", "trades", "candles", "mark", "day"):
            await streams.stop(self._stream(kind))

    def _stream(self, kind: str) -> str:
        return f"{kind} {self.symbol}"

    async def _doubt_minute(self) -> None:
        self.minutes.interrupt()

    async def _poll_mark(self) -> Any:
        await self._clock.sleep(POLL_S)
        return await self._opened.call("fetch_funding_rate", self._name)

    @property
    def source(self) -> Source:
        """Return its past."""
        return Source(self._opened, self._reader, self._name)

    async def ask_minutes(self) -> None:
        """Have REST tell the minutes that are missing.

        Raises:
            ExchangeError: it does not answer; what it told before is kept.
        """
        now = self._clock.now()
        span = self.minutes.missing(now)
        if span is not None:
            async for part, bars in self.source.minutes(*span):
                self.minutes.on_answer(bars, part, now)
            self._wake(self.symbol)

    async def ask_settlements(self) -> str:
        """Have REST tell the funding that is missing; return what it says otherwise than we did.

        Raises:
            ExchangeError: it does not answer.
        """
        now = self._clock.now()
        since = self.settlements.asks_since(now)
        if since is None:
            return ""
        told = await self.source.settlements(since, now)
        self._wake(self.symbol)
        return self.settlements.on_answer(told, now)

    @property
    def _opened(self) -> ExchangeClient:
        if self._client is None:
            raise RuntimeError(f"{self.symbol} was asked for before the exchange was open")
        return self._client

    @property
    def _reader(self) -> Decoder:
        if self._decoder is None:
            raise RuntimeError(f"{self.symbol} was told of before the exchange was open")
        return self._decoder

    def _to_engine(self, at: int | None) -> int:
        """Return the engine time of the exchange's *at*, never later than now."""
        now = self._clock.now()
        return now if at is None else min(now, at)

    # ------------------------------------------------------------ what arrives

    def _on_book(self, book: Mapping[str, Any]) -> None:
        self._book = book  # read when a step is due: it goes on to change until then
        self._wake(self.symbol)

    def _on_trades(self, trades: Iterable[Mapping[str, Any]]) -> None:
        self._trades += trades
        self._wake(self.symbol)

    def _on_mark(self, ticker: Mapping[str, Any]) -> None:
        mark = self._reader.mark(ticker)
        if mark is not None:
            self._inbox.on_mark(mark)
            self.settlements.on_mark(mark)
            self._wake(self.symbol)

    def _on_day(self, ticker: Mapping[str, Any]) -> None:
        self._inbox.on_stats(self._reader.day_stats(ticker))
        self._wake(self.symbol)

    def _on_candles(self, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            bar = self._reader.bar(row)
            if bar is not None:
                self.minutes.on_row(bar)
        if self.minutes.next is not None:
            self._wake(self.symbol)

    # ------------------------------------------------------------ what a step takes

    def take(self, now: int) -> list[MarketMessage]:
        """Return what a step at engine time *now* (ms) has of this symbol, in its order."""
        self.settlements.on_time(now)
        found: list[MarketMessage] = [*self.settled(now)]
        if self._book is not None:
            book, self._book = self._book, None
            self._inbox.on_book(self._reader.book(book))
        if self._trades and self._inbox.quote is not None:
            trades, self._trades = self._trades, []
            self._inbox.on_ticks(self._reader.ticks(trades, *self._inbox.quote))
        del self._trades[:-1]  # nothing can trade before there is a bid and an ask
        found += self._inbox.take()
        while (bar := self.bar()) is not None:
            found.append(bar)
        return found

    def bar(self) -> Bar | None:
        """Return the minute that is next, None when it is not known to be closed."""
        bar = self.minutes.take()
        if bar is not None:
            self._price = bar.close
        return bar

    def settled(self, until: int) -> list[Funding]:
        """Return the settlements up to *until* (ms) that were not told yet."""
        priced = [self._priced(one) for one in self.settlements.take(until)]
        return [one for one in priced if one.mark_price]

    def _priced(self, funding: Funding) -> Funding:
        """Return *funding* with the last price where the exchange told none."""
        if funding.mark_price or self._price is None:
            return funding
        return Funding(funding.symbol, funding.at, funding.rate, self._price)
