"""Equity of the account, or of a strategy's sub-account, over time."""

from core.words import money
from store import series
from store.database import Database
from telegram_webapp.figures.base import Asked, Figure, Told, figure, nothing
from telegram_webapp.figures.lines import line
from telegram_webapp.replies import number

TITLE = "Equity"


def draw(database: Database, account_id: int, asked: Asked) -> Figure:
    """Return the curve of equity.

    Raises:
        StoreError: the database refused.
    """
    found = series.equity(
        database, account_id, asked.since, asked.until, asked.points, strategy=asked.strategy or ""
    )
    if not found:
        return nothing(asked, TITLE, "No point of equity in this time.")
    points = [(point.at, number(point.equity)) for point in found]
    told = Told(
        title=TITLE,
        text=f"Equity went from {money(found[0].equity)} to {money(found[-1].equity)}.",
        bucket_ms=asked.bucket_ms() if len(points) >= asked.points else None,
        at=points[-1][0],
    )
    drawn = line(points, "accent", name=TITLE, hover="%{y:$,.2f}", meta={"live": "equity"})
    return figure(asked, told, [drawn], {"yaxis": {"tickprefix": "$", "tickformat": ",.0f"}})
