"""Two strategies' returns since the same moment, on one axis."""

from collections.abc import Sequence
from typing import Final

from core import words
from core.errors import NothingToDraw
from pictures import scales
from pictures.card import AXIS, FOOT, HEAD, PAD, WIDTH, Box, Head, card, time_axis, value_axis
from pictures.look import Look
from pictures.svg import Drawing

HEIGHT: Final = 350.0
AXIS_FOOT: Final = 20.0
KEY: Final = 20.0
FEWEST: Final = 2

# (at in ms, return in %)
Curve = Sequence[Sequence[float]]


def comparison(curves: Sequence[tuple[str, Curve]], head: Head, look: Look) -> Drawing:
    """Draw each curve; the second is dashed, so that colour is not needed to tell them apart.

    Args:
        curves: name and points (at, % since the start), at most two.
        head: the verdict.
        look: colours.

    Raises:
        NothingToDraw: neither has two points.
    """
    drawn = [(name, curve) for name, curve in curves if len(curve) >= FEWEST]
    if not drawn:
        raise NothingToDraw("Awaiting closed trades: neither strategy has a curve yet.")
    span = (
        int(min(curve[0][0] for _, curve in drawn)), int(max(curve[-1][0] for _, curve in drawn)),
    )  # fmt: skip
    drawing = card(HEIGHT, head, look, scales.span_words(*span))
    box = Box(PAD, HEAD + KEY + 8, WIDTH - AXIS, HEIGHT - FOOT - AXIS_FOOT)
    low, high = scales.around([0.0, *(value for _, curve in drawn for _, value in curve)])
    across, upward = box.across(*span), box.upward(low, high)
    marks = scales.lines(low, high)
    value_axis(drawing, box, upward, [(v, words.percent(v, 1)) for v in marks], look)
    drawing.line((box.left, upward(0)), (box.right, upward(0)), look.line_strong)
    x = PAD
    for number, (name, curve) in enumerate(drawn):
        colour, dash = (look.accent, "") if number == 0 else (look.series_b, "6 4")
        places = [(across(at), upward(value)) for at, value in curve]
        drawing.polyline(places, colour, dash=dash)
        drawing.circle(places[-1], 3.5, colour)
        drawing.line((x, HEAD + 8), (x + 22, HEAD + 8), colour, width=2, dash=dash)
        said = f"{name} {words.percent(curve[-1][1])}"
        drawing.text((x + 28, HEAD + 12), said, look.text_2, size=12)
        x += (WIDTH - 2 * PAD) / 2
    time_axis(drawing, box, across, span, look)
    return drawing
