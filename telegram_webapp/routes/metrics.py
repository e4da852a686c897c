"""How everything is, for programs that watch it: the exchange's streams, and Prometheus metrics."""

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST

from store.access import Role
from telegram_webapp import parameters
from telegram_webapp.auth.needs import requires
from telegram_webapp.connection import connection_now
from telegram_webapp.metrics import exposition
from telegram_webapp.replies import reply
from telegram_webapp.site import Site


def metrics_routes(site: Site) -> Blueprint:
    """Serve what is measured."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/api/connection")
    @requires(Role.VIEWER)
    def connection() -> Response:
        """Return the exchange and each of its streams as they are at this moment."""
        parameters.only()
        return reply(connection_now(site))

    @blueprint.get("/metrics")
    @requires(Role.VIEWER)
    def metrics() -> Response:
        """Return the metrics in Prometheus' text format."""
        parameters.only()
        now = connection_now(site)
        text = exposition(site.link.snapshot(), now, site.link.hub.stats())
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    return blueprint
