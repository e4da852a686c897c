"""Times as people and programs write them, read as milliseconds UTC."""

from datetime import UTC, datetime, tzinfo
from typing import Final

from core.errors import DataError

EARLIEST_MS: Final = 946_684_800_000  # 2000-01-01: earlier is a mistake, and seconds begin here
LATEST_MS: Final = 4_102_444_800_000  # 2100-01-01
LONGEST_NUMBER: Final = 20


class Moments:
    """Reads the times of one file.

    Promise: times with an offset are brought to UTC; those without are in *zone*. A file must
    not mix the two: what the others lack could be any zone.
    """

    def __init__(self, zone: tzinfo = UTC) -> None:
        self._zone = zone
        self._has_offset: bool | None = None

    def read(self, text: str) -> int:
        """Return *text* as milliseconds since 1970 UTC.

        Raises:
            DataError: it is no time, out of range, or of the other kind than the rows before.
        """
        if not text:
            raise DataError("the time is missing")
        at = _number(text)
        if at is None:
            at = self._date(text)
        if not EARLIEST_MS <= at < LATEST_MS:
            raise DataError(f"the time must be from 2000 to 2100, was {text[:40]!r}")
        return at

    def _date(self, text: str) -> int:
        try:
            moment = datetime.fromisoformat(text.replace("/", "-"))
        except ValueError:
            raise DataError(
                f"the time must be like 2026-05-31 14:30, with or without an offset, or a number "
                f"of seconds or milliseconds, was {text[:40]!r}"
            ) from None
        has_offset = moment.tzinfo is not None
        if self._has_offset is None:
            self._has_offset = has_offset
        if has_offset is not self._has_offset:
            which = "has an offset from UTC" if has_offset else "has no offset from UTC"
            raise DataError(f"the time {text[:40]!r} {which}, unlike the first row's")
        if not has_offset:
            moment = moment.replace(tzinfo=self._zone)
        return int(moment.timestamp() * 1000)


def _number(text: str) -> int | None:
    """Return a number of seconds, milliseconds or microseconds as milliseconds."""
    whole = text.partition(".")[0]
    if not (whole.isascii() and whole.isdigit()) or len(whole) > LONGEST_NUMBER:
        return None
    value = int(whole)
    readings = (value * 1000, value, value // 1000)
    return next((at for at in readings if EARLIEST_MS <= at < LATEST_MS), value)
