"""How the web process is: little to anybody, more to those with a role."""

from flask import Blueprint, Response

from telegram_webapp.auth.needs import public
from telegram_webapp.replies import reply
from telegram_webapp.site import Site
from utils.version import VERSION


def health_routes(site: Site) -> Blueprint:
    """Serve what a load balancer or a person asks first."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/api/health")
    @public
    def health() -> Response:
        """Return whether the engine is there; it is degraded, not down, when it is away."""
        is_up = site.link.is_up
        body: dict[str, object] = {
            "status": "ok" if is_up else "degraded",
            "engine": "up" if is_up else "away",
            "version": VERSION,
        }
        if site.guard.optional_identity() is not None:
            snapshot = site.link.snapshot()
            body["engine_age_ms"] = snapshot.engine_age_ms
            body["away_since"] = snapshot.away_since
            body["streams"] = site.link.hub.stats()
        return reply(body)

    return blueprint
