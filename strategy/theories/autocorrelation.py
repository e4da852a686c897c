"""Mean reversion or persistence over two hours, by the variance ratio.

VR(q) = 1 + 2·Σ (1 - k/q)·r(k), k = 1 … q-1, over the autocorrelations r of returns; for a random
walk it is 1 with variance 2(2q-1)(q-1) ÷ 3qn. Under 1 returns revert and the score opposes the
last q bars, over 1 it follows them; the weight is how far VR is from 1, in standard errors,
squashed.
Source: Lo & MacKinlay, "Stock market prices do not follow random walks", Review of Financial
Studies 1 (1988).
"""

import math
from typing import Final

from strategy.base import Part
from strategy.theories.base import squash
from strategy.theories.history import STILL, Array, History

NAME: Final = "autocorrelation"
Q: Final = 8


def variance_ratio(returns: Array) -> tuple[float, float]:
    """Return the ratio of *returns* ``(n,)`` and its standard error under a random walk."""
    count = len(returns)
    centred = returns - float(returns.sum()) / count
    total = float(centred @ centred)
    error = math.sqrt(2 * (2 * Q - 1) * (Q - 1) / (3 * Q * count))
    if total <= count * STILL**2:
        return 1.0, error
    covariances = sum((1 - lag / Q) * float(centred[lag:] @ centred[:-lag]) for lag in range(1, Q))
    return 1 + 2 * covariances / total, error


def look(history: History) -> Part:
    """Oppose the last `Q` bars in a market that reverts, follow them in one that persists."""
    ratio, error = variance_ratio(history.returns)
    away = (ratio - 1) / error
    way = 1 if away >= 0 else -1
    moved = history.deviations(Q)
    return Part(
        NAME, way * squash(moved), abs(squash(away)),
        f"variance ratio {ratio:.2f}, {abs(away):.1f} errors {'over' if way > 0 else 'under'} 1: "
        f"returns {'persist' if way > 0 else 'revert'}; the last {history.span(Q)} went "
        f"{'up' if moved >= 0 else 'down'}",
    )  # fmt: skip
