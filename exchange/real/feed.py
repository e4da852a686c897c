"""The exchange feed: real markets, as they are told by streams and mended by REST."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import suppress
from functools import partial
from typing import Any, Final

from core.market import MINUTE_MS, Instrument, MarketMessage, Step
from exchange.instruments import instrument
from exchange.real.client import ExchangeClient
from exchange.real.desk import Desk
from exchange.real.history import Source
from exchange.real.streams import Streams
from exchange.real.works import Works
from utils.clock import Clock, ShiftedClock

LOOK_S: Final = 0.25  # without a message: is a minute over, is funding due
NOTICEABLE_MS: Final = 20  # of difference between the clocks, since it was corrected last


class ExchangeFeed:  # noqa: PLR0904 - half of them are the contract
    """Keeps the `exchange.base.MarketFeed` contract on a real market.

    Promise: minutes come in order, each once, none left out, however often connections break or
    the engine is away; funding is told by its own time. Between two steps only the newest of
    what arrived counts, but no extreme of the trades is lost. Until it was opened it is silent.

    Attributes:
        clock: the engine's, which is the exchange's: the machine's, put right by the measured
            difference.
        notices: what the exchange says otherwise than we did, in words, for whoever takes them.
    """

    kind = "exchange"

    def __init__(
        self, market_id: str, badge: str, symbols: Sequence[str], clock: ShiftedClock
    ) -> None:
        """Prepare to trade *symbols*; their rules are supposed until the exchange tells them."""
        self.market_id = market_id
        self.badge = badge
        self.clock = clock
        self._rules: dict[str, Instrument] = {}
        self.instruments: Mapping[str, Instrument] = self._rules
        self.notices: list[str] = []
        self._asked = list(symbols)
        self._something = asyncio.Event()
        self._dirty: set[str] = set()
        self._desks: dict[str, Desk] = {}
        self._client: ExchangeClient | None = None
        self._works = Works(clock)
        self._told_at = 0
        self._looked_s = 0.0
        for symbol in symbols:
            self.add(symbol)

    # ------------------------------------------------------------ the contract

    @property
    def next_at(self) -> int:
        """Return the engine time (ms) at which the next minute begins."""
        afters = [d.minutes.after for d in self._desks.values() if d.minutes.after is not None]
        now = self.clock.now()
        return min(afters) + MINUTE_MS if afters else now - now % MINUTE_MS

    def resume(self, checkpoint: Mapping[str, Any] | None, now: int) -> None:
        """Continue after *checkpoint*: what was missed is fetched once the exchange is open."""
        if checkpoint is None:
            return
        self._told_at = max(self._told_at, now)
        for symbol, desk in self._desks.items():
            if symbol in checkpoint["after"]:
                desk.minutes.begin(checkpoint["after"][symbol])
            if symbol in checkpoint["funded"]:
                desk.settlements.resume(checkpoint["funded"][symbol], self.clock.now())

    def checkpoint(self) -> dict[str, Any]:
        """Return the symbols, and of each the last minute and settlement handed out."""
        desks = self._desks.items()
        return {
            "asked": self._asked,
            "symbols": list(self._desks),
            "after": {s: d.minutes.after for s, d in desks if d.minutes.after is not None},
            "funded": {s: d.settlements.last for s, d in desks if d.settlements.last is not None},
        }

    def progress(self) -> float | None:
        """Return None: a market has no end."""
        return None

    def past(self, until: int | None) -> Iterator[Step]:
        """Yield the minutes that `catch_up` has fetched, before *until* (ms)."""
        while True:
            ready = [at for desk in self._desks.values() if (at := desk.minutes.next) is not None]
            if not ready or (until is not None and min(ready) + MINUTE_MS > until):
                return
            yield self._minute(min(ready))

    def _minute(self, opened: int) -> Step:
        """Return the step of the minute that opened at *opened* (ms)."""
        messages: list[MarketMessage] = []
        for desk in self._desks.values():
            messages += desk.settled(opened)
        for desk in self._desks.values():
            bar = desk.bar() if desk.minutes.next == opened else None
            if bar is not None:
                messages.append(bar)
        return Step(opened + MINUTE_MS, tuple(messages))

    async def live(self, clock: Clock) -> AsyncIterator[Step]:
        """Yield what has arrived, as soon as it is taken, for as long as it is wanted."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._something.wait()
            step = self._take(clock)
            if step is not None:
                yield step
            await clock.sleep(0)  # else a flood would leave nobody else a turn

    def _take(self, clock: Clock) -> Step | None:
        """Return the step of what has arrived, None when it is nothing."""
        self._something.clear()
        now, now_s = clock.now(), clock.monotonic()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            self._look(now)
            self._dirty.update(self._desks)
        messages: list[MarketMessage] = []
        for symbol in sorted(self._dirty):
            messages += self._desks[symbol].take(now)
        self._dirty.clear()
        if not messages:
            return None
        self._told_at = max(self._told_at, clock.now())  # what was read meanwhile is not later
        return Step(self._told_at, tuple(messages))

    def _look(self, now: int) -> None:
        """Have REST asked for what the streams did not tell."""
        if self._client is None:
            return
        self._set_clock(self._client)
        for desk in self._desks.values():
            if desk.minutes.missing(now) is not None:
                self._works.start(f"minutes of {desk.symbol}", desk.ask_minutes)
            if desk.settlements.asks_since(now) is not None:
                work = partial(self._ask_settlements, desk)
                self._works.start(f"funding of {desk.symbol}", work)

    async def _ask_settlements(self, desk: Desk) -> None:
        differs = await desk.ask_settlements()
        if differs:
            self.notices.append(differs)

    def _wake(self, symbol: str) -> None:
        if symbol in self._desks:
            self._dirty.add(symbol)
            self._something.set()

    # ------------------------------------------------------------ the exchange

    async def open(self, client: ExchangeClient) -> None:
        """Take an exchange that has loaded its markets, and its rules of our symbols.

        Raises:
            ConfigError: it does not have one of them.
            ExchangeError: it does not answer.
        """
        for symbol, desk in self._desks.items():
            self._rules[symbol] = await desk.open(client)
        self._client = client
        self._set_clock(client)

    async def catch_up(self, say: Callable[[float], Awaitable[None]]) -> None:
        """Fetch what was missed since the checkpoint, for `past` to yield; *say* hears the share.

        Raises:
            ExchangeError: it does not answer; what it told is kept.
        """
        behind = [desk for desk in self._desks.values() if desk.minutes.after is not None]
        for place, desk in enumerate(behind):
            await self._ask_settlements(desk)
            await desk.ask_minutes()
            await say((place + 1) / len(behind))

    def follow(self, streams: Streams) -> None:
        """Begin to follow every symbol over *streams*."""
        for desk in self._desks.values():
            desk.follow(streams)

    async def close(self) -> None:
        """Ask nothing more; no task is left."""
        await self._works.close()

    def _set_clock(self, client: ExchangeClient) -> None:
        skew_ms = client.skew_ms
        if skew_ms is not None and abs(skew_ms - self.clock.offset_ms) > NOTICEABLE_MS:
            self.clock.offset_ms = skew_ms

    # ------------------------------------------------------------ its symbols

    def add(self, symbol: str) -> None:
        """Add *symbol*, which is silent until it is opened, followed and begun."""
        self._desks[symbol] = Desk(symbol, self.clock, self._wake)
        self._rules[symbol] = instrument(symbol)

    async def open_symbol(self, symbol: str) -> None:
        """Take the exchange's rules of *symbol*.

        Raises:
            ConfigError: it does not have it.
            ExchangeError: it does not answer.
        """
        if self._client is not None:
            rules = await self._desks[symbol].open(self._client)
            if symbol in self._desks:
                self._rules[symbol] = rules

    def follow_symbol(self, symbol: str, streams: Streams) -> None:
        """Begin to follow *symbol* over *streams*."""
        self._desks[symbol].follow(streams)

    def drop(self, symbol: str) -> Desk:
        """Tell of *symbol* no more; return what is to `Desk.leave` its streams."""
        del self._rules[symbol]
        self._dirty.discard(symbol)
        return self._desks.pop(symbol)

    def keep_symbols(self, checkpoint: Mapping[str, Any] | None, held: Iterable[str]) -> None:
        """Take the symbols that were chosen while it ran, and those that are *held*.

        Symbols that the settings ask for now, and did not then, win over the choice.
        """
        chosen = self._asked
        if checkpoint is not None and checkpoint["asked"] == self._asked:
            chosen = checkpoint["symbols"]
        wanted = dict.fromkeys([*chosen, *held])
        for symbol in [symbol for symbol in self._desks if symbol not in wanted]:
            self.drop(symbol)
        for symbol in wanted:
            if symbol not in self._desks:
                self.add(symbol)

    def begin(self, symbol: str, after: int) -> None:
        """Tell minutes of *symbol* that open after *after* (ms), and funding that comes."""
        desk = self._desks[symbol]
        desk.minutes.begin(after)
        desk.settlements.last = self.clock.now()

    def begun_at(self, symbol: str, otherwise: int) -> int:
        """Return the open time (ms) of the next minute of *symbol*, *otherwise* if none is told."""
        after = self._desks[symbol].minutes.after
        return otherwise if after is None else after + MINUTE_MS

    def unbegun(self) -> list[str]:
        """Return the symbols whose minutes are not told yet: their history is to be fetched."""
        return [symbol for symbol, desk in self._desks.items() if desk.minutes.after is None]

    def source(self, symbol: str) -> Source:
        """Return the past of *symbol*, once the exchange is open."""
        return self._desks[symbol].source
