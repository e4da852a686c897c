"""Equity over time, with the fall from its peak below."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core import words
from core.errors import NothingToDraw
from pictures import scales
from pictures.card import AXIS, FOOT, HEAD, PAD, WIDTH, Box, Head, card, time_axis, value_axis
from pictures.look import Look
from pictures.svg import Drawing

HEIGHT: Final = 400.0
GAP: Final = 22.0
UNDER: Final = 76.0
AXIS_FOOT: Final = 20.0
FEWEST: Final = 2
MANY: Final = 1000

Data = Mapping[str, Any]
Points = Sequence[Sequence[float]]


def equity(summary: Data, head: Head, look: Look) -> Drawing:
    """Draw the equity and the drawdown of a performance summary, on one time axis.

    Args:
        summary: as ``core.performance.plain`` gives it.
        head: what the picture says first.
        look: its colours.

    Raises:
        NothingToDraw: there are fewer than two points.
    """
    points, falls = summary["equity"], summary["underwater"]
    if len(points) < FEWEST:
        raise NothingToDraw("There is no equity curve of that range yet.")
    span = (int(points[0][0]), int(points[-1][0]))
    drawing = card(HEIGHT, head, look, scales.span_words(*span))
    bottom = HEIGHT - FOOT - AXIS_FOOT
    upper = Box(PAD, HEAD + 8, WIDTH - AXIS, bottom - UNDER - GAP)
    lower = Box(PAD, bottom - UNDER, WIDTH - AXIS, bottom)
    _line(drawing, upper, points, look)
    _under(drawing, lower, falls, span, look)
    time_axis(drawing, lower, lower.across(*span), span, look)
    return drawing


def _line(drawing: Drawing, box: Box, points: Points, look: Look) -> None:
    across = box.across(points[0][0], points[-1][0])
    low, high = scales.around(value for _, value in points)
    upward = box.upward(low, high)
    marks = scales.lines(low, high)
    value_axis(drawing, box, upward, [(v, amount(v, marks)) for v in marks], look)
    places = [(across(at), upward(value)) for at, value in points]
    closed = [(places[0][0], box.bottom), *places, (places[-1][0], box.bottom)]
    drawing.area(closed, look.accent, (0.22, 0.0))
    opened = upward(points[0][1])
    drawing.line((box.left, opened), (box.right, opened), look.line_strong, dash="2 4")
    drawing.polyline(places, look.accent, width=1.75)
    drawing.circle(places[-1], 3.5, look.accent)


def _under(drawing: Drawing, box: Box, falls: Points, span: tuple[int, int], look: Look) -> None:
    deepest = min((fall for _, fall in falls), default=0.0)
    low = min(deepest * 1.1, -0.1)
    across, upward = box.across(*span), box.upward(low, 0.0)
    marks = [(0.0, "0%"), *([(deepest, words.percent(deepest, 1))] if deepest < 0 else [])]
    value_axis(drawing, box, upward, marks, look)
    places = [(across(at), upward(fall)) for at, fall in falls]
    if places:
        closed = [(places[0][0], box.top), *places, (places[-1][0], box.top)]
        drawing.area(closed, look.loss, (0.08, 0.32))
        drawing.polyline(places, look.loss, width=1.5)
    drawing.text((box.left, box.top - 4), "Drawdown", look.text_3, size=11)


def amount(value: float, marks: Sequence[float]) -> str:
    """Return *value* in whole dollars, or with cents where the *marks* are that close."""
    close = len(marks) > 1 and abs(marks[1] - marks[0]) < 1
    if close:
        return words.money(value)
    if abs(value) >= MANY * 100:
        return f"{'−' if value < 0 else ''}${abs(value) / MANY:,.1f}k"
    return f"{'−' if value < 0 else ''}${abs(value):,.0f}"
