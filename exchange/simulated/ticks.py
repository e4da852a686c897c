"""What happens inside a simulated minute: a path that keeps to its bar, and a book around it."""

import math
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Final

from core.market import Book, MarkPrice, Tick
from exchange.simulated.process import Minute, SymbolProcess, seeded

LEVELS: Final = 10


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
        self._half = max(1, round(minute.open * 0.00001))  # a tenth of a basis point each side

    def at(self, number: int, at: int) -> tuple[Tick, Book]:
        """Return the tick *number* of the minute and the book after it, stamped *at*."""
        last = self._prices[number]
        before = self._prices[number - 1] if number else self._opened
        bid, ask = (last - self._half, last) if last >= before else (last, last + self._half)
        price, rules = self._process.decimal_price, self._process.rules
        qty = self._volume * rules.step_size
        tick = Tick(rules.symbol, at, price(bid), price(ask), price(last), qty)
        bids = tuple(self._level(bid - i * self._half) for i in range(LEVELS))
        asks = tuple(self._level(ask + i * self._half) for i in range(LEVELS))
        return tick, Book(rules.symbol, at, bids, asks)

    def mark(self, number: int, at: int, funding_rate: Decimal, next_at: int) -> MarkPrice:
        """Return the mark price at tick *number*: the market's own, as no other is simulated."""
        price = self._process.decimal_price(self._prices[number])
        return MarkPrice(self._process.rules.symbol, at, price, funding_rate, next_at)

    def _level(self, ticks: int) -> tuple[Decimal, Decimal]:
        steps = max(1, int(self._volume * self._rng.lognormvariate(-0.7, 0.8)))
        return self._process.decimal_price(max(1, ticks)), steps * self._process.rules.step_size
