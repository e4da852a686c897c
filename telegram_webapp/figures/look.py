"""The hand that every figure is drawn in: colours of the light theme, axes, and roles.

A trace says in ``meta.role`` which token of the page it is drawn in, so that the page can give it
the colour of its own theme; a shape says it as its ``name``.
"""

from collections.abc import Sequence
from typing import Any, Final

# As css/tokens.css has them; a test holds the two together.
LIGHT: Final = {
    "accent": "#2456d3",
    "series_b": "#8f5a00",
    "gain": "#04705a",
    "loss": "#b93a0c",
    "warn": "#805200",
    "text": "#0e1626",
    "text_2": "#434f63",
    "text_3": "#566377",
    "line": "#dde3ec",
    "line_strong": "#7d899c",
    "surface": "#ffffff",
}
SOFT: Final = 0.16
FONT_PX: Final = 11
DIGIT_PX: Final = 6.4
SMALL: Final = 4  # dollars
MARGIN: Final = {"l": 0, "r": 56, "t": 8, "b": 20}
CLEAR: Final = "rgba(0,0,0,0)"
_TICKFONT: Final = {"size": FONT_PX, "color": LIGHT["text_3"]}
_BARE: Final = {
    "showline": False, "zeroline": False, "ticks": "", "fixedrange": True, "automargin": False,
    "tickfont": _TICKFONT,
}  # fmt: skip
VALUE_AXIS: Final[dict[str, Any]] = {
    **_BARE, "side": "right", "showgrid": True, "gridcolor": LIGHT["line"], "nticks": 4,
    "ticklabelstandoff": 6,
}  # fmt: skip


def base_layout(since: int, until: int, own: dict[str, Any] | None) -> dict[str, Any]:
    """Return the layout of every chart over a time (ms), with what is its *own* in it."""
    own = own or {}
    time = {"type": "date", "range": [since, until], "showgrid": False, **_BARE}
    axes = {name: {**VALUE_AXIS, **axis} for name, axis in own.items() if _is_value_axis(name)}
    return {
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"size": FONT_PX, "color": LIGHT["text_3"]},
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "margin": dict(MARGIN),
        "yaxis": dict(VALUE_AXIS),
        **own,
        **axes,
        "xaxis": {**time, **own.get("xaxis", {})},
    }


def money_axis(values: Sequence[float]) -> dict[str, Any]:
    """Return the axis and margin of amounts: whole dollars unless all are small."""
    most = max(abs(value) for value in values)
    near = max(values) - min(values) < SMALL
    longest = len(f"{most:,.2f}" if near else f"{most:,.0f}") + 1 + any(v < 0 for v in values)
    return {
        "yaxis": {"tickprefix": "$", "tickformat": ",.2f" if near else ",.0f"},
        "margin": {**MARGIN, "r": max(44, round(10 + longest * DIGIT_PX))},
    }


def percent_axis(decimals: int | None = None) -> dict[str, Any]:
    """Return the axis and margin of percents, with as many decimals as they need or are given."""
    shown = ".4~f" if decimals is None else f".{decimals}f"
    return {"yaxis": {"ticksuffix": "%", "tickformat": shown}, "margin": {**MARGIN, "r": 60}}


def soft(role: str, alpha: float = SOFT) -> str:
    """Return the colour of a role, nearly clear."""
    red, green, blue = (int(LIGHT[role][at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def level(value: float, role: str = "line_strong", *, axis: str = "y") -> dict[str, Any]:
    """Return a line across the chart at *value*: zero, or where things turn."""
    return {
        "type": "line", "name": role, "xref": "paper", "x0": 0, "x1": 1, "yref": axis,
        "y0": value, "y1": value, "layer": "below", "line": {"width": 1, "color": LIGHT[role]},
    }  # fmt: skip


def _is_value_axis(name: str) -> bool:
    return name.startswith("yaxis")
