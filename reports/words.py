"""Figures in words, as the page writes them: U+2212 for minus, a dash for what is unknown."""

from collections.abc import Callable
from typing import Any, Final

UNKNOWN: Final = "–"
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000


def money(value: float | None) -> str:
    """Return an amount with its sign if it is negative: `$1,234.50`, `−$3.00`."""
    if value is None:
        return UNKNOWN
    return f"{'−' if value < 0 else ''}${abs(value):,.2f}"


def change(value: float | None) -> str:
    """Return a change of money with its sign; zero has none."""
    if value is None:
        return UNKNOWN
    rounded = round(value, 2)
    return f"{'+' if rounded > 0 else ''}{money(rounded)}"


def percent(value: float | None, decimals: int = 2) -> str:
    """Return a percentage with the sign that it has."""
    if value is None:
        return UNKNOWN
    return f"{value:.{decimals}f}%".replace("-", "−")


def duration(ms: float | None) -> str:
    """Return a time span in its two largest units."""
    if ms is None:
        return UNKNOWN
    whole = int(ms)
    days, hours, minutes = whole // DAY_MS, whole // HOUR_MS % 24, whole // MINUTE_MS % 60
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m"


def measure(value: Any, unit: str) -> str:
    """Return a figure of the metrics in its *unit*."""
    if value is None:
        return UNKNOWN
    written = _WRITERS.get(unit)
    return written(value) if written else f"{value:,.2f}".replace("-", "−")


def _count(value: float) -> str:
    return f"{value:,.0f}"


_WRITERS: Final[dict[str, Callable[[float], str]]] = {
    "money": change,
    "pct": percent,
    "count": _count,
    "duration_ms": duration,
}


def tone(value: Any) -> str:
    """Return the colour's name of money made or lost."""
    if not isinstance(value, int | float) or not value:
        return ""
    return "gain" if value > 0 else "loss"
