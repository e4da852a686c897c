"""Hours of the day in which somebody is not to be disturbed; they may pass midnight.

A span begins and ends at minutes of the person's own day, which is UTC plus their offset.
"""

import re
from typing import Final

import msgspec
from typing_extensions import override

from core.errors import ConfigError

DAY: Final = 24 * 60  # minutes
MINUTE_MS: Final = 60_000
MAX_OFFSET: Final = 14 * 60

_CLOCK: Final = r"(\d{1,2})(?::?([0-5]\d))?"
_SPAN: Final = re.compile(rf"{_CLOCK}\s*(?:-|–|to)\s*{_CLOCK}")
_OFFSET: Final = re.compile(r"(?:utc)?([+−-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)


class QuietHours(msgspec.Struct, frozen=True):
    """From when until when, and how far the person's clock is ahead of UTC; all in minutes."""

    start: int
    end: int
    utc_offset: int = 0

    def until(self, now: int) -> int | None:
        """Return when the quiet that holds at *now* ends (ms), None when none does."""
        minute = (now // MINUTE_MS + self.utc_offset) % DAY
        since_start = (minute - self.start) % DAY
        length = (self.end - self.start) % DAY
        if since_start >= length:
            return None
        return (now // MINUTE_MS + length - since_start) * MINUTE_MS

    @override
    def __str__(self) -> str:
        offset = "UTC" if not self.utc_offset else f"UTC{_signed(self.utc_offset)}"
        return f"{_clock(self.start)}–{_clock(self.end)} {offset}"


def parse_quiet_hours(text: str, utc_offset: int = 0) -> QuietHours:
    """Return the hours that *text* says, such as ``22-07``, ``22:30-7`` or ``22-07 +2``.

    Args:
        text: what somebody wrote.
        utc_offset: minutes, where the text does not say it.

    Raises:
        ConfigError: it says none.
    """
    first, *rest = text.strip().rsplit(" ", 1)
    if rest and (offset := _OFFSET.fullmatch(rest[0])):
        utc_offset, text = _minutes_ahead(offset), first
    span = _SPAN.fullmatch(text.strip())
    if span is None:
        raise ConfigError(f"quiet hours look like 22-07 or 22:30-07 +2, were {text.strip()!r}")
    start, end = _minutes(span[1], span[2]), _minutes(span[3], span[4])
    if start == end:
        raise ConfigError("quiet hours must begin and end at different times: /mute silences all")
    return QuietHours(start, end, utc_offset)


def _minutes(hours: str, minutes: str | None) -> int:
    total = int(hours) * 60 + int(minutes or 0)
    if total > DAY:
        raise ConfigError(f"a day has 24 hours, was {hours}:{minutes or '00'}")
    return total % DAY


def _minutes_ahead(offset: "re.Match[str]") -> int:
    total = int(offset[2]) * 60 + int(offset[3] or 0)
    if total > MAX_OFFSET:
        raise ConfigError(f"a clock is at most 14 hours from UTC, was {offset[0]}")
    return total if offset[1] == "+" else -total


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _signed(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "−"
    return f"{sign}{hours}" + (f":{rest:02}" if rest else "")
