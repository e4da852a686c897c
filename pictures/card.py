"""The card that every picture is: a head that answers, a plot, and what it stands on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pictures import scales
from pictures.look import Look
from pictures.scales import Scale
from pictures.svg import Drawing

WIDTH: Final = 420.0
PAD: Final = 16.0
AXIS: Final = 58.0
HEAD: Final = 92.0
FOOT: Final = 30.0
BADGE: Final = 11.0
# about how wide a letter of the font is, for its size
LETTER: Final = 0.5


@dataclass(frozen=True, slots=True)
class Head:
    """What a picture says first.

    Attributes:
        label: what the figure is.
        figure: the figure, as the page writes it.
        pill: what became of it, with its arrow; empty for none.
        tone: above 0 for money made, below for money lost.
        basis: what it stands on.
        badge: whether this is real: SIMULATED, LIVE ...
    """

    label: str
    figure: str
    pill: str = ""
    tone: float = 0.0
    basis: str = ""
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A plot's place on the card, in logical pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def corner(self) -> tuple[float, float]:
        """Return the upper left corner."""
        return self.left, self.top

    @property
    def size(self) -> tuple[float, float]:
        """Return width and height."""
        return self.right - self.left, self.bottom - self.top

    def across(self, low: float, high: float) -> Scale:
        """Return a scale from left to right."""
        return Scale(low, high, self.left, self.right)

    def upward(self, low: float, high: float) -> Scale:
        """Return a scale from bottom to top."""
        return Scale(low, high, self.bottom, self.top)


def card(height: float, head: Head, look: Look, foot: str) -> Drawing:
    """Return a card with its head and foot painted.

    Args:
        height: of the whole card, in logical pixels.
        head: what it says.
        look: its colours.
        foot: the span of time, or what the picture stands on.
    """
    drawing = Drawing(WIDTH, height)
    drawing.rect((0, 0), (WIDTH, height), look.surface)
    drawing.text((PAD, 28), head.label, look.text_3, size=13)
    drawing.text((PAD, 60), head.figure, look.text, size=30, bold=True)
    after = PAD + _wide(head.figure, 30) + 12
    if head.pill:
        wide = _wide(head.pill, 13) + 18
        drawing.rect((after, 40), (wide, 24), look.soft(head.tone), radius=12)
        drawing.text(
            (after + wide / 2, 56.5), head.pill, look.tone(head.tone), size=13, bold=True,
            anchor="middle",
        )  # fmt: skip
    drawing.text((PAD, 80), head.basis, look.text_3, size=12)
    if head.badge:
        _badge(drawing, head.badge, look)
    drawing.text((PAD, height - 12), foot, look.text_3, size=11)
    drawing.text((WIDTH - PAD, height - 12), "Quarterdeck", look.text_3, size=11, anchor="end")
    return drawing


def _badge(drawing: Drawing, words: str, look: Look) -> None:
    """Paint the badge: filled when it is real money, else a dashed outline, as on the page."""
    wide = _wide(words, BADGE) * 1.12 + 14
    left = WIDTH - PAD - wide
    live = words == "LIVE"
    drawing.rect(
        (left, 14), (wide, 20), look.text if live else "none", radius=6,
        stroke=look.line_strong, dash="" if live else "3 2",
    )  # fmt: skip
    ink = look.surface if live else look.text_2
    drawing.text((left + wide / 2, 28), words, ink, size=BADGE, bold=True, anchor="middle")


def value_axis(
    drawing: Drawing, box: Box, scale: Scale, marks: Sequence[tuple[float, str]], look: Look
) -> None:
    """Paint a line at each of *marks*, and its words at the right."""
    for value, words in marks:
        y = scale(value)
        drawing.line((box.left, y), (box.right, y), look.line)
        drawing.text((box.right + 6, y + 4), words, look.text_3, size=11)


def time_axis(drawing: Drawing, box: Box, scale: Scale, span: tuple[int, int], look: Look) -> None:
    """Write the round moments of *span* (ms) below *box*."""
    marks = scales.moments(*span)
    for at, words in zip(marks, scales.moment_words(marks), strict=True):
        x = scale(at)
        room = _wide(words, 11) / 2
        if box.left + room <= x <= box.right - room + AXIS / 2:
            drawing.text((x, box.bottom + 15), words, look.text_3, size=11, anchor="middle")


def value_badge(drawing: Drawing, box: Box, y: float, words: str, colours: tuple[str, str]) -> None:
    """Paint *words* on the value axis at *y*; *colours* are the ground and the ink."""
    ground, ink = colours
    drawing.rect((box.right + 2, y - 8.5), (AXIS - 6 + PAD / 2, 17), ground, radius=4)
    drawing.text((box.right + 6, y + 4), words, ink, size=11, bold=True)


def _wide(words: str, size: float) -> float:
    return len(words) * size * LETTER
