"""Figures in words, the same everywhere: U+2212 for minus, a dash for what is unknown."""

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any, Final

UNKNOWN: Final = "–"
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
_WON: Final = frozenset({
    "net_pnl", "gross_pnl", "expectancy", "expectancy_r", "avg_return", "avg_win", "avg_loss",
    "best_trade", "worst_trade", "roi", "cagr", "funding",
})  # fmt: skip
_FALLS: Final = frozenset({"max_drawdown", "max_drawdown_pct"})
_RATES: Final = frozenset({"win_rate", "exposure"})
_DIGITS: Final = 400  # of the largest float, with room for decimals

Number = float | Decimal


def money(value: Number | None) -> str:
    """Return an amount with its sign if it is negative: `$1,234.50`, `−$3.00`."""
    return _signed(value, 2, "$")


def change(value: Number | None) -> str:
    """Return a change of money with its sign; zero has none."""
    return _signed(value, 2, "$", plus="+")


def percent(value: Number | None, decimals: int = 2) -> str:
    """Return a percentage with its sign if it is negative."""
    text = _signed(value, decimals)
    return text if text == UNKNOWN else f"{text}%"


def duration(ms: float | None) -> str:
    """Return a time span in its two largest units."""
    if ms is None or not math.isfinite(ms):
        return UNKNOWN
    whole = max(0, int(ms))  # a clock may be set back
    days, hours, minutes = whole // DAY_MS, whole // HOUR_MS % 24, whole // MINUTE_MS % 60
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m"


def measure(value: Any, unit: str) -> str:
    """Return a figure of the metrics in its *unit*."""
    if value is None:
        return UNKNOWN
    written = _WRITERS.get(unit)
    return written(value) if written else _signed(value, 2)


def _count(value: float) -> str:
    return _signed(value, 0)


_WRITERS: Final[dict[str, Callable[[float], str]]] = {
    "money": change,
    "pct": percent,
    "count": _count,
    "duration_ms": duration,
}


def figure(name: str, value: float | None, unit: str) -> str:
    """Return the figure *name* of the metrics as the page writes it.

    Money made has its sign, a fall is negative, a rate has one decimal; `measures.js` says the
    same, and a test holds the two together.
    """
    if value is None:
        return UNKNOWN
    shown = -abs(value) if name in _FALLS else value
    plus = "+" if name in _WON else ""
    match unit:
        case "money":
            return _signed(shown, 2, "$", plus)
        case "pct":
            text = _signed(shown, 1 if name in _RATES else 2, plus=plus)
            return text if text == UNKNOWN else f"{text}%"
        case "ratio":
            text = _signed(shown, 2, plus=plus)
            return text if text == UNKNOWN or not name.endswith("_r") else f"{text} R"
        case _:
            return measure(shown, unit)


def tone(value: Any) -> str:
    """Return the colour's name of money made or lost."""
    if not isinstance(value, int | float) or not value:
        return ""
    return "gain" if value > 0 else "loss"


def age(ms: float) -> str:
    """Return how long ago something was: `48s`, `26m`, `3h 12m`, `9d 2h`."""
    return f"{max(0, int(ms)) // 1000}s" if ms < MINUTE_MS else duration(ms)


def price(value: Number | None, decimals: int) -> str:
    """Return a price padded to its tick's decimals."""
    return _signed(value, decimals)


def quantity(value: float) -> str:
    """Return a quantity without needless zeros."""
    return f"{value:,.8f}".rstrip("0").rstrip(".")


def _signed(value: Number | None, decimals: int, unit: str = "", plus: str = "") -> str:
    """Return *value* as the page writes it: rounded from its shortest digits, half away from zero.

    What rounds to zero has no sign, and what is no number is unknown.
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    with localcontext(prec=_DIGITS):
        rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    sign = "−" if rounded < 0 else plus if rounded > 0 else ""
    return f"{sign}{unit}{abs(rounded):,.{decimals}f}"
