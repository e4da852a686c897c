"""What a theory is: a past in, one part of a signal out; no memory, no chance."""

import math
from typing import Protocol

import msgspec

from core.market import HOUR_MS, MINUTE_MS
from strategy.base import Part
from strategy.theories.history import History


class Theory(Protocol):
    """Says what it sees in a full *history*.

    Promise: the same history gives the same part; its score is from -1 (down) to 1 (up), its
    weight from 0 (no say) to 1, and its text has the numbers both come from.
    """

    def __call__(self, history: History) -> Part:
        """Look at *history*."""
        ...


class Proposal(msgspec.Struct, frozen=True):
    """A trade that is thought of: ``side`` 1 or -1; the rest are shares of the price.

    ``drift`` is what the price is expected to move in a bar, to the good of the side; ``bars``
    how many it is held at most, ``cost`` what fees and slippage of both fills take.
    """

    side: int
    stop: float
    target: float
    cost: float
    drift: float
    bars: int

    @property
    def expected(self) -> float:
        """Return what the drift comes to after costs when it is held to the end."""
        return self.drift * self.bars - self.cost


def squash(deviations: float) -> float:
    """Return a score, -1 to 1, for so many standard deviations; two of them make 0.87."""
    return math.tanh(deviations / 1.5)


def percent(share: float) -> str:
    """Return a share of the price as `+0.12%`."""
    return f"{100 * share:+.2f}%".replace("-", "−")


def span(history: History, bars: int) -> str:
    """Return in words how long *bars* of *history* are, as `8 h` or `45 min`."""
    ms = bars * history.interval_ms
    return f"{ms // MINUTE_MS} min" if ms % HOUR_MS else f"{ms // HOUR_MS} h"
