"""Candles of a symbol with what was traded on them, or one trade with its levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from core.errors import NothingToDraw
from core.trades import Trade
from pictures import scales
from pictures.card import (
    AXIS,
    FOOT,
    HEAD,
    PAD,
    WIDTH,
    Box,
    Head,
    card,
    time_axis,
    value_axis,
    value_badge,
)  # fmt: skip
from pictures.look import Look
from pictures.scales import Scale
from pictures.svg import Drawing

HEIGHT: Final = 380.0
AXIS_FOOT: Final = 20.0
FEWEST: Final = 2
CLOSE: Final = 15.0
MARK: Final = 5.0

# (open_time in ms, open, high, low, close, volume), as store.series gives it
Candle = tuple[int, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that was traded: ``entry`` is a triangle off the candle, an exit a ring on it."""

    at: int
    price: float
    buys: bool
    entry: bool


@dataclass(frozen=True, slots=True)
class Level:
    """A price that matters: ``tone`` is above 0 for a target, below for a stop."""

    name: str
    price: float
    tone: float = 0.0
    dash: str = "2 4"


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn: candles, marks and levels; ``decimals`` are those of the tick."""

    bars: Sequence[Candle]
    every_ms: int
    decimals: int
    marks: Sequence[Mark] = ()
    levels: Sequence[Level] = ()


def of_trade(
    trade: Trade, stop: float | None, target: float | None
) -> tuple[list[Mark], list[Level]]:
    """Return the marks and levels of a closed trade."""
    long = trade.side == "long"
    entry, exit_ = float(trade.entry_price), float(trade.exit_price)
    marks = [
        Mark(trade.opened_at, entry, buys=long, entry=True),
        Mark(trade.closed_at, exit_, buys=not long, entry=False),
    ]
    levels = [Level("entry", entry), Level("exit", exit_)]
    if stop is not None:
        levels.append(Level("stop", stop, -1.0, "5 3"))
    if target is not None:
        levels.append(Level("target", target, 1.0, "5 3"))
    return marks, levels


def candles(plot: Plot, head: Head, look: Look) -> Drawing:
    """Draw candles with marks and levels.

    Raises:
        NothingToDraw: there are fewer than two candles.
    """
    if len(plot.bars) < FEWEST:
        raise NothingToDraw("There are no candles of that time.")
    span = (plot.bars[0][0], plot.bars[-1][0] + plot.every_ms)
    drawing = card(HEIGHT, head, look, scales.span_words(*span))
    box = Box(PAD, HEAD + 8, WIDTH - AXIS - 6, HEIGHT - FOOT - AXIS_FOOT)
    extremes = [price for bar in plot.bars for price in bar[2:4]]
    low, high = scales.around([*extremes, *(level.price for level in plot.levels)])
    across, upward = box.across(*span), box.upward(low, high)
    taken = [upward(level.price) for level in plot.levels]
    lines = [v for v in scales.lines(low, high) if _free(upward(v), taken)]
    value_axis(drawing, box, upward, [(v, _price(v, plot.decimals)) for v in lines], look)
    _bars(drawing, plot, across, upward, look)
    for level, y in zip(plot.levels, _apart(taken), strict=True):
        _level(drawing, box, level, (upward(level.price), y), (look, plot.decimals))
    for mark in plot.marks:
        _mark(drawing, mark, (across(mark.at), upward(mark.price)), look)
    time_axis(drawing, box, across, span, look)
    return drawing


def _bars(drawing: Drawing, plot: Plot, across: Scale, upward: Scale, look: Look) -> None:
    """Paint candles: up hollow, down filled, so that shape tells it and not colour alone."""
    slot = across(plot.bars[0][0] + plot.every_ms) - across(plot.bars[0][0])
    wide = max(1.0, min(slot * 0.66, 12.0))
    for at, opened, high, low, closed, _ in plot.bars:
        middle = across(at + plot.every_ms / 2)
        rises = closed >= opened
        colour = look.gain if rises else look.loss
        top, bottom = sorted((upward(opened), upward(closed)))
        drawing.line((middle, upward(high)), (middle, top), colour)
        drawing.line((middle, bottom), (middle, upward(low)), colour)
        drawing.rect(
            (middle - wide / 2, top), (wide, max(bottom - top, 0.75)),
            look.surface if rises else colour, stroke=colour,
        )  # fmt: skip


def _level(
    drawing: Drawing, box: Box, level: Level, places: tuple[float, float], of: tuple[Look, int]
) -> None:
    look, decimals = of
    y, badge_y = places
    colour = look.tone(level.tone) if level.tone else look.text_2
    drawing.line((box.left, y), (box.right, y), colour, dash=level.dash)
    drawing.text((box.left + 2, badge_y - 3), level.name, colour, size=10)
    words = _price(level.price, decimals)
    value_badge(drawing, box, badge_y, words, (look.soft(level.tone), colour))


def _mark(drawing: Drawing, mark: Mark, place: tuple[float, float], look: Look) -> None:
    x, y = place
    if not mark.entry:
        drawing.circle(place, MARK, look.surface, stroke=look.text)
        return
    off, tip = (12.0, -8.0) if mark.buys else (-12.0, 8.0)
    base = y + off
    corners = [(x, base + tip), (x - MARK, base), (x + MARK, base)]
    drawing.polygon(corners, look.text)


def _apart(places: Sequence[float]) -> list[float]:
    """Return *places* moved just so far that no two of them touch."""
    order = sorted(range(len(places)), key=lambda n: places[n])
    moved = list(places)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + CLOSE + 2)
    return moved


def _free(y: float, taken: Sequence[float]) -> bool:
    return all(abs(y - other) > CLOSE for other in taken)


def _price(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}"
