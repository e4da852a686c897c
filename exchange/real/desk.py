"""One symbol at the exchange: its streams, its past, and what of it REST must be asked for."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from core.market import Instrument
from exchange.real.arrivals import Arrivals
from exchange.real.client import ExchangeClient
from exchange.real.closings import hear_closings
from exchange.real.decode import Decoder
from exchange.real.history import Source
from exchange.real.names import unified
from exchange.real.rules import rules_of
from exchange.real.streams import Streams
from utils.clock import Clock

POLL_S: Final = 3.0  # for a mark price that no stream tells

Watch = Callable[[], Awaitable[Any]]


class Desk:
    """Opens, follows and mends one symbol.

    Attributes:
        symbol: ours.
        arrivals: what its streams have brought.
        minutes: its closed minutes, for which REST is asked where the streams broke.
        settlements: its funding, likewise.
    """

    def __init__(self, symbol: str, clock: Clock, wake: Callable[[str], None]) -> None:
        """Prepare *symbol*; *wake* is called with it whenever there is something to take."""
        self.symbol = symbol
        self._wake = partial(wake, symbol)
        self.arrivals = Arrivals(symbol, self._wake)
        self.minutes = self.arrivals.minutes
        self.settlements = self.arrivals.settlements
        self._clock = clock
        self._client: ExchangeClient | None = None
        self._name = ""

    async def open(self, client: ExchangeClient) -> Instrument:
        """Return the rules that the exchange has for it, and be ready to follow it.

        Raises:
            ConfigError: it has no such market.
            ExchangeError: it does not answer.
        """
        self._name = unified(self.symbol, client.api.markets)
        rules = await rules_of(client, self._name)
        self.arrivals.reader = Decoder(client.api.markets[self._name], self._to_engine)
        self._client = client
        hear_closings(client, self._name, self.arrivals.on_closed)
        return rules

    def follow(self, streams: Streams) -> None:
        """Start its streams."""
        api, name, here = self._opened.api, self._name, self.arrivals
        kinds: list[tuple[str, str, Watch, Callable[[Any], None]]] = [
            ("book", "watchOrderBook", lambda: api.watch_order_book(name), here.on_book),
            ("trades", "watchTrades", lambda: api.watch_trades(name), here.on_trades),
            ("candles", "watchOHLCV", lambda: api.watch_ohlcv(name, "1m"), here.on_candles),
            ("mark", "watchMarkPrice", lambda: api.watch_mark_price(name), here.on_mark),
            ("day", "watchTicker", lambda: api.watch_ticker(name), here.on_day),
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
        """Return its past.

        Raises:
            RuntimeError: the exchange is not open.
        """
        if self._client is None or self.arrivals.reader is None:
            raise RuntimeError(f"the past of {self.symbol} was asked for before it was open")
        return Source(self._client, self.arrivals.reader, self._name)

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
            self._wake()

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
        self._wake()
        return self.settlements.on_answer(told, now)

    @property
    def _opened(self) -> ExchangeClient:
        if self._client is None:
            raise RuntimeError(f"{self.symbol} was asked for before the exchange was open")
        return self._client

    def _to_engine(self, at: int | None) -> int:
        """Return the engine time of the exchange's *at*, never later than now."""
        now = self._clock.now()
        return now if at is None else min(now, at)
