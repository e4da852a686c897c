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

import numpy as np

from strategy.base import Part
from strategy.theories.history import STATES, History
from strategy.theories.history import States as StateRow

NAME: Final = "entropy"
WORDS: Final = STATES * STATES
ORDERED: Final = 0.8  # a share of the largest entropy under which nothing is called noise


def entropy(states: StateRow) -> float:
    """Return the entropy of the pairs in *states*, 0 to 1, corrected for their number."""
    pairs = states[:-1] * STATES + states[1:]
    counts = np.bincount(pairs, minlength=WORDS)
    count = len(pairs)
    bits = seen = 0.0
    for times in counts.tolist():
        if times:
            seen += 1
            bits -= times / count * math.log(times / count)
    return min(1.0, (bits + (seen - 1) / (2 * count)) / math.log(WORDS))


def look(history: History) -> Part:
    """Weigh how much of the market is noise."""
    return part(entropy(history.states))


def part(value: float) -> Part:
    """Return what an entropy of *value* comes to."""
    weight = max(0.0, (value - ORDERED) / (1 - ORDERED))
    return Part(NAME, 0.0, weight, f"entropy {value:.3f} of 1: {100 * weight:.0f}% like noise")
