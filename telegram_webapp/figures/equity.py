"""Equity of the account, or of a strategy's sub-account, and how far it fell from its peak."""

from typing import Final

from core.market import MINUTE_MS
from core.words import money, percent
from store.database import Database
from store.extremes import drawdown_curve, equity_curve
from telegram_webapp.figures.base import Asked, Figure, Told, figure, nothing
from telegram_webapp.figures.lines import Point, filled, line
from telegram_webapp.figures.look import level, money_axis, percent_axis

EQUITY: Final = "Equity"
DRAWDOWN: Final = "Drawdown"
NO_POINT: Final = "No point of equity in this time."
# points that an import brings or history keeps may be further apart than a minute
USUAL_MS: Final = 15 * MINUTE_MS


def draw(database: Database, account_id: int, asked: Asked) -> Figure:
    """Return the curve of equity.

    Raises:
        StoreError: the database refused.
    """
    span = (asked.since, asked.until)
    points = equity_curve(database, account_id, span, asked.lines, asked.strategy or "")
    if not points:
        return nothing(asked, EQUITY, NO_POINT)
    values = [value for _, value in points]
    text = (
        f"Equity went from {money(values[0])} to {money(values[-1])}, "
        f"between {money(min(values))} and {money(max(values))}."
    )
    drawn = line(
        points, "accent", name=EQUITY, hover="%{y:$,.2f}", usual_ms=_usual_ms(asked, points),
        meta={"live": "equity"},
    )  # fmt: skip
    told = Told(title=EQUITY, text=text, bucket_ms=_bucket_ms(asked, points), at=points[-1][0])
    return figure(asked, told, [drawn], money_axis(values))


def draw_drawdown(database: Database, account_id: int, asked: Asked) -> Figure:
    """Return how far equity lay under its highest since the time began, in percent.

    Raises:
        StoreError: the database refused.
    """
    span = (asked.since, asked.until)
    points = drawdown_curve(database, account_id, span, asked.lines, asked.strategy or "")
    if not points:
        return nothing(asked, DRAWDOWN, NO_POINT)
    deepest = min(value for _, value in points)
    text = f"The deepest fall was {percent(deepest)}; now it is {percent(points[-1][1])}."
    drawn = filled(
        line(
            points,
            "loss",
            name=DRAWDOWN,
            hover="%{y:.2f}% under its peak",
            usual_ms=_usual_ms(asked, points),
        )
    )
    told = Told(title=DRAWDOWN, text=text, bucket_ms=_bucket_ms(asked, points), at=points[-1][0])
    layout = {**percent_axis(), "shapes": [level(0)]}
    layout["yaxis"]["range"] = [1.2 * min(deepest, -0.1), 0]
    return figure(asked, told, [drawn], layout)


def _bucket_ms(asked: Asked, points: list[Point]) -> int | None:
    """Return how long a bucket of two points is, None of a few points that are all there are."""
    is_thinned = len(points) > asked.lines // 2
    return 2 * (points[-1][0] - points[0][0]) // asked.lines if is_thinned else None


def _usual_ms(asked: Asked, points: list[Point]) -> int:
    """Return how far apart points may be where none is missing: of thinned ones, two buckets."""
    return max(USUAL_MS, (points[-1][0] - points[0][0]) // asked.lines)
