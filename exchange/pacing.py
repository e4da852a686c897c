"""How often a paced feed yields: often enough to look alive, seldom enough to be followed."""

from typing import Final

from core.market import MINUTE_MS

STEPS_A_SECOND: Final = 8


def tick_interval(tick_ms: int, speed: float) -> int | None:
    """Return the engine time between ticks (ms): a divisor of the minute, None for bars only."""
    least = max(tick_ms, int(1000 * speed / STEPS_A_SECOND))
    return next((n for n in range(least, MINUTE_MS // 2 + 1) if MINUTE_MS % n == 0), None)


def tick_times(opened: int, interval_ms: int) -> list[int]:
    """Return the times of a minute's ticks but the last, which is its bar."""
    return [opened + n * interval_ms for n in range(1, MINUTE_MS // interval_ms)]
