"""How far what was earned fell from its highest: equity of the account, results of a market."""

from itertools import accumulate
from typing import Final

from core.words import money
from store import drawn
from store.database import Database
from store.drawn import Part
from telegram_webapp.figures import equity
from telegram_webapp.figures.base import Asked, Figure, Told, figure, nothing
from telegram_webapp.figures.lines import filled, line, thinned
from telegram_webapp.figures.look import level, money_axis

TITLE: Final = "Drawdown"


def draw(database: Database, account_id: int, asked: Asked) -> Figure:
    """Return the fall in percent of equity or, of a market, which has none, in money.

    Raises:
        StoreError: the database refused.
    """
    if not asked.symbol:
        return equity.draw_drawdown(database, account_id, asked)
    part = Part(since=asked.since, until=asked.until, symbol=asked.symbol, strategy=asked.strategy)
    found = drawn.results(database, account_id, part)
    if not found:
        return nothing(asked, TITLE, "No trade was closed in this time.")
    sums = list(accumulate(value for _, value in found))
    peaks = accumulate([0.0, *sums], max)
    next(peaks)
    falls = [total - peak for total, peak in zip(sums, peaks, strict=True)]
    times = [at for at, _ in found]
    text = (
        f"The deepest fall of what was earned was {money(-min(falls))}; "
        f"now it is {money(-falls[-1])} under its highest."
    )
    points = thinned(list(zip(times, falls, strict=True)), asked.lines)
    trace = line(
        points, "loss", name=TITLE, hover="%{y:$,.2f} under the highest",
        usual_ms=asked.until - asked.since,
    )  # fmt: skip
    stepped = {**trace, "line": {**trace["line"], "shape": "hv"}}
    layout = {**money_axis([*falls, 0]), "shapes": [level(0)]}
    told = Told(title=TITLE, text=text, at=times[-1])
    return figure(asked, told, [filled(stepped)], layout)
