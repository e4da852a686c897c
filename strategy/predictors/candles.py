"""Candles with a volume, of 1-minute bars: the same ones for learning and for predicting."""

import math
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from core.market import MINUTE_MS

# open_time in ms, open, high, low, close, and volume in base
Minute = tuple[int, float, float, float, float, float]
Rows = npt.NDArray[np.float64]

OPEN_TIME, OPEN, HIGH, LOW, CLOSE, VOLUME = range(6)
HOLE_CANDLES: Final = 8  # a hole that is longer breaks the past off


class CandleBuilder:
    """Builds candles of *interval_ms*, aligned to UTC.

    One whose last minute is missing is dropped: what closed it is not known in time. A minute
    that is no price or out of order is as if it were not there.
    """

    __slots__ = ("_begun", "_candle", "_interval_ms", "_last")

    def __init__(self, interval_ms: int) -> None:
        self._interval_ms = interval_ms
        self._begun = self._last = -1
        self._candle = [0.0] * 5

    def add(self, minute: Minute) -> Minute | None:
        """Take the next minute; return the candle that it closes, if it does."""
        open_time, opened, high, low, close, volume = minute
        if open_time <= self._last or not _is_sound(opened, high, low, close, volume):
            return None
        self._last = open_time
        begun = open_time - open_time % self._interval_ms
        candle = self._candle
        if begun != self._begun:
            self._begun = begun
            candle[:] = opened, high, low, close, volume
        else:
            candle[1] = max(candle[1], high)
            candle[2] = min(candle[2], low)
            candle[3] = close
            candle[4] += volume
        if open_time + MINUTE_MS != begun + self._interval_ms:
            return None
        return begun, candle[0], candle[1], candle[2], candle[3], candle[4]


def _is_sound(opened: float, high: float, low: float, close: float, volume: float) -> bool:
    """Tell whether these are prices; nothing that is no number passes a comparison."""
    return 0 < low <= opened <= high < math.inf and low <= close <= high and 0 <= volume < math.inf


def candle_rows(minutes: Iterable[Minute], interval_ms: int) -> Rows:
    """Return the candles of *minutes* in order: ``(n, 6)``, with the fields of a `Minute`."""
    builder = CandleBuilder(interval_ms)
    found = [candle for minute in minutes if (candle := builder.add(minute)) is not None]
    return np.array(found, dtype=np.float64).reshape(-1, 6)


def unbroken(rows: Rows, interval_ms: int) -> list[Rows]:
    """Return *rows* cut where a hole is longer than `HOLE_CANDLES`."""
    steps = np.diff(rows[:, OPEN_TIME])
    cuts = np.flatnonzero(steps > (HOLE_CANDLES + 1) * interval_ms) + 1
    return np.split(rows, cuts) if len(rows) else []
