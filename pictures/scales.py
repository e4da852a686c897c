"""Where values and moments stand, and at which of them there are lines."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from core.market import DAY_MS, HOUR_MS, MINUTE_MS

MOST_LINES: Final = 4
MOST_MOMENTS: Final = 5
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_SPANS: Final = (
    *(n * MINUTE_MS for n in (1, 5, 15, 30)),
    *(n * HOUR_MS for n in (1, 3, 6, 12)),
    *(n * DAY_MS for n in (1, 2, 3, 5, 7, 14, 30, 90, 180, 365)),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight mapping of values on pixels; equal ends are mapped on the middle."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of *value*."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def around(values: Iterable[float], room: float = 0.06) -> tuple[float, float]:
    """Return the lowest and highest of *values* with a little *room* beyond both."""
    found = list(values)
    low, high = min(found), max(found)
    spread = (high - low) or abs(high) * 0.01 or 1.0
    return low - spread * room, high + spread * room


def lines(low: float, high: float, most: int = MOST_LINES) -> list[float]:
    """Return at most *most* round values within [*low*, *high*], rising."""
    if not high > low:
        return [low]
    exponent = math.floor(math.log10((high - low) / most))
    for power in (exponent, exponent + 1):
        for step in _STEPS:
            width = step * 10.0**power
            first = math.ceil(low / width)
            count = math.floor(high / width) - first + 1
            if count <= most:
                return [(first + n) * width for n in range(count)]
    return []


def moments(since: int, until: int, most: int = MOST_MOMENTS) -> list[int]:
    """Return at most *most* round UTC moments (ms) within [*since*, *until*], rising."""
    for width in _SPANS:
        first = -(-since // width)
        count = until // width - first + 1
        if count <= most:
            return [(first + n) * width for n in range(count)]
    return []


def moment_words(marks: Sequence[int]) -> list[str]:
    """Return what to write at *marks*: the hour, or the date when they are days apart."""
    days_apart = len(marks) > 1 and marks[1] - marks[0] >= DAY_MS
    return [_day(at) if days_apart or at % DAY_MS == 0 else _hour(at) for at in marks]


def span_words(since: int, until: int) -> str:
    """Return a span of time in UTC, as it is written below a picture."""
    return f"{_day(since)} {_hour(since)} – {_day(until)} {_hour(until)} UTC"


def _day(at: int) -> str:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment.day} {moment:%b}"


def _hour(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M}"
