"""Funding of a symbol over time: what holders of a position paid, or got, at each settlement."""

from typing import Final

from core.market import FUNDING_INTERVAL_MS
from store.database import Database
from store.extremes import funding_curve
from telegram_webapp.figures.base import Asked, Figure, Told, figure, nothing
from telegram_webapp.figures.lines import filled, line
from telegram_webapp.figures.look import LIGHT, level, percent_axis

TITLE: Final = "Funding rate"
PERCENT: Final = 100


def draw(database: Database, account_id: int, asked: Asked) -> Figure:
    """Return the rates in percent of a position's value; above zero, who is long pays.

    Raises:
        StoreError: the database refused.
    """
    span = (asked.since, asked.until)
    found = funding_curve(database, account_id, asked.symbol, span, asked.lines)
    title = f"{TITLE} of {asked.symbol}"
    if not found:
        return nothing(asked, title, f"{asked.symbol} settled no funding in this time.")
    points = [(at, PERCENT * rate) for at, rate in found]
    average = sum(value for _, value in points) / len(points)
    payer = "who was long paid" if average >= 0 else "who was short paid"
    text = f"{len(points)} settlements of {asked.symbol}, {average:.4f}% on average: {payer}."
    drawn = filled(
        line(
            points, "accent", name=TITLE, hover="%{y:.4f}%", usual_ms=FUNDING_INTERVAL_MS // 2,
            mode="lines+markers", line={"color": LIGHT["accent"], "width": 2, "shape": "hv"},
            marker={"color": LIGHT["accent"], "size": 5}, meta={"live": "funding"},
        )
    )  # fmt: skip
    told = Told(title=title, text=text, at=points[-1][0])
    return figure(asked, told, [drawn], {**percent_axis(4), "shapes": [level(0)]})
