"""The exchange, its streams and its symbols; and how everything is, for Prometheus."""

from typing import Any, Final, TypedDict

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST

from store.access import Role
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.connection import connection_now, markets_now
from telegram_webapp.described import described
from telegram_webapp.metrics import exposition
from telegram_webapp.replies import reply
from telegram_webapp.shapes import At
from telegram_webapp.site import Site

FEW, MOST = 12, 50


class Connection(TypedDict):
    """The exchange and each of its streams; stale while the engine does not answer."""

    stale: bool
    at: At
    venue: dict[str, Any] | None
    streams: list[dict[str, Any]]


class Found(TypedDict):
    """Symbols of the exchange; none without an exchange."""

    symbols: list[str]


SEARCH: Final = query.text("search", "what the name holds", "BTC")
LIMIT: Final = query.whole_or("limit", "how many at most", 1, MOST, FEW)


def metrics_routes(site: Site) -> Blueprint:
    """Serve what is measured."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/api/connection")
    @requires(Role.VIEWER)
    @described(answers=Connection)
    def connection() -> Response:
        """Return the exchange and each of its streams as they are at this moment."""
        return reply(connection_now(site))

    @blueprint.get("/api/markets")
    @requires(Role.VIEWER)
    @described(takes=(SEARCH, LIMIT), answers=Found)
    def markets() -> Response:
        """Return the symbols of the exchange of a name, to choose from."""
        return reply({"symbols": markets_now(site, SEARCH.read() or "", LIMIT.read())})

    @blueprint.get("/metrics")
    @requires(Role.VIEWER)
    @described(files=("text/plain",))
    def metrics() -> Response:
        """Return the metrics in Prometheus' text format."""
        now = connection_now(site)
        text = exposition(site.link.snapshot(), now, site.link.hub.stats())
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    return blueprint
