"""The market as a Markov chain of falling, quiet and rising bars.

Transitions of the window are counted on top of one of each (a uniform Dirichlet prior); the
chain is followed `AHEAD` bars from the present state, with the mean return of each state.
score = squash(3 · expected move ÷ its deviation): of itself a third of a deviation is a lot.
Source: Fielitz & Bhargava, "The behavior of stock-price relatives: a Markovian analysis",
Operations Research 21 (1973); the prior: Gelman et al., "Bayesian Data Analysis" (3rd ed.), 3.4.
"""

import math
from typing import Final

import numpy as np

from strategy.base import Part
from strategy.theories.base import percent, squash
from strategy.theories.history import STATES, UP, Array, History
from strategy.theories.history import States as StateRow

NAME: Final = "markov"
AHEAD: Final = 8
HALF: Final = 30  # transitions seen from a state that give its row half a say
LOUD: Final = 3.0
WORDS: Final = ("falling", "quiet", "rising")


def chain(states: StateRow) -> tuple[Array, Array]:
    """Return transition probabilities ``(from, to)`` and the counts they come from."""
    pairs = states[:-1] * STATES + states[1:]
    counts = np.bincount(pairs, minlength=STATES * STATES).reshape(STATES, STATES).astype(float)
    rows: Array = (counts + 1) / (counts.sum(axis=1, keepdims=True) + STATES)
    return rows, counts


def means(states: StateRow, returns: Array) -> Array:
    """Return the mean return of each state; 0 for one that did not occur."""
    sums = np.bincount(states, weights=returns, minlength=STATES)
    times = np.bincount(states, minlength=STATES)
    result: Array = sums / np.maximum(times, 1)
    return result


def look(history: History) -> Part:
    """Follow the chain from where the market stands."""
    states = history.states
    rows, counts = chain(states)
    now = int(states[-1])
    here = rows[now]
    up, down = float(here[UP]), float(here[0])
    expected, each = 0.0, means(states, history.returns)
    for _ in range(AHEAD):
        expected += float(here @ each)
        here = here @ rows
    seen = float(counts[now].sum())
    score = squash(LOUD * expected / (history.sigma * math.sqrt(AHEAD)))
    text = (
        f"{WORDS[now]}; next bar rises {100 * up:.0f}%, falls {100 * down:.0f}% of {seen:.0f} "
        f"times; {percent(expected)} expected in {history.span(AHEAD)}"
    )
    return Part(NAME, score, seen / (seen + HALF), text)
