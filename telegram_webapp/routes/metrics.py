"""The exchange, its streams and its symbols; and how everything is, for Prometheus."""

from typing import Any, Final, TypedDict

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry

from store.access import Role
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.connection import connection_now, markets_now
from telegram_webapp.described import Kept, described
from telegram_webapp.engine_room import system_now
from telegram_webapp.metrics import exposition, listed, registry_of
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


class MetricSample(TypedDict):
    """One value of a metric, with its labels."""

    name: str
    labels: dict[str, str]
    value: float | None


class MetricFamily(TypedDict):
    """A metric: a gauge or a counter, and what it says."""

    name: str
    type: str
    help: str
    samples: list[MetricSample]


class Metrics(TypedDict):
    """Every metric, as Prometheus gets them."""

    metrics: list[MetricFamily]


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
        return Response(exposition(_registry(site)), content_type=CONTENT_TYPE_LATEST)

    @blueprint.get("/api/metrics")
    @requires(Role.VIEWER)
    @described(answers=Metrics, kept=Kept.NEVER)
    def metrics_json() -> Response:
        """Return the same metrics as JSON."""
        return reply({"metrics": listed(_registry(site))})

    return blueprint


def _registry(site: Site) -> CollectorRegistry:
    hub = site.link.hub.stats()
    return registry_of(site.link.snapshot(), connection_now(site), hub, system_now(site))
