"""The exchange, its streams and its symbols; and how everything is, for Prometheus."""

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST

from store.access import Role
from telegram_webapp import parameters
from telegram_webapp.auth.needs import requires
from telegram_webapp.connection import connection_now, markets_now
from telegram_webapp.metrics import exposition
from telegram_webapp.replies import reply
from telegram_webapp.site import Site

FEW, MOST = 12, 50


def metrics_routes(site: Site) -> Blueprint:
    """Serve what is measured."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/api/connection")
    @requires(Role.VIEWER)
    def connection() -> Response:
        """Return the exchange and each of its streams as they are at this moment."""
        parameters.only()
        return reply(connection_now(site))

    @blueprint.get("/api/markets")
    @requires(Role.VIEWER)
    def markets() -> Response:
        """Return the symbols of the exchange of a name, to choose from."""
        parameters.only("search", "limit")
        limit = parameters.whole("limit", 1, MOST, FEW) or FEW
        return reply({"symbols": markets_now(site, parameters.text("search") or "", limit)})

    @blueprint.get("/metrics")
    @requires(Role.VIEWER)
    def metrics() -> Response:
        """Return the metrics in Prometheus' text format."""
        parameters.only()
        now = connection_now(site)
        text = exposition(site.link.snapshot(), now, site.link.hub.stats())
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    return blueprint
