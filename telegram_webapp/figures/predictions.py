"""What signals expected, how sure they were, and what came true."""

from typing import Any, Final

from core.words import change
from store import drawn
from store.database import Database
from store.drawn import Part, Wish
from telegram_webapp.figures.base import Asked, Figure, Told, figure, nothing
from telegram_webapp.figures.look import LIGHT, level, money_axis

TITLE: Final = "Predictions"
PERCENT: Final = 100
# outcome → words, role and mark: it is told by the shape too
OUTCOMES: Final = {
    "gain": ("Made money", "gain", "triangle-up"),
    "loss": ("Lost money", "loss", "triangle-down"),
    "open": ("Still open", "accent", "circle"),
    "refused": ("Refused", "text_3", "circle-open"),
}


def draw(database: Database, account_id: int, asked: Asked) -> Figure:
    """Return confidence and expected P&L of the signals that wanted to trade, by outcome.

    Raises:
        StoreError: the database refused.
    """
    part = Part(since=asked.since, until=asked.until, symbol=asked.symbol, strategy=asked.strategy)
    found = drawn.wishes(database, account_id, part, asked.points)
    if not found:
        return nothing(asked, TITLE, "No signal wanted to trade in this time.")
    by_outcome: dict[str, list[Wish]] = {name: [] for name in OUTCOMES}
    for wish in found:
        by_outcome[_outcome(wish)].append(wish)
    made, lost = len(by_outcome["gain"]), len(by_outcome["loss"])
    text = f"{len(found)} signals wanted to trade; {made} made money and {lost} lost some."
    told = Told(title=TITLE, text=text, at=found[-1].at)
    axis = money_axis([wish.expected_pnl for wish in found])
    layout = {
        **axis,
        "hovermode": "closest",
        "xaxis": {
            "type": "linear", "range": [0, PERCENT], "ticksuffix": "%", "nticks": 6,
            "title": {"text": "Confidence", "standoff": 4},
        },
        "margin": {**axis["margin"], "b": 36},
        "shapes": [level(0)],
    }  # fmt: skip
    return figure(
        asked, told, [_dots(name, wishes) for name, wishes in by_outcome.items() if wishes], layout
    )


def _outcome(wish: Wish) -> str:
    if wish.decision == "refused":
        return "refused"
    if wish.net_pnl is None:
        return "open"
    return "gain" if wish.net_pnl > 0 else "loss"


def _dots(outcome: str, wishes: list[Wish]) -> dict[str, Any]:
    words, role, mark = OUTCOMES[outcome]
    return {
        "type": "scatter", "mode": "markers", "name": words,
        "x": [round(PERCENT * wish.confidence, 2) for wish in wishes],
        "y": [round(wish.expected_pnl, 2) for wish in wishes],
        "text": [_told(wish, words) for wish in wishes],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": LIGHT[role], "symbol": mark, "size": 9, "opacity": 0.8},
        "meta": {"role": role, "live": f"predictions_{outcome}"},
    }  # fmt: skip


def _told(wish: Wish, words: str) -> str:
    came = "" if wish.net_pnl is None else f": {change(wish.net_pnl)}"
    return (
        f"{wish.symbol}, {wish.action}, confidence {wish.confidence:.2f}"
        f"<br>Expected {change(wish.expected_pnl)}<br>{words}{came}"
    )
