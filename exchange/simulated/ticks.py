"""What happens inside a simulated minute: a path that keeps to its bar, and a book around it."""

import math
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Final

from core.market import Book, MarkPrice, Tick
from exchange.simulated.process import Minute, SymbolProcess, seeded

LEVELS: Final = 10
_SPREAD: Final = 0.0145  # of a minute's deviation: 0.1 basis points for BTC on a calm day
_SPREAD_MEMORY: Final = 0.95  # of log spread, a tick
_SPREAD_NOISE: Final = 0.15
_FAR: Final = 3.0  # deviations from which on a minute is one that people run after
_LEAN: Final = 0.2  # of the log of a side's size, for each deviation
_MOST_LEAN: Final = 10.0  # deviations; beyond that a side grows no more


def path(minute: Minute, count: int, rng: Random) -> list[int]:
    """Return *count* prices in ticks that begin near the open, touch high and low, end at close."""
    if count == 1:
        return [minute.close]
    early, late = sorted(rng.sample(range(count - 1), 2)) if count > 2 else (0, 0)  # noqa: PLR2004
    first, second = (
        (minute.high, minute.low) if rng.random() < 0.5 else (minute.low, minute.high)  # noqa: PLR2004
    )
    corners = [(-1, minute.open), (early, first), (late, second), (count - 1, minute.close)]
    prices: list[int] = []
    for (start, from_price), (end, to_price) in pairwise(corners):
        prices += _bridge(from_price, to_price, end - start, minute, rng)
    return prices


def _bridge(begin: int, end: int, steps: int, minute: Minute, rng: Random) -> list[int]:
    """Return *steps* prices after *begin*, the last of them *end*, within the bar."""
    noise = 0.25 * (minute.high - minute.low)
    prices: list[int] = []
    for step in range(1, steps + 1):
        left = steps - step
        straight = begin + (end - begin) * step / steps
        wobble = rng.gauss(0.0, noise) * math.sqrt(step * left) / steps
        prices.append(max(minute.low, min(minute.high, round(straight + wobble))))
    return prices


def spreads(level: float, count: int, rng: Random) -> list[int]:
    """Return *count* spreads in ticks that wander about *level*, at least one tick each."""
    noise = _SPREAD_NOISE
    deviation = rng.gauss(0.0, noise / math.sqrt(1 - _SPREAD_MEMORY**2))
    widths: list[int] = []
    for _ in range(count):
        widths.append(max(1, round(level * math.exp(deviation))))
        deviation = _SPREAD_MEMORY * deviation + rng.gauss(0.0, noise)
    return widths


class Quotes:
    """Ticks and books of one symbol in one minute."""

    def __init__(
        self, process: SymbolProcess, minute: Minute, seed: tuple[int, int], count: int
    ) -> None:
        number, minute_number = seed
        self._rng = seeded(number, process.rules.symbol, "inside", minute_number)
        self._process = process
        self._prices = path(minute, count, self._rng)
        self._volume = max(1, minute.volume // count)
        self._opened = minute.open
        # Where a price runs, what is offered goes away: the book widens, and leans to that side.
        run = (minute.close - minute.open) / (minute.sigma * minute.open)
        level = _SPREAD * minute.sigma * minute.open * max(1.0, abs(run) / _FAR)
        self._lean = math.exp(_LEAN * min(abs(run), _MOST_LEAN)) if abs(run) > _FAR else 1.0
        self._is_rising = run > 0
        self._spreads = spreads(level, count, self._rng)
        self._gap = max(1, round(level))

    def at(self, number: int, at: int) -> tuple[Tick, Book]:
        """Return the tick *number* of the minute and the book after it, stamped *at*."""
        last = self._prices[number]
        before = self._prices[number - 1] if number else self._opened
        spread = self._spreads[number]
        rising = last >= before and last > spread
        bid, ask = (last - spread, last) if rising else (last, last + spread)
        price, rules = self._process.decimal_price, self._process.rules
        qty = self._volume * rules.step_size
        tick = Tick(rules.symbol, at, price(bid), price(ask), price(last), qty)
        more_bids, more_asks = (self._lean, 1.0) if self._is_rising else (1.0, self._lean)
        bids = tuple(self._level(p, more_bids) for p in range(bid, 0, -self._gap)[:LEVELS])
        asks = tuple(self._level(ask + i * self._gap, more_asks) for i in range(LEVELS))
        return tick, Book(rules.symbol, at, bids, asks)

    def mark(self, number: int, at: int, funding_rate: Decimal, next_at: int) -> MarkPrice:
        """Return the mark price at tick *number*: the market's own, as no other is simulated."""
        price = self._process.decimal_price(self._prices[number])
        return MarkPrice(self._process.rules.symbol, at, price, funding_rate, next_at)

    def _level(self, ticks: int, more: float) -> tuple[Decimal, Decimal]:
        steps = max(1, int(self._volume * more * self._rng.lognormvariate(-0.7, 0.8)))
        return self._process.decimal_price(ticks), steps * self._process.rules.step_size
