"""Charts drawn up on the server: figures that Plotly takes, of at most 2000 points each."""

from typing import Any, Final

import msgspec
from flask import Blueprint, Response

from store.access import Role
from store.database import Database
from telegram_webapp import parameters
from telegram_webapp.auth.needs import requires
from telegram_webapp.figures.base import MOST_POINTS, USUAL_POINTS, Asked, Chart
from telegram_webapp.figures.registry import CHARTS
from telegram_webapp.looking import Span, asked_span, symbol_of
from telegram_webapp.problems import BadParameter, Problem
from telegram_webapp.replies import reply
from telegram_webapp.results import Answer, Results
from telegram_webapp.site import Site

LEAST_POINTS: Final = 2
USUAL: Final = ("hours", "since", "until", "account", "points")


def figure_routes(site: Site) -> Blueprint:
    """Serve charts; each is drawn up once, however many ask, until something new happened."""
    blueprint = Blueprint("figures", __name__)
    results = Results(site.archive, site.link, site.clock)

    @blueprint.get("/api/chart/<name>")
    @requires(Role.VIEWER)
    def chart(name: str) -> Response:
        """Return a chart as a figure of Plotly: its data and its layout.

        Raises:
            Problem: there is no such chart.
        """
        found = CHARTS.get(name)
        if found is None:
            detail = f"type must be one of {', '.join(CHARTS)}, was {name[:40]!r}"
            raise Problem(404, "unknown_chart", detail)
        parameters.only(*USUAL, *found.takes, *(("metric",) if found.metrics else ()))
        wanted = _Wanted.read(site, name, found)
        answer = results.made(wanted.key(site), wanted.drawn, parameters.account())
        return reply(answer.body, etag=answer.etag)

    return blueprint


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A chart as it was asked for; its times are settled when it is drawn."""

    name: str
    span: Span
    points: int
    symbol: str
    strategy: str | None
    metric: str
    decimals: int | None

    @classmethod
    def read(cls, site: Site, name: str, chart: Chart) -> "_Wanted":
        symbol = _symbol(site, chart)
        return cls(
            name=name,
            span=asked_span(chart.hours),
            points=parameters.whole("points", LEAST_POINTS, MOST_POINTS) or USUAL_POINTS,
            symbol=symbol,
            strategy=parameters.text("strategy"),
            metric=parameters.choice("metric", chart.metrics, chart.metrics[0])
            if chart.metrics
            else "",
            decimals=_decimals(site, symbol),
        )

    def key(self, site: Site) -> tuple[Any, ...]:
        """Return what names it among the answers that are kept."""
        fresh_s = CHARTS[self.name].fresh_s
        return self, None if fresh_s is None else site.clock.monotonic() // fresh_s

    def drawn(self, database: Database, account_id: int, now: int) -> Answer:
        """Return the figure.

        Raises:
            BadParameter: it is longer than a chart may be.
            StoreError: the database refused.
        """
        since, until = self.span.at(now)
        asked = Asked(
            type=self.name, since=since, until=until, points=self.points, symbol=self.symbol,
            strategy=self.strategy, metric=self.metric, decimals=self.decimals,
        )  # fmt: skip
        figure = CHARTS[self.name].draw(database, account_id, asked)
        return Answer.of(msgspec.json.encode(figure))


def _symbol(site: Site, chart: Chart) -> str:
    """Return the symbol that is asked for, empty when none is.

    Raises:
        BadParameter: the chart needs one.
        Problem: it is not known.
    """
    asked = parameters.text("symbol")
    if asked is not None:
        return symbol_of(site, asked)
    if "symbol" in chart.needs:
        raise BadParameter("symbol", "given: this chart is of one market", "")
    return ""


def _decimals(site: Site, symbol: str) -> int | None:
    data = site.link.snapshot().data
    stats = {} if data is None else data["state"]["stats"].get(symbol, {})
    return stats.get("price_decimals")
