"""What the network sees of each candle: its move, its range and its volume against the last days.

Everything is relative, so that one network reads every symbol. A candle's move is from its own
open to its own close, so that a hole in the tape before it is no jump.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.market import DAY_MS
from strategy.predictors.candles import CLOSE, HIGH, LOW, OPEN, OPEN_TIME, VOLUME, Rows

Array = npt.NDArray[np.float64]

NAMES: Final = (
    "move", "volatility", "range", "place of the close", "volume", "time of day, sine",
    "time of day, cosine",
)  # fmt: skip
WINDOW: Final = 48  # candles that volatility and usual volume are measured over
SEQUENCE: Final = 32  # candles that the network reads
NEEDED: Final = WINDOW + SEQUENCE - 1  # candles for one answer
FARTHEST: Final = 6.0  # deviations: what is farther off is no farther for the network
TALLEST: Final = 20.0  # usual moves that a candle may be tall
STILL: Final = 1e-7  # a deviation under this is no movement


def features(rows: Rows) -> Array:
    """Return ``(n - WINDOW + 1, len(NAMES))``: one row for each candle but the first of *rows*.

    *rows* are candles ``(n, 6)`` without a long hole, oldest first; fewer than `WINDOW` give none.
    """
    if len(rows) < WINDOW:
        return np.empty((0, len(NAMES)))
    opened, high, low, close = (rows[:, column] for column in (OPEN, HIGH, LOW, CLOSE))
    move = np.log(close / opened)
    volatility = np.maximum(np.sqrt(_rolling(move * move).mean(axis=1)), STILL)
    height = high - low
    place = np.divide(2 * close - high - low, height, out=np.zeros_like(close), where=height > 0)
    traded = np.log1p(rows[:, VOLUME])
    usual = _rolling(traded)
    spread = np.maximum(usual.std(axis=1), STILL)
    angle = 2 * np.pi * (rows[:, OPEN_TIME] % DAY_MS) / DAY_MS
    seen = slice(WINDOW - 1, None)
    return np.column_stack((
        move[seen] / volatility,
        np.log(volatility),
        np.minimum(np.log(high / low)[seen] / volatility, TALLEST),
        place[seen],
        (traded[seen] - usual.mean(axis=1)) / spread,
        np.sin(angle[seen]),
        np.cos(angle[seen]),
    ))  # fmt: skip


def _rolling(values: Array) -> Array:
    """Return the last `WINDOW` values at each place: ``(n - WINDOW + 1, WINDOW)``."""
    return np.lib.stride_tricks.sliding_window_view(values, WINDOW)


def standardised(values: Array, mean: Array, deviation: Array) -> Array:
    """Return features in deviations from what training saw, none farther than `FARTHEST`."""
    return np.clip((values - mean) / deviation, -FARTHEST, FARTHEST)
