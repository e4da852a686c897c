"""What each day came to, as bars on both sides of zero."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from core import words
from core.errors import NothingToDraw
from pictures import scales
from pictures.card import AXIS, FOOT, HEAD, PAD, WIDTH, Box, Head, card, value_axis
from pictures.equity import amount
from pictures.look import Look
from pictures.scales import Scale
from pictures.svg import Drawing

HEIGHT: Final = 330.0
AXIS_FOOT: Final = 20.0
MOST_WORDS: Final = 5
FEW: Final = 8


def daily(summary: Mapping[str, Any], head: Head, look: Look) -> Drawing:
    """Draw the P&L of each UTC day of a performance summary.

    Args:
        summary: as ``core.performance.plain`` gives it.
        head: what the picture says first.
        look: its colours.

    Raises:
        NothingToDraw: no day of that range is known.
    """
    days = [(day, pnl) for day, _, pnl in summary["daily"]]
    if not days:
        raise NothingToDraw("There is no day of that range yet.")
    drawing = card(HEIGHT, head, look, f"{_day(days[0][0])} – {_day(days[-1][0])}, UTC days")
    box = Box(PAD, HEAD + 8, WIDTH - AXIS, HEIGHT - FOOT - AXIS_FOOT)
    low, high = scales.around([0.0, *(pnl for _, pnl in days)], 0.12)
    upward = box.upward(low, high)
    marks = scales.lines(low, high)
    value_axis(drawing, box, upward, [(v, amount(v, marks)) for v in marks], look)
    drawing.line((box.left, upward(0)), (box.right, upward(0)), look.line_strong)
    _bars(drawing, box, upward, days, look)
    return drawing


def _bars(
    drawing: Drawing, box: Box, upward: Scale, days: list[tuple[str, float]], look: Look
) -> None:
    slot = (box.right - box.left) / len(days)
    wide = min(slot * 0.72, 44.0)
    every = -(-len(days) // MOST_WORDS)
    for number, (day, pnl) in enumerate(days):
        middle = box.left + slot * (number + 0.5)
        top, bottom = sorted((upward(pnl), upward(0)))
        drawing.rect(
            (middle - wide / 2, top), (wide, max(bottom - top, 0.75)), look.tone(pnl), radius=2
        )
        if len(days) <= FEW and pnl:
            y = top - 4 if pnl > 0 else bottom + 12
            drawing.text((middle, y), words.change(pnl), look.text_2, size=10, anchor="middle")
        if number % every == 0:
            y = box.bottom + 15
            drawing.text((middle, y), _day(day), look.text_3, size=11, anchor="middle")


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%b}"
