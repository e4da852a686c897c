"""What the closed trades of a symbol or a strategy came to, and how many of late made money."""

from itertools import accumulate
from typing import Final

from core.words import change, percent
from store import drawn
from store.database import Database
from store.drawn import Part
from telegram_webapp.figures.base import Asked, Figure, Told, figure, nothing
from telegram_webapp.figures.lines import Point, line, thinned
from telegram_webapp.figures.look import LIGHT, level, money_axis

TITLE: Final = "Performance"
LATELY: Final = 20
PERCENT: Final = 100
EVEN: Final = 50
UPPER: Final = (0.4, 1)
LOWER: Final = (0, 0.28)


def draw(database: Database, account_id: int, asked: Asked) -> Figure:
    """Return net P&L added up over the time asked for, and the win rate of the last trades.

    Raises:
        StoreError: the database refused.
    """
    part = Part(since=asked.since, until=asked.until, symbol=asked.symbol, strategy=asked.strategy)
    found = drawn.results(database, account_id, part)
    if not found:
        return nothing(asked, TITLE, "No trade was closed in this time.")
    times = [at for at, _ in found]
    sums = list(accumulate(value for _, value in found))
    wins = sum(value > 0 for _, value in found)
    rates = _rates(found)
    text = (
        f"{len(found)} closed trades came to {change(sums[-1])} net; "
        f"{percent(PERCENT * wins / len(found), 1)} made money."
    )
    each = asked.lines // 2
    shape = {"color": LIGHT["accent"], "width": 2, "shape": "hv"}
    traces = [
        line(
            thinned(list(zip(times, sums, strict=True)), each), "accent", name="Net P&L",
            hover="%{y:$,.2f}", line=shape, usual_ms=asked.until - asked.since,
        ),
        line(
            thinned(rates, each), "series_b", name="Win rate",
            hover=f"%{{y:.0f}}% of the last {LATELY} won", yaxis="y2",
            usual_ms=asked.until - asked.since,
        ),
    ]  # fmt: skip
    axis = money_axis([*sums, 0])
    layout = {
        **axis,
        "yaxis": {**axis["yaxis"], "domain": UPPER},
        "yaxis2": {"domain": LOWER, "range": [0, PERCENT], "ticksuffix": "%", "nticks": 3},
        "xaxis": {"anchor": "y2"},
        "hoversubplots": "axis",
        "shapes": [level(0), level(EVEN, axis="y2")],
    }
    told = Told(title=TITLE, text=text, at=times[-1])
    return figure(asked, told, traces, layout)


def _rates(found: list[tuple[int, float]]) -> list[Point]:
    """Return the share of winners among the last trades, from the first full score of them on."""
    wins = [0, *accumulate(int(value > 0) for _, value in found)]
    return [
        (found[end - 1][0], PERCENT * (wins[end] - wins[end - LATELY]) / LATELY)
        for end in range(LATELY, len(found) + 1)
    ]
