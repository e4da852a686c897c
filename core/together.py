"""How markets move together, and how much each of them moves.

Of simple hourly returns, close to close. An hour whose close, or whose close before, is missing
has none, and is left out pair by pair.
"""

import math
from collections.abc import Mapping, Sequence
from operator import mul
from typing import Final

Returns = list[float | None]

FEWEST: Final = 24
HOURS_A_YEAR: Final = 24 * 365
DAY: Final = 24
WEEK: Final = 7 * DAY
MONTH: Final = 30 * DAY


def hourly_returns(closes: Mapping[int, float], hours: Sequence[int]) -> Returns:
    """Return close ÷ close of the hour before − 1 of each of *hours*, numbered one after another.

    Args:
        closes: by number of the hour.
        hours: which, oldest first.
    """
    found: Returns = []
    for hour in hours:
        now, before = closes.get(hour), closes.get(hour - 1)
        found.append(now / before - 1 if now is not None and before else None)
    return found


def pearson(first: Returns, second: Returns) -> float | None:
    """Return Σ(x−x̄)(y−ȳ) ÷ √(Σ(x−x̄)² · Σ(y−ȳ)²) over the hours that both have.

    None with fewer than `FEWEST` of them, or when one did not move.
    Source: https://en.wikipedia.org/wiki/Pearson_correlation_coefficient#For_a_sample
    """
    pairs = [(x, y) for x, y in zip(first, second, strict=True) if x is not None and y is not None]
    if len(pairs) < FEWEST:
        return None
    mean_x, mean_y = (sum(values) / len(pairs) for values in zip(*pairs, strict=True))
    xs, ys = [x - mean_x for x, _ in pairs], [y - mean_y for _, y in pairs]
    spread = math.sqrt(sum(map(mul, xs, xs)) * sum(map(mul, ys, ys)))
    return max(-1.0, min(1.0, sum(map(mul, xs, ys)) / spread)) if spread > 0 else None


def matrix(returns: Sequence[Returns]) -> list[list[float | None]]:
    """Return the correlation of each with each, rounded to four decimals."""
    found: list[list[float | None]] = [[None] * len(returns) for _ in returns]
    for i, one in enumerate(returns):
        for j in range(i, len(returns)):
            value = pearson(one, returns[j])
            found[i][j] = found[j][i] = None if value is None else round(value, 4)
    return found


def deviation(returns: Returns) -> float | None:
    """Return the sample standard deviation (n−1), None with fewer than `FEWEST`."""
    known = [value for value in returns if value is not None]
    if len(known) < FEWEST:
        return None
    mean = sum(known) / len(known)
    return math.sqrt(sum((value - mean) ** 2 for value in known) / (len(known) - 1))


def volatility_pct(returns: Returns, hours: int) -> float | None:
    """Return 100 · σ · √hours of the last *hours* hourly returns: how far such a time moves it.

    σ is their sample standard deviation. None while fewer than three quarters of them are known.
    """
    last = returns[-hours:]
    if len(last) < hours or 4 * sum(value is not None for value in last) < 3 * hours:
        return None
    sigma = deviation(last)
    return None if sigma is None else round(100 * sigma * math.sqrt(hours), 4)


def annualised_pct(returns: Returns) -> float | None:
    """Return 100 · σ · √(24 · 365) of hourly returns, as markets here never close.

    Source: https://en.wikipedia.org/wiki/Volatility_(finance)#Mathematical_definition
    """
    sigma = deviation(returns)
    return None if sigma is None else round(100 * sigma * math.sqrt(HOURS_A_YEAR), 4)
