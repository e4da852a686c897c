"""Whether moves tend to go on or to turn back: the generalized Hurst exponent, q = 2.

E|x(t+τ) - x(t)|² ∝ τ^2H; H is half the slope of the logs over τ = 1, 2, 4, 8, 16. Over 0.5
moves go on, under it they turn back; the score follows or opposes the last half day, and the
weight is how far H is from 0.5, in standard errors, squashed.
Source: Di Matteo, Aste & Dacorogna, "Scaling behaviors in differently developed markets",
Physica A 324 (2003); least biased of four estimators on short, fat-tailed series by Barunik &
Kristoufek, Physica A 389 (2010), https://arxiv.org/abs/1201.4786.
"""

import math
from typing import Final

from strategy.base import Part
from strategy.theories.base import span, squash
from strategy.theories.history import STILL, Array, History

NAME: Final = "hurst"
BARS: Final = 48
LAGS: Final = (1, 2, 4, 8, 16)
ERROR: Final = 0.06  # of the exponent over a window of independent normal returns
_LOGS = [math.log(lag) for lag in LAGS]
_MEAN = sum(_LOGS) / len(_LOGS)
_SLOPE: Final = [(x - _MEAN) / sum((y - _MEAN) ** 2 for y in _LOGS) for x in _LOGS]


def exponent(path: Array) -> float:
    """Return the Hurst exponent of a *path* ``(n,)`` of log prices, from 0 to 1.

    0.5 when there is no movement, which is no evidence of anything.
    """
    slope = 0.0
    for lag, share in zip(LAGS, _SLOPE, strict=True):
        step = path[lag:] - path[:-lag]
        squares = float(step @ step) / len(step)
        if squares <= STILL**2:
            return 0.5
        slope += share * math.log(squares)
    return min(1.0, max(0.0, slope / 2))


def look(history: History) -> Part:
    """Follow the last `BARS` in a market whose moves go on, oppose them in one that turns."""
    value = exponent(history.path)
    way = 1 if value >= 0.5 else -1  # noqa: PLR2004 - the exponent of a random walk
    word = "go on" if way > 0 else "turn back"
    moved = squash(history.deviations(BARS))
    return Part(
        NAME, way * moved, abs(squash((value - 0.5) / ERROR)),
        f"exponent {value:.2f}: moves tend to {word}; the last {span(history, BARS)} went "
        f"{'up' if moved >= 0 else 'down'}",
    )  # fmt: skip
