"""The exchange feed: real markets, as they are told by streams and mended by REST."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import suppress
from functools import partial
from typing import Any, Final

from core.market import MINUTE_MS, Instrument, MarketMessage, Step
from exchange.real.client import ExchangeClient
from exchange.real.desk import Desk
from exchange.real.desks import Desks
from exchange.real.streams import Streams
from exchange.real.works import Works
from utils.clock import Clock, ShiftedClock

LOOK_S: Final = 0.25  # without a message: is a minute over, is funding due
NOTICEABLE_MS: Final = 20  # of difference between the clocks, since it was corrected last


class ExchangeFeed:
    """Keeps the `exchange.base.MarketFeed` contract on a real market.

    Promise: minutes come in order, each once, none left out, however often connections break or
    the engine is away; funding is told by its own time. Between two steps only the newest of
    what arrived counts, but no extreme of the trades is lost. Until it was opened it is silent.

    Attributes:
        clock: the engine's, which is the exchange's: the machine's, put right by the measured
            difference.
        desks: its symbols.
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
        self.desks = Desks(symbols, clock, self._wake)
        self.instruments: Mapping[str, Instrument] = self.desks.rules
        self.notices: list[str] = []
        self._something = asyncio.Event()
        self._dirty: set[str] = set()
        self._client: ExchangeClient | None = None
        self._works = Works(clock)
        self._told_at = 0
        self._looked_s = 0.0

    # ------------------------------------------------------------ the contract

    @property
    def next_at(self) -> int:
        """Return the engine time (ms) at which the next minute begins."""
        afters = [d.minutes.after for d in self.desks if d.minutes.after is not None]
        now = self.clock.now()
        return min(afters) + MINUTE_MS if afters else now - now % MINUTE_MS

    def resume(self, checkpoint: Mapping[str, Any] | None, now: int) -> None:
        """Continue after *checkpoint*: what was missed is fetched once the exchange is open."""
        if checkpoint is None:
            return
        self._told_at = max(self._told_at, now)
        self.desks.resume(checkpoint)

    def checkpoint(self) -> dict[str, Any]:
        """Return the symbols, and of each the last minute and settlement handed out."""
        return self.desks.checkpoint()

    def progress(self) -> float | None:
        """Return None: a market has no end."""
        return None

    def past(self, until: int | None) -> Iterator[Step]:
        """Yield the minutes that `catch_up` has fetched, before *until* (ms)."""
        while True:
            ready = [at for desk in self.desks if (at := desk.minutes.next) is not None]
            if not ready or (until is not None and min(ready) + MINUTE_MS > until):
                return
            yield self._minute(min(ready))

    def _minute(self, opened: int) -> Step:
        """Return the step of the minute that opened at *opened* (ms)."""
        messages: list[MarketMessage] = []
        for desk in self.desks:
            messages += desk.arrivals.settled(opened)
        for desk in self.desks:
            bar = desk.arrivals.bar() if desk.minutes.next == opened else None
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
            self._dirty.update(self.instruments)
        messages: list[MarketMessage] = []
        for symbol in sorted(self._dirty):
            desk = self.desks.get(symbol)
            messages += [] if desk is None else desk.arrivals.take(now)
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
        for desk in self.desks:
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
        self._dirty.add(symbol)
        self._something.set()

    # ------------------------------------------------------------ the exchange

    async def open(self, client: ExchangeClient) -> None:
        """Take an exchange that has loaded its markets, and its rules of our symbols.

        Raises:
            ConfigError: it does not have one of them.
            ExchangeError: it does not answer.
        """
        await self.desks.open(client)
        self._client = client
        self._set_clock(client)

    async def catch_up(self, say: Callable[[float], Awaitable[None]]) -> None:
        """Fetch what was missed since the checkpoint, for `past` to yield; *say* hears the share.

        Raises:
            ExchangeError: it does not answer; what it told is kept.
        """
        behind = [desk for desk in self.desks if desk.minutes.after is not None]
        for place, desk in enumerate(behind):
            await self._ask_settlements(desk)
            await desk.ask_minutes()
            await say((place + 1) / len(behind))

    def follow(self, streams: Streams) -> None:
        """Begin to follow every symbol over *streams*."""
        for desk in self.desks:
            desk.follow(streams)

    async def close(self) -> None:
        """Ask nothing more; no task is left."""
        await self._works.close()

    def _set_clock(self, client: ExchangeClient) -> None:
        skew_ms = client.skew_ms
        if skew_ms is not None and abs(skew_ms - self.clock.offset_ms) > NOTICEABLE_MS:
            self.clock.offset_ms = skew_ms

    def begin(self, symbol: str, after: int) -> None:
        """Tell minutes of *symbol* that open after *after* (ms), and funding that comes."""
        desk = self.desks[symbol]
        desk.minutes.begin(after)
        desk.settlements.last = self.clock.now()
