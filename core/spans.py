"""Spans of time as people write them: `90s`, `45m`, `6 hours`, `1d 2h`."""

import re
from typing import Final

_PART: Final = re.compile(r"(\d{1,6}) ?(seconds?|sec|s|minutes?|min|m|hours?|h|days?|d)", re.ASCII)
_UNITS_MS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000}


def span_text(span_ms: int) -> str:
    """Return whole seconds as `45m`, `6h` or `1d 2h 30m`."""
    parts, left = list[str](), span_ms
    for unit, unit_ms in _UNITS_MS.items():
        count, left = divmod(left, unit_ms)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts)


def span_ms(text: str) -> int | None:
    """Return the ms of `45m`, `6 hours` or `1d 2h`, None when *text* is no span of time."""
    words = text.strip().lower()
    total, place = 0, 0
    for found in _PART.finditer(words):
        if words[place : found.start()].strip():
            return None
        total += int(found[1]) * _UNITS_MS[found[2][0]]
        place = found.end()
    return total if total and not words[place:].strip() else None
