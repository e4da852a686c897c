"""Pasts of a market to look at, made of log returns."""

import itertools
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from core.market import MINUTE_MS, Bar
from strategy.theories.history import WINDOW, History
from tests.exchange.paper_desk import START, SYMBOL

Array = npt.NDArray[np.float64]

returns = st.lists(st.floats(-0.05, 0.05), min_size=WINDOW, max_size=WINDOW)


def bars_of(log_returns: Iterable[float], swing: float = 0.0) -> list[Bar]:
    """Return a bar a minute that closes so, the first at 100; *swing* is how far it went around."""
    path = itertools.accumulate(log_returns, initial=0.0)
    closes = [Decimal(f"{100 * math.exp(x):.10f}") for x in path]
    opens = [closes[0], *closes[:-1]]
    far = Decimal(1 + swing)
    return [
        Bar(
            SYMBOL, START + minute * MINUTE_MS, opened, max(opened, closed) * far,
            min(opened, closed) / far, closed, Decimal(1),
        )
        for minute, (opened, closed) in enumerate(zip(opens, closes, strict=True))
    ]  # fmt: skip


def past_of(log_returns: Iterable[float], swing: float = 0.0) -> History:
    """Return the history of such bars, each a minute long."""
    history = History(MINUTE_MS)
    for bar in bars_of(log_returns, swing):
        history.add(bar)
    return history


def noise(seed: int, count: int = WINDOW, sigma: float = 0.002) -> Array:
    """Return independent normal returns."""
    return np.random.default_rng(seed).normal(0.0, sigma, count)


def autoregressive(seed: int, phi: float, count: int = WINDOW, sigma: float = 0.002) -> Array:
    """Return returns that each keep *phi* of the one before."""
    made = noise(seed, count, sigma)
    for number in range(1, count):
        made[number] += phi * made[number - 1]
    return made


def mirrored(log_returns: Sequence[float]) -> list[float]:
    """Return the market upside down."""
    return [-x for x in log_returns]
