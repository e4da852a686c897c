"""Mean reversion or persistence over two hours, by the variance ratio.

VR(q) is the variance of the moves of q bars over q times that of one bar's, both about the mean;
for a random walk it is 1 with variance 2(2q-1)(q-1) ÷ 3qn. Under 1 returns revert and the score
opposes the last q bars, over 1 it follows them; the weight is how far VR is from 1, in standard
errors, squashed.
Source: Lo & MacKinlay, "Stock market prices do not follow random walks", Review of Financial
Studies 1 (1988).
"""

import math
from typing import Final

from strategy.base import Part
from strategy.theories.base import span, squash
from strategy.theories.history import STILL, Array, History

NAME: Final = "autocorrelation"
Q: Final = 8


def variance_ratio(path: Array) -> tuple[float, float]:
    """Return the ratio of a *path* ``(n + 1,)`` of logs and its standard error for a random walk.

    Unbiased in both variances, of moves that overlap; 1 when there is no movement.
    """
    count = len(path) - 1
    error = math.sqrt(2 * (2 * Q - 1) * (Q - 1) / (3 * Q * count))
    mean = float(path[-1] - path[0]) / count
    one = path[1:] - path[:-1] - mean
    many = path[Q:] - path[:-Q] - Q * mean
    single = float(one @ one) / (count - 1)
    if single <= STILL**2:
        return 1.0, error
    return float(many @ many) / (Q * (count - Q + 1) * (1 - Q / count)) / single, error


def look(history: History) -> Part:
    """Oppose the last `Q` bars in a market that reverts, follow them in one that persists."""
    ratio, error = variance_ratio(history.path)
    away = (ratio - 1) / error
    way = 1 if away >= 0 else -1
    moved = history.deviations(Q)
    return Part(
        NAME, way * squash(moved), abs(squash(away)),
        f"variance ratio {ratio:.2f}, {abs(away):.1f} errors {'over' if way > 0 else 'under'} 1: "
        f"returns {'persist' if way > 0 else 'revert'}; the last {span(history, Q)} went "
        f"{'up' if moved >= 0 else 'down'}",
    )  # fmt: skip
