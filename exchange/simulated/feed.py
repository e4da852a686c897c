"""The simulated feed: flat out it yields bars, live it also yields what happens inside them."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from core.market import (
    FUNDING_INTERVAL_MS,
    MINUTE_MS,
    Bar,
    Funding,
    Instrument,
    MarketMessage,
    MarkPrice,
    Step,
)
from exchange.instruments import instrument
from exchange.pacing import tick_interval, tick_times
from exchange.simulated.process import HOUR, Hour, Minute, SymbolProcess, market_factor
from exchange.simulated.ticks import Quotes
from utils.clock import Clock

MARK_EVERY_MS: Final = 3_000
RATE8: Final = Decimal("0.00000001")


class SimulatedFeed:
    """Keeps the `exchange.base.MarketFeed` contract.

    Promise: minute *k* of a symbol is the same at any speed and after any restart. While the
    engine is off, or its machine sleeps, the market stands still: it goes on at the next minute
    of the clock. Faster than real time it leaves no minute out, however far it falls behind.
    """

    kind = "simulated"

    def __init__(
        self, seed: int, symbols: Sequence[str], *, start: int, tick_ms: int = 500,
        speed: float | None = 1.0,
    ) -> None:  # fmt: skip
        """Begin a market at *start* (ms, cut to the minute) for *symbols*.

        Args:
            seed: of everything.
            symbols: ``BASE/QUOTE`` each.
            start: open time of its first minute.
            tick_ms: engine time between ticks when live.
            speed: engine seconds a real second, to keep the number of ticks bearable.
        """
        self.instruments: Mapping[str, Instrument] = {s: instrument(s) for s in symbols}
        self.market_id = f"simulated:{seed}:{','.join(self.instruments)}"
        self.badge = "SIMULATED"
        self._seed = seed
        self._processes = [SymbolProcess(seed, rules) for rules in self.instruments.values()]
        self._interval_ms = tick_interval(tick_ms, speed or 1.0)
        self._may_skip = speed == 1.0  # on the wall's time, where a machine's sleep shows
        self._k = 0
        self._at = start - start % MINUTE_MS
        self._told_until = 0  # engine time before which nothing is told after a restart
        self._hours = [process.start for process in self._processes]
        self._next_hours = self._hours
        self._minutes: list[list[Minute]] = []

    @property
    def next_at(self) -> int:
        """Return the engine time (ms) at which the next minute begins."""
        return self._at

    def resume(self, checkpoint: Mapping[str, Any] | None, now: int) -> None:
        """Go on after *checkpoint*, from the minute of *now*; None begins where it was made to."""
        if checkpoint is None:
            return
        self._k = checkpoint["minute"]
        self._at = now - now % MINUTE_MS
        self._told_until = now
        self._hours = [Hour(*checkpoint["hours"][p.rules.symbol]) for p in self._processes]
        self._minutes = []

    def checkpoint(self) -> dict[str, Any]:
        """Return the number of the next minute and what its hour began with."""
        symbols = [process.rules.symbol for process in self._processes]
        return {"minute": self._k, "hours": dict(zip(symbols, map(list, self._hours), strict=True))}

    def progress(self) -> float | None:
        """Return None: this market has no end."""
        return None

    def past(self, until: int | None) -> Iterator[Step]:
        """Yield a step of bars a minute, before *until* (ms) or for ever."""
        while until is None or self._at + MINUTE_MS <= until:
            minute = self._take()
            messages = [*self._settlements(), *self._bars(minute)]
            self._advance()
            yield Step(self._at, tuple(messages))

    async def live(self, clock: Clock) -> AsyncIterator[Step]:
        """Yield ticks, books and marks when *clock* reaches them, and bars at minutes' ends."""
        while True:
            now = clock.now()
            if self._may_skip and now - self._at > 2 * MINUTE_MS:
                self._at = now - now % MINUTE_MS  # the machine slept, and the market with it
            minute, opened = self._take(), self._at
            settlements = self._settlements()
            if settlements:
                await clock.sleep((opened - clock.now()) / 1000)
                yield Step(max(opened, self._told_until), tuple(settlements))
            async for step in self._inside(minute, opened, clock):
                yield step
            await clock.sleep((opened + MINUTE_MS - clock.now()) / 1000)
            bars = self._bars(minute)
            self._advance()
            yield Step(self._at, tuple(bars))

    async def _inside(
        self, minute: Sequence[Minute], opened: int, clock: Clock
    ) -> AsyncIterator[Step]:
        if self._interval_ms is None:
            return
        times = tick_times(opened, self._interval_ms)
        pairs = zip(self._processes, minute, strict=True)
        quotes = [Quotes(p, m, (self._seed, self._k), len(times) + 1) for p, m in pairs]
        marked = 0
        for number, at in enumerate(times):
            wait_ms = at - clock.now()
            if at <= self._told_until or wait_ms < -self._interval_ms:
                continue
            await clock.sleep(wait_ms / 1000)
            messages: list[MarketMessage] = []
            for index, quote in enumerate(quotes):
                if at - marked >= MARK_EVERY_MS:
                    messages.append(quote.mark(number, at, self._rate(index), _next_funding(at)))
                messages += quote.at(number, at)
            if at - marked >= MARK_EVERY_MS:
                marked = at
            yield Step(at, tuple(messages))

    def _take(self) -> list[Minute]:
        """Return the next minute of every symbol, making its hour if that is not there."""
        if not self._minutes:
            number = self._k // HOUR
            factor = market_factor(self._seed, number)
            made = [
                process.hour(number, begin, factor)
                for process, begin in zip(self._processes, self._hours, strict=True)
            ]
            self._minutes = [minutes for minutes, _ in made]
            self._next_hours = [hour for _, hour in made]
        return [minutes[self._k % HOUR] for minutes in self._minutes]

    def _advance(self) -> None:
        self._k += 1
        self._at += MINUTE_MS
        if self._k % HOUR == 0:
            self._hours, self._minutes = self._next_hours, []

    def _bars(self, minute: Sequence[Minute]) -> list[Bar]:
        return [
            Bar(
                p.rules.symbol, self._at, m.open * p.rules.tick_size, m.high * p.rules.tick_size,
                m.low * p.rules.tick_size, m.close * p.rules.tick_size,
                m.volume * p.rules.step_size,
            )
            for p, m in zip(self._processes, minute, strict=True)
        ]  # fmt: skip

    def _settlements(self) -> list[MarketMessage]:
        """Return funding that falls on this minute's open, and once an hour the rate to come."""
        messages: list[MarketMessage] = []
        if self._k % HOUR and self._at % FUNDING_INTERVAL_MS:
            return messages
        for index, process in enumerate(self._processes):
            opening = process.decimal_price(self._minutes[index][self._k % HOUR].open)
            symbol, rate = process.rules.symbol, self._rate(index)
            if self._at % FUNDING_INTERVAL_MS == 0:
                messages.append(Funding(symbol, self._at, rate, opening))
            if self._at >= self._told_until:
                messages.append(MarkPrice(symbol, self._at, opening, rate, _next_funding(self._at)))
        return messages

    def _rate(self, index: int) -> Decimal:
        return Decimal(str(self._hours[index].funding_rate)).quantize(RATE8)


def _next_funding(at: int) -> int:
    return at - at % FUNDING_INTERVAL_MS + FUNDING_INTERVAL_MS
