"""Running indicators: one number in, one number out, constant work and memory.

Floats, because these are estimates; money never passes through here.
"""

import math
from collections import deque


class Ema:
    """Exponential moving average over about *period* values; ``value`` is None before the first.

    ema ← ema + α·(x − ema), α = 2 ÷ (period + 1).
    Source: Hunter, "The exponentially weighted moving average", J. Quality Technology 18 (1986).
    """

    def __init__(self, period: int) -> None:
        self._alpha = 2 / (period + 1)
        self.value: float | None = None

    def add(self, x: float) -> float:
        """Take the next value and return the average."""
        old = self.value
        new = x if old is None else old + self._alpha * (x - old)
        self.value = new
        return new


class Atr:
    """Average true range by Wilder's smoothing over *period* bars, in price units.

    Source: Wilder, "New Concepts in Technical Trading Systems" (1978), ch. 3.
    """

    def __init__(self, period: int) -> None:
        self._alpha = 1 / period
        self._close: float | None = None
        self.value: float | None = None

    def add(self, high: float, low: float, close: float) -> float:
        """Take the next bar and return the average range."""
        before = self._close
        span = high - low
        if before is not None:
            span = max(span, abs(high - before), abs(low - before))
        self._close = close
        old = self.value
        new = span if old is None else old + self._alpha * (span - old)
        self.value = new
        return new


class Volatility:
    """Sample standard deviation of the last *period* log returns, per bar (not annualised)."""

    def __init__(self, period: int) -> None:
        self._returns: deque[float] = deque(maxlen=period)
        self._close: float | None = None

    def add(self, close: float) -> float | None:
        """Take the next close and return the deviation, None until two returns are known."""
        if self._close is not None:
            self._returns.append(math.log(close / self._close))
        self._close = close
        count = len(self._returns)
        if count <= 1:
            return None
        mean = sum(self._returns) / count
        return math.sqrt(sum((r - mean) ** 2 for r in self._returns) / (count - 1))
