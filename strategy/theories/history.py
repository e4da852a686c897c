"""The past of one symbol as small rolling arrays that every theory reads.

Estimates, so floats; money never passes through here.
"""

import math
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

from core.market import Bar
from strategy.theories.candles import Candles

Array = npt.NDArray[np.float64]
States = npt.NDArray[np.int64]

WINDOW: Final = 192  # returns: two days of 15 minutes
RANGE_BARS: Final = 14
STILL: Final = 1e-9  # a deviation under this is no movement
TERCILE: Final = 0.4307  # deviations: a third of a normal distribution lies on either side
DOWN, QUIET, UP = 0, 1, 2
STATES: Final = 3


class History:
    """The last `WINDOW` bars of *interval_ms* of a symbol; see `Candles` for what makes them.

    A return across a hole in the tape is left out, for it is none of one bar.

    Attributes:
        price: the close of the newest bar.
        seen: returns taken so far.
        sigma: root mean square of the log returns in the window, at least `STILL`; about zero, not
            their mean, which is mostly chance over such a window.
    """

    __slots__ = (
        "_at", "_candles", "_close", "_closed_at", "_epoch", "_path", "_rows", "_states",
        "_transitions", "interval_ms", "price", "seen", "sigma",
    )  # fmt: skip

    def __init__(self, interval_ms: int) -> None:
        self.interval_ms = interval_ms
        self._candles = Candles(interval_ms)
        self._rows: Array = np.zeros((3, 2 * WINDOW))  # twice, so that a window is one slice
        self._path: Array | None = None  # these three when somebody asks
        self._states: States | None = None
        self._transitions: States | None = None
        self._at = self._epoch = self.seen = 0
        self._closed_at = -1
        self._close = self.sigma = 0.0
        self.price = Decimal(0)

    def add(self, bar: Bar) -> bool:
        """Take the next minute; return whether it closed a bar."""
        if not self._candles.add(bar):
            return False
        self._take(bar)
        return True

    def _take(self, bar: Bar) -> None:
        candles, before = self._candles, self._close
        whole = self._closed_at == candles.begun and self._epoch == candles.epoch
        if self._epoch != candles.epoch:
            self._epoch, self.seen = candles.epoch, 0
        self.price, self._closed_at, self._close = bar.close, bar.close_time, float(bar.close)
        if not whole:
            return
        high, low = max(float(candles.high), before), min(float(candles.low), before)
        column = np.array((self._close / before, high / before, low / before))
        at = self._at
        self._rows[:, at] = self._rows[:, at + WINDOW] = np.log(column)
        self._at = (at + 1) % WINDOW
        self.seen += 1
        window = self.returns
        self.sigma = max(math.sqrt(float(window @ window) / WINDOW), STILL)
        self._path = self._states = self._transitions = None

    @property
    def full(self) -> bool:
        """Return whether the window is full."""
        return self.seen >= WINDOW

    @property
    def returns(self) -> Array:
        """Return ``(WINDOW,)`` log returns, oldest first; nothing of use before it is `full`."""
        return self._rows[0, self._at : self._at + WINDOW]

    @property
    def path(self) -> Array:
        """Return ``(WINDOW + 1,)`` logs of the closes over that before the window, oldest first."""
        if self._path is None:
            self._path = np.zeros(WINDOW + 1)
            self.returns.cumsum(out=self._path[1:])
        return self._path

    @property
    def highs(self) -> Array:
        """Return ``(WINDOW,)`` logs of each bar's high over the close before it, at least 0."""
        return self._rows[1, self._at : self._at + WINDOW]

    @property
    def lows(self) -> Array:
        """Return ``(WINDOW,)`` logs of each bar's low over the close before it, at most 0."""
        return self._rows[2, self._at : self._at + WINDOW]

    @property
    def true_range(self) -> float:
        """Return the average true range of the last bars, a share of the price.

        Source: Wilder, "New Concepts in Technical Trading Systems" (1978), ch. 3; here a plain
        mean of logs.
        """
        return float((self.highs - self.lows)[-RANGE_BARS:].sum()) / RANGE_BARS

    @property
    def states(self) -> States:
        """Return ``(WINDOW,)`` states of the bars, oldest first: `DOWN`, `QUIET` or `UP`.

        A third of each is expected of normal returns.
        """
        if self._states is None:
            edge, returns = TERCILE * self.sigma, self.returns
            self._states = (returns > -edge).astype(np.int64) + (returns > edge)
        return self._states

    @property
    def transitions(self) -> States:
        """Return how often each state followed each: counts ``(STATES, STATES)``, from, to."""
        if self._transitions is None:
            self._transitions = count_transitions(self.states)
        return self._transitions

    def move(self, bars: int) -> float:
        """Return the log return of the last *bars*."""
        return float(self.returns[-bars:].sum())

    def deviations(self, bars: int) -> float:
        """Return `move` in standard deviations of a random walk as volatile as this market."""
        return self.move(bars) / (self.sigma * math.sqrt(bars))


def count_transitions(states: States) -> States:
    """Return how often each of *states* ``(n,)`` followed each: ``(STATES, STATES)``, from, to."""
    pairs = states[:-1] * STATES + states[1:]
    counts: States = np.bincount(pairs, minlength=STATES * STATES).reshape(STATES, STATES)
    return counts
