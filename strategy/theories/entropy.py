"""How much of the market is noise: Shannon entropy of pairs of bars.

Each bar falls, is quiet or rises; the entropy of its nine pairs, as a share of log 9, is 1 when
nothing follows from anything. It takes no side: with its score of 0 it votes for doing nothing,
and its weight is how near to pure noise the market is.
Source: Shannon, "A mathematical theory of communication", Bell System Technical Journal 27
(1948); the correction for small samples: Miller, "Note on the bias of information estimates"
(1955).
"""

import math
from typing import Final

from strategy.base import Part
from strategy.theories.history import STATES, History, States

NAME: Final = "entropy"
WORDS: Final = STATES * STATES
ORDERED: Final = 0.8  # a share of the largest entropy under which nothing is called noise


def entropy(transitions: States) -> float:
    """Return the entropy of pairs that occurred so often, 0 to 1, corrected for their number."""
    times: list[int] = [count for row in transitions.tolist() for count in row if count]
    whole = sum(times)
    nats = math.log(whole) - sum(count * math.log(count) for count in times) / whole
    corrected = nats + (len(times) - 1) / (2 * whole)
    return min(1.0, max(0.0, corrected / math.log(WORDS)))


def look(history: History) -> Part:
    """Weigh how much of the market is noise."""
    return part(entropy(history.transitions))


def part(value: float) -> Part:
    """Return what an entropy of *value* comes to."""
    weight = max(0.0, (value - ORDERED) / (1 - ORDERED))
    return Part(NAME, 0.0, weight, f"entropy {value:.3f} of 1: {100 * weight:.0f}% like noise")
