"""Candles of made-up markets: noise, and one whose last moves go on."""

import numpy as np

from strategy.predictors.candles import Rows

START = 1_790_000_100_000 // 900_000 * 900_000
VOLATILITY = 0.003


def market(seed: int, count: int, edge: float = 0.0, interval_ms: int = 900_000) -> Rows:
    """Return *count* candles; each leans by *edge* deviations to where the last ones went."""
    rng = np.random.default_rng(seed)
    chance = rng.standard_normal(count)
    moves = np.zeros(count)
    for at in range(1, count):
        went = np.sign(moves[max(0, at - 4) : at].sum())
        moves[at] = VOLATILITY * (edge * went + chance[at])
    close = 100 * np.exp(np.cumsum(moves))
    opened = np.concatenate([[100.0], close[:-1]])
    wick = np.abs(rng.standard_normal((2, count))) * VOLATILITY / 3
    high = np.maximum(opened, close) * np.exp(wick[0])
    low = np.minimum(opened, close) * np.exp(-wick[1])
    volume = 10 * np.exp(rng.standard_normal(count))
    times = START + np.arange(count) * float(interval_ms)
    return np.column_stack([times, opened, high, low, close, volume])
