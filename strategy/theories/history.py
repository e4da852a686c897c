"""The past of one symbol as arrays that every theory reads: small, rolling, never poisoned.

Estimates, so floats; money never passes through here.
"""

import math
from decimal import Decimal, InvalidOperation
from typing import Final

import numpy as np
import numpy.typing as npt

from core.market import MINUTE_MS, Bar

Array = npt.NDArray[np.float64]
States = npt.NDArray[np.int64]

WINDOW: Final = 192  # returns: two days of 15 minutes
RANGE_BARS: Final = 14
STILL: Final = 1e-9  # a deviation under this is no movement
FARTHEST: Final = Decimal(2)  # times the last close, or one part of it: no minute goes so far
STRANGE_MINUTES: Final = 30  # in a row, after which the market really is elsewhere
TERCILE: Final = 0.4307  # deviations: a third of a normal distribution lies on either side
DOWN, QUIET, UP = 0, 1, 2
STATES: Final = 3


class History:
    """The last `WINDOW` bars of *interval_ms* of a symbol, built from 1-minute bars.

    A bar is dropped when the tape lacks its last minute, and a return across a hole is left out.
    A minute that is no price, out of order, or far off all others is as if it were not there;
    when the far ones keep coming, the market really is elsewhere and the history begins anew.

    Attributes:
        price: the close of the newest bar.
        seen: returns taken so far.
        sigma: root mean square of the log returns in the window, at least `STILL`; about zero, not
            their mean, which is mostly chance over such a window.
    """

    __slots__ = (
        "_at", "_begun", "_ceiling", "_close", "_closed_at", "_floor", "_high", "_last", "_low",
        "_path", "_rows", "_states", "_strange", "_transitions", "interval_ms", "price",
        "seen", "sigma",
    )  # fmt: skip

    def __init__(self, interval_ms: int) -> None:
        self.interval_ms = interval_ms
        self._rows: Array = np.zeros((3, 2 * WINDOW))  # twice, so that a window is one slice
        self._last = -1
        self._begun = -1
        self._forget()

    def _forget(self) -> None:
        self._at = self.seen = self._strange = 0
        self._close = 0.0
        self._closed_at = -1
        self._floor, self._ceiling = Decimal(0), Decimal("Infinity")
        self._high = self._low = self.price = Decimal(0)
        self.sigma = 0.0
        self._path: Array | None = None  # these three when somebody asks
        self._states: States | None = None
        self._transitions: States | None = None

    def add(self, bar: Bar) -> bool:
        """Take the next minute; return whether it closed a bar."""
        open_time, high, low, close = bar.open_time, bar.high, bar.low, bar.close
        if open_time <= self._last:
            return False
        try:
            if not self._floor < low <= close <= high < self._ceiling:
                self._wonder(open_time, close)
                return False
        except InvalidOperation:  # a price that is no number
            return False
        self._last, self._strange = open_time, 0
        begun = open_time - open_time % self.interval_ms
        if begun != self._begun:
            self._begun, self._high, self._low = begun, high, low
        else:
            if high > self._high:  # noqa: PLR1730 - a call costs more than all the rest here
                self._high = high
            if low < self._low:  # noqa: PLR1730
                self._low = low
        if open_time + MINUTE_MS != begun + self.interval_ms:
            return False
        self._take(begun + self.interval_ms, close)
        return True

    def _wonder(self, open_time: int, close: Decimal) -> None:
        """Begin anew when what is far off is all there is."""
        self._last = open_time
        self._strange += close > 0
        if self._strange >= STRANGE_MINUTES:
            self._forget()

    def _take(self, closed_at: int, close: Decimal) -> None:
        before, whole = self._close, self._closed_at + self.interval_ms == closed_at
        self.price, self._closed_at, self._close = close, closed_at, float(close)
        self._floor, self._ceiling = close / FARTHEST, close * FARTHEST
        if not whole:
            return
        high, low = max(float(self._high), before), min(float(self._low), before)
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
        """Return ``(WINDOW,)`` log returns, oldest first; zeros where none was seen yet."""
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
