"""What a market does out of the ordinary: how far a figure is from its own usual one.

Five measures of each symbol: the return and the volume of a minute, spread and imbalance of the
book at its end, and the funding rate once an hour. Each is compared with its own last `WINDOW`
samples by the robust z-score

    z = (value − median) ÷ deviation,  deviation = 1.4826 · median(|sample − median|)

which for a normal distribution is the usual z-score, and is not moved by the outliers it is to
find. Source: Iglewicz & Hoaglin, How to Detect and Handle Outliers (1993).

Floats, as these are indicators: no order and no money follows from them.
"""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from core.market import MINUTE_MS, Book

WINDOW: Final = 240  # samples that are usual: four hours of minutes, ten days of funding
DEVIATION_OF_MAD: Final = 1.4826  # a normal distribution's deviation over its median one
BPS: Final = 10_000


class Measure(StrEnum):
    """What is measured, with its unit."""

    RETURN = "return"  # %
    VOLUME = "volume"  # in base
    SPREAD = "spread"  # bps of the middle
    FUNDING = "funding"  # % an interval
    BOOK_IMBALANCE = "book_imbalance"  # %: −100 all asks, 100 all bids


class Severity(StrEnum):
    """How far out."""

    MILD = "mild"
    STRONG = "strong"
    EXTREME = "extreme"


RANKS: Final = {severity: rank for rank, severity in enumerate(Severity, start=1)}

# What the limits are multiplied by. Volumes and spreads have a long tail upwards; an imbalance
# ends at 100 %, and a funding rate moves slowly.
REACH: Final = {
    Measure.RETURN: 1.0,
    Measure.VOLUME: 1.5,
    Measure.SPREAD: 1.5,
    Measure.FUNDING: 0.5,
    Measure.BOOK_IMBALANCE: 0.5,
}
# Samples that must be there before anything is told.
FEWEST: Final = {
    Measure.RETURN: 60,
    Measure.VOLUME: 60,
    Measure.SPREAD: 60,
    Measure.FUNDING: 30,
    Measure.BOOK_IMBALANCE: 60,
}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """From which |z| a figure is out of the ordinary, times `REACH`; and for how long an event of
    the same severity is told once."""  # noqa: D205, D209

    mild_z: float = 6.0
    strong_z: float = 12.0
    extreme_z: float = 20.0
    pause_ms: int = 15 * MINUTE_MS

    def severity(self, measure: Measure, z: float) -> Severity | None:
        """Return how far out *z* is, None when it is not."""
        size = abs(z) / REACH[measure]
        if size < self.mild_z:
            return None
        if size < self.strong_z:
            return Severity.MILD
        return Severity.STRONG if size < self.extreme_z else Severity.EXTREME


class Anomaly(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that was out of the ordinary in the minute that ended ``at`` (ms)."""

    at: int
    symbol: str
    measure: Measure
    value: float
    usual: float
    deviation: float
    z: float
    severity: Severity


def usual(samples: Iterable[float]) -> tuple[float, float]:
    """Return the median of *samples*, one at least, and 1.4826 times the median distance to it."""
    ordered = sorted(samples)
    count = len(ordered)
    half = count // 2
    if count % 2:
        middle = ordered[half]
        return middle, DEVIATION_OF_MAD * _farthest(ordered, middle, half + 1)
    middle = (ordered[half - 1] + ordered[half]) / 2
    distance = (_farthest(ordered, middle, half) + _farthest(ordered, middle, half + 1)) / 2
    return middle, DEVIATION_OF_MAD * distance


def _farthest(ordered: Sequence[float], middle: float, wanted: int) -> float:
    """Return how far the farthest of the *wanted* samples nearest to *middle* is.

    They stand together in the order, so that their first is found by halving.
    """
    low, high = 0, len(ordered) - wanted
    while low < high:
        first = (low + high) // 2
        if middle - ordered[first] > ordered[first + wanted] - middle:
            low = first + 1
        else:
            high = first
    return max(middle - ordered[low], ordered[low + wanted - 1] - middle)


class Gauge:
    """One measure of one symbol: its last samples, and between which values it is ordinary.

    Promise: a value is compared only with what came before it. ``least`` is the smallest
    deviation, for figures that move by steps.
    """

    __slots__ = ("deviation", "fewest", "high", "least", "low", "reach", "samples", "usual")

    def __init__(self, fewest: int, reach: float) -> None:
        self.fewest = fewest
        self.reach = reach
        self.least = 0.0
        self.samples: deque[float] = deque(maxlen=WINDOW)
        self.forget()

    def forget(self) -> None:
        """Know nothing usual."""
        self.usual = self.deviation = 0.0
        self.low, self.high = -math.inf, math.inf

    def refresh(self) -> None:
        """Look again at what is usual."""
        if len(self.samples) < self.fewest:
            return
        middle, deviation = usual(self.samples)
        self.know(middle, max(deviation, self.least))

    def know(self, middle: float, deviation: float) -> None:
        """Take *middle* for usual; a *deviation* of 0, when nothing ever moved, says nothing."""
        self.forget()
        if deviation > 0:
            self.usual, self.deviation = middle, deviation
            self.low, self.high = middle - self.reach * deviation, middle + self.reach * deviation

    def take(self, value: float) -> float | None:
        """Add a sample; return its z when it is out of reach."""
        self.samples.append(value)
        if self.low < value < self.high:
            return None
        return (value - self.usual) / self.deviation


def spread_bps(book: Book) -> float:
    """Return the distance of the best ask from the best bid, in hundredths of a % of the middle."""
    bid, ask = book.bids[0][0], book.asks[0][0]
    return round(2 * BPS * float((ask - bid) / (ask + bid)), 4)


def imbalance_pct(book: Book) -> float:
    """Return 100 · (bids − asks) ÷ (bids + asks) of the quantities in the book's levels."""
    bids, asks = (sum(float(qty) for _, qty in side) for side in (book.bids, book.asks))
    return round(100 * (bids - asks) / (bids + asks), 2) if bids + asks else 0.0
