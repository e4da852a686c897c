"""When the disk is full, if the database goes on growing as it did lately."""

from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import Final

import msgspec

from core.market import DAY_MS, HOUR_MS

LOOKED_BACK_MS: Final = 7 * DAY_MS
LEAST_MS: Final = 6 * HOUR_MS
LEAST_POINTS: Final = 6
FARTHEST_DAYS: Final = 3650

Sizes = Sequence[tuple[int, int]]  # (when in ms, bytes), oldest first


class Forecast(msgspec.Struct, frozen=True):
    """How fast the database grows, when the disk is full (ms), and why that is not said.

    What is not known is None; ``note`` is a sentence, empty when there is nothing to explain.
    """

    bytes_per_day: int | None = None
    full_at: int | None = None
    note: str = ""


def forecast(sizes: Sizes, free: int | None, now: int) -> Forecast:
    """Return what follows from *sizes* of up to a week, at *now* (ms) with *free* bytes left."""
    span_ms = sizes[-1][0] - sizes[0][0] if sizes else 0
    if span_ms < LEAST_MS or len(sizes) < LEAST_POINTS:
        hours = LEAST_MS // HOUR_MS
        known = f"{span_ms // HOUR_MS} h {span_ms % HOUR_MS // 60_000} min"
        return Forecast(note=f"A forecast takes {hours} hours of history; there are {known}.")
    grows = growth(sizes)
    if grows <= 0:
        return Forecast(grows, note="The database does not grow.")
    if free is None:
        return Forecast(grows, note="How much of the disk is free is not known.")
    if free // grows > FARTHEST_DAYS:
        return Forecast(grows, note="At this pace the disk lasts for more than ten years.")
    return Forecast(grows, now + free * DAY_MS // grows)


def growth(sizes: Sizes) -> int:
    """Return the bytes a day by which *sizes*, at two moments at least, grow.

    The median of the slopes between all pairs: what was vacuumed or imported once moves it little.
    Source: https://en.wikipedia.org/wiki/Theil%E2%80%93Sen_estimator
    """
    slopes = [
        (later - earlier) * DAY_MS / (then - at)
        for (at, earlier), (then, later) in combinations(sizes, 2)
        if then > at
    ]
    return round(median(slopes)) if slopes else 0
