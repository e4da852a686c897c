"""The drift of the price by a Kalman filter.

Model: return = drift + noise, drift = drift before + a little noise; the variance of the second
noise is `Q` times that of the first. Started without opinion, the estimate over a window is a
weighted sum of its returns, with weights that depend on `Q` alone: they are worked out once.
score = squash(drift ÷ its standard error).
Source: Kalman, "A new approach to linear filtering and prediction problems", J. Basic
Engineering 82 (1960); Harvey, "Forecasting, Structural Time Series Models and the Kalman
Filter" (1989), ch. 4 (local level model).
"""

import math
from typing import Final

import numpy as np

from strategy.base import Part
from strategy.theories.base import squash
from strategy.theories.history import WINDOW, Array, History

NAME: Final = "kalman"
MEMORY: Final = 48  # bars: one over the gain that the filter settles at
Q: Final = 1 / (MEMORY * (MEMORY - 1))  # gain² ÷ (1 - gain)


def filter_weights(count: int, q: float) -> tuple[Array, float]:
    """Return the weights of *count* observations and the variance of their sum.

    ``(count,)``, oldest first; the variance is in units of an observation's own.
    """
    weights = np.zeros(count)
    weights[0], variance = 1.0, 1.0
    for newest in range(1, count):
        variance += q
        gain = variance / (variance + 1)
        weights[:newest] *= 1 - gain
        weights[newest] = gain
        variance *= 1 - gain
    return weights, variance


_WEIGHTS, _VARIANCE = filter_weights(WINDOW, Q)
_ERROR: Final = math.sqrt(_VARIANCE)


def look(history: History) -> Part:
    """Say which way the price drifts, and how surely."""
    drift = float(_WEIGHTS @ history.returns)
    error = _ERROR * history.sigma
    text = f"drift {100 * drift:+.3f}% a bar, give or take {100 * error:.3f}".replace("-", "−")
    return Part(NAME, squash(drift / error), 1.0, text)
