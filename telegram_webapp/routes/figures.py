"""Charts drawn up on the server: figures that Plotly takes, of at most 2000 points each."""

from typing import Any, Final, NamedTuple, TypedDict

import msgspec
from flask import Blueprint, Response

from store.access import Role
from store.database import Database
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.connection import ask_engine
from telegram_webapp.described import (
    ENGINE_AWAY,
    OF_HISTORY,
    UNKNOWN_SYMBOL,
    Refusal,
    described,
)
from telegram_webapp.figures.base import MOST_POINTS, USUAL_POINTS, Asked, Chart
from telegram_webapp.figures.registry import CHARTS
from telegram_webapp.looking import HOURS, Span, asked_span, now_of, symbol_of
from telegram_webapp.problems import BadParameter, Problem
from telegram_webapp.replies import reply
from telegram_webapp.results import Answer, Results
from telegram_webapp.site import Site

LEAST_POINTS: Final = 20
LEVELS: Final = 200  # of an order book, on each side
DAY_HOURS: Final = 24


class PlotlyFigure(TypedDict):
    """What Plotly draws; ``layout.meta`` says what it is in words, and of when."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


TYPE: Final = query.part("name", f"one of {', '.join(CHARTS)}", "equity")
METRIC: Final = query.text("metric", "which of its curves, of a chart that has several", "cpu")
POINTS: Final = query.whole_or(
    "points", "how many at most", LEAST_POINTS, MOST_POINTS, USUAL_POINTS
)
NO_CHART: Final = Refusal(404, "unknown_chart", "there is no chart of that type")
EXAMPLE: Final = {
    "data": [{"type": "scatter", "x": [1767225600000], "y": [10000], "meta": {"role": "accent"}}],
    "layout": {"meta": {"type": "equity", "title": "Equity", "text": "Equity is at $10,000.00."}},
}


def figure_routes(site: Site) -> Blueprint:
    """Serve charts; each is drawn up once, however many ask, until something new happened."""
    blueprint = Blueprint("figures", __name__)
    results = Results(site.archive, site.link, site.clock)

    @blueprint.get("/api/chart/<name>")
    @requires(Role.VIEWER)
    @described(
        takes=(
            TYPE, query.SYMBOL, query.STRATEGY, METRIC, HOURS, query.SINCE, query.UNTIL, POINTS,
            query.ACCOUNT,
        ),
        answers=PlotlyFigure,
        example=EXAMPLE,
        problems=(*OF_HISTORY, ENGINE_AWAY, UNKNOWN_SYMBOL, NO_CHART),
    )  # fmt: skip
    def chart(name: str) -> Response:
        """Return a chart as a figure of Plotly: its data and its layout.

        Raises:
            Problem: there is no such chart.
        """
        found = CHARTS.get(name)
        if found is None:
            detail = f"type must be one of {', '.join(CHARTS)}, was {name[:40]!r}"
            raise Problem(404, "unknown_chart", detail)
        wanted = _Wanted.read(site, name, found)
        if found.show is not None:
            told = ask_engine(site, found.question, {"symbol": wanted.symbol, "levels": LEVELS})
            return reply(found.show(wanted.at(now_of(site)), told))
        kept = results.made(wanted.key(site), wanted.drawn, query.ACCOUNT.read())
        return reply(kept.answer.body, etag=kept.answer.etag, packed=kept.packed)

    return blueprint


class _Kept(NamedTuple):
    """A figure that was drawn, and what it was compressed to, by encoding."""

    answer: Answer
    packed: dict[str, bytes]


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A chart as it was asked for; its times are settled when it is drawn."""

    name: str
    span: Span
    points: int
    symbol: str
    strategy: str | None
    metric: str
    decimals: int | None
    wall_at: int | None

    @classmethod
    def read(cls, site: Site, name: str, chart: Chart) -> "_Wanted":
        """Return what the current request asks for.

        Raises:
            BadParameter: a parameter is not what it must be, or not of this chart.
            Problem: the symbol is not known.
        """
        symbol, strategy = query.SYMBOL.read(), query.STRATEGY.read()
        for given, value in (("symbol", symbol), ("strategy", strategy)):
            if value is not None and given not in chart.takes:
                raise BadParameter(given, f"left out: {name} is not of one {given}", value)
            if value is None and given in chart.needs:
                raise BadParameter(given, f"given: {name} is of one {given}", "")
        known = "" if symbol is None else symbol_of(site, symbol)
        return cls(
            name=name,
            span=asked_span(site.settings.trading.chart_history_days * DAY_HOURS),
            points=POINTS.read(),
            symbol=known,
            strategy=strategy,
            metric=_metric(name, chart),
            decimals=_decimals(site, known),
            wall_at=_wall_at(site, chart),
        )

    def key(self, site: Site) -> tuple[Any, ...]:
        """Return what names it among the answers that are kept."""
        fresh_s = CHARTS[self.name].fresh_s
        return self, None if fresh_s is None else site.clock.monotonic() // fresh_s

    def at(self, now: int) -> Asked:
        """Return what is asked for at a time (ms)."""
        since, until = self.span.at(now if self.wall_at is None else self.wall_at)
        return Asked(
            type=self.name, since=since, until=until, points=self.points, symbol=self.symbol,
            strategy=self.strategy, metric=self.metric, decimals=self.decimals,
        )  # fmt: skip

    def drawn(self, database: Database, account_id: int, now: int) -> _Kept:
        """Return the figure.

        Raises:
            StoreError: the database refused.
        """
        draw = CHARTS[self.name].draw
        figure = draw(database, account_id, self.at(now)) if draw else {}
        return _Kept(Answer.of(msgspec.json.encode(figure)), {})


def _metric(name: str, chart: Chart) -> str:
    """Return which curve is asked for, the first unless one is, empty where there is but one.

    Raises:
        BadParameter: it is not one of the chart's.
    """
    asked = METRIC.read()
    if asked is None:
        return chart.metrics[0] if chart.metrics else ""
    if asked not in chart.metrics:
        known = ", ".join(chart.metrics)
        raise BadParameter("metric", f"one of {known}" if known else f"left out of {name}", asked)
    return asked


def _wall_at(site: Site, chart: Chart) -> int | None:
    """Return the end of the stretch of time for which an answer of the wall's clock is kept."""
    if not chart.is_of_wall:
        return None
    step_ms = int(1000 * (chart.fresh_s or 1))
    return (site.clock.now() // step_ms + 1) * step_ms


def _decimals(site: Site, symbol: str) -> int | None:
    data = site.link.snapshot().data
    stats = {} if data is None else data["state"]["stats"].get(symbol, {})
    return stats.get("price_decimals")
