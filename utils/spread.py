"""How long things took lately: the newest durations, told as percentiles."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from math import ceil
from typing import Final

KEPT: Final = 1000
WINDOW_S: Final = 60.0
SHARES: Final = (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99))


class Spread:
    """Durations of the last while, in ms.

    Promise: `add` costs less than a microsecond and holds at most so many; a percentile is one of
    the durations (the nearest rank), never something between two.
    """

    __slots__ = ("_kept", "_monotonic", "_window_s")

    def __init__(
        self,
        window_s: float = WINDOW_S,
        kept: int = KEPT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._window_s = window_s
        self._monotonic = monotonic
        self._kept: deque[tuple[float, float]] = deque(maxlen=kept)

    def add(self, ms: float) -> None:
        """Take a duration; what the clocks make negative counts as none."""
        self._kept.append((self._monotonic(), ms if ms > 0 else 0.0))

    def recent(self) -> list[float]:
        """Return the durations of the window, ms, the shortest first."""
        since = self._monotonic() - self._window_s
        kept = list(self._kept)  # in one step: another thread may add meanwhile
        return sorted(ms for at, ms in kept if at > since)

    def figures(self) -> dict[str, float] | None:
        """Return ``p50_ms``, ``p95_ms``, ``p99_ms``, ``max_ms`` and ``samples``; None of none."""
        return spread_of(self.recent())


def spread_of(rising: Sequence[float]) -> dict[str, float] | None:
    """Return the percentiles of durations (ms) in *rising* order, None when there are none.

    Source: https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method
    """
    if not rising:
        return None
    count = len(rising)
    told: dict[str, float] = {
        name: round(rising[max(0, ceil(share * count) - 1)], 3) for name, share in SHARES
    }
    return {**told, "max_ms": round(rising[-1], 3), "samples": count}
