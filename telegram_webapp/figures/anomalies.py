"""What markets did out of the ordinary, and how far from it."""

from typing import Any, Final

from store import drawn
from store.database import Database
from store.drawn import Part
from store.records import AnomalyRow
from telegram_webapp.figures.base import Asked, Figure, Told, figure, nothing
from telegram_webapp.figures.look import LIGHT, level

TITLE: Final = "Anomalies"
# severity → role and size: how strong is told by both
HANDS: Final = {"mild": ("text_3", 8), "strong": ("warn", 11), "extreme": ("loss", 15)}
MARKS: Final = {
    "return": "circle", "volume": "square", "spread": "diamond", "funding": "triangle-up",
    "book_imbalance": "cross",
}  # fmt: skip


def draw(database: Database, account_id: int, asked: Asked) -> Figure:
    """Return them by time and robust z-score, sized and coloured by severity.

    Raises:
        StoreError: the database refused.
    """
    part = Part(since=asked.since, until=asked.until, symbol=asked.symbol)
    found = drawn.anomalies(database, account_id, part, asked.points)
    if not found:
        where = f" of {asked.symbol}" if asked.symbol else ""
        return nothing(asked, TITLE, f"Nothing out of the ordinary{where} in this time.")
    return figure_of(asked, found)


def figure_of(asked: Asked, found: list[AnomalyRow]) -> Figure:
    """Return the figure of some, oldest first."""
    strongest = max(found, key=lambda row: abs(row.z))
    text = f"{len(found)} anomalies; the strongest was: {strongest.title}."
    told = Told(title=TITLE, text=text, at=found[-1].at)
    layout = {
        "hovermode": "closest",
        "yaxis": {"tickformat": ".0f", "ticksuffix": " MAD"},
        "shapes": [level(0)],
        "margin": {"l": 0, "r": 60, "t": 8, "b": 20},
    }
    return figure(asked, told, [_dots(found)], layout)


def _dots(found: list[AnomalyRow]) -> dict[str, Any]:
    hands = [HANDS.get(row.severity, HANDS["mild"]) for row in found]
    return {
        "type": "scatter", "mode": "markers", "name": TITLE,
        "x": [row.at for row in found],
        "y": [round(row.z, 3) for row in found],
        "text": [f"{row.title}<br>{row.detail}<br>{row.did}" for row in found],
        "customdata": [row.id for row in found],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "color": [LIGHT[role] for role, _ in hands],
            "size": [size for _, size in hands],
            "symbol": [MARKS.get(row.measure, "circle") for row in found],
            "opacity": 1,
            "line": {"width": 1, "color": LIGHT["surface"]},
        },
        "cliponaxis": False,
        "meta": {"role": "text_3", "roles": [role for role, _ in hands], "live": "anomalies"},
    }  # fmt: skip
