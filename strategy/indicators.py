"""Running indicators: one number in, one number out, constant work and memory.

Floats, because these are estimates; money never passes through here.
"""

import math
from collections import deque

from core.market import Bar


class Candle:
    """Builds longer candles of *interval_ms*, aligned to UTC, from 1-minute bars.

    A candle that lacks its last minute, because the tape has a hole, is dropped: what closed it
    is not known in time.
    """

    __slots__ = ("_begun", "_high", "_interval_ms", "_low")

    def __init__(self, interval_ms: int) -> None:
        self._interval_ms = interval_ms
        self._begun = -1
        self._high = self._low = 0.0

    def add(self, bar: Bar) -> tuple[float, float, float] | None:
        """Take the next minute; return (high, low, close) of the candle it closes, if it does."""
        opened, high, low = bar.open_time, float(bar.high), float(bar.low)
        begun = opened - opened % self._interval_ms
        if begun != self._begun:
            self._begun, self._high, self._low = begun, high, low
        else:
            self._high = max(self._high, high)
            self._low = min(self._low, low)
        if opened + bar.interval_ms != begun + self._interval_ms:
            return None
        return self._high, self._low, float(bar.close)


class Ema:
    """Exponential moving average over about *period* values, seeded with the first.

    ema ← ema + α·(x - ema), α = 2 ÷ (period + 1).
    Source: Hunter, "The exponentially weighted moving average", J. Quality Technology 18 (1986).
    """

    __slots__ = ("_alpha", "_seeded", "value")

    def __init__(self, period: int) -> None:
        self._alpha = 2 / (period + 1)
        self._seeded = False
        self.value = 0.0

    def add(self, x: float) -> None:
        """Take the next value."""
        self.value = self.value + self._alpha * (x - self.value) if self._seeded else x
        self._seeded = True


class Atr:
    """Average true range by Wilder's smoothing over *period* candles, in price units.

    Source: Wilder, "New Concepts in Technical Trading Systems" (1978), ch. 3.
    """

    __slots__ = ("_alpha", "_close", "value")

    def __init__(self, period: int) -> None:
        self._alpha = 1 / period
        self._close: float | None = None
        self.value = 0.0

    def add(self, high: float, low: float, close: float) -> None:
        """Take the next candle."""
        before = self._close
        self._close = close
        if before is None:
            self.value = high - low
            return
        span = max(high, before) - min(low, before)
        self.value += self._alpha * (span - self.value)


class Volatility:
    """Sample standard deviation of the last *period* log returns, per candle; 0 under two."""

    __slots__ = ("_close", "_returns")

    def __init__(self, period: int) -> None:
        self._returns: deque[float] = deque(maxlen=period)
        self._close: float | None = None

    def add(self, close: float) -> None:
        """Take the next close."""
        if self._close is not None:
            self._returns.append(math.log(close / self._close))
        self._close = close

    @property
    def value(self) -> float:
        """Return the deviation."""
        count = len(self._returns)
        if count < 2:  # noqa: PLR2004 - one return has no deviation
            return 0.0
        mean = sum(self._returns) / count
        return math.sqrt(sum((r - mean) ** 2 for r in self._returns) / (count - 1))
