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
from strategy.theories.base import percent, span, squash
from strategy.theories.history import STATES, Array, History
from strategy.theories.history import States as Counts

NAME: Final = "markov"
DOUBLINGS: Final = 3
AHEAD: Final = 2**DOUBLINGS
HALF: Final = 30  # transitions seen from a state that give its row half a say
LOUD: Final = 3.0
WORDS: Final = ("falling", "quiet", "rising")


def chain(transitions: Counts) -> Array:
    """Return the probabilities ``(from, to)`` after so many *transitions*."""
    rows: Array = (transitions + 1) / (transitions.sum(axis=1, keepdims=True) + STATES)
    return rows


def follow(rows: Array, each: Array) -> Array:
    """Return the sum of *each* over the next `AHEAD` bars, by the state it begins in.

    Σ Pᵏ·m for k from 1, doubled up: S(2n) = S(n) + Pⁿ·S(n).
    """
    total, power = rows @ each, rows
    for _ in range(DOUBLINGS):
        total = total + power @ total
        power = power @ power
    return total


def means(states: Counts, returns: Array) -> Array:
    """Return the mean return of each state; 0 for one that did not occur."""
    sums = np.bincount(states, weights=returns, minlength=STATES)
    times = np.bincount(states, minlength=STATES)
    result: Array = sums / np.maximum(times, 1)
    return result


def look(history: History) -> Part:
    """Follow the chain from where the market stands."""
    states, transitions = history.states, history.transitions
    rows = chain(transitions)
    now = int(states[-1])
    down, _, up = rows[now].tolist()
    expected = float(follow(rows, means(states, history.returns))[now])
    seen = sum(transitions[now].tolist())
    score = squash(LOUD * expected / (history.sigma * math.sqrt(AHEAD)))
    text = (
        f"{WORDS[now]}; next bar rises {100 * up:.0f}%, falls {100 * down:.0f}% of {seen} times; "
        f"{percent(expected)} expected in {span(history, AHEAD)}"
    )
    return Part(NAME, score, seen / (seen + HALF), text)
