"""How the web process is: little to anybody, more to those with a role."""

from typing import Any, Final

from flask import Blueprint, Response, request

from infra.recognition import CHALLENGE, Recognition
from telegram_webapp.auth.needs import public
from telegram_webapp.parameters import untested, whole
from telegram_webapp.probe import Probe
from telegram_webapp.proxies import BELIEVED
from telegram_webapp.replies import reply
from telegram_webapp.site import Site
from utils.version import VERSION

PAUSE_MS: Final = 300


def health_routes(site: Site) -> Blueprint:
    """Serve what a load balancer, the launcher or a person asks first."""
    blueprint = Blueprint("health", __name__)
    recognition = Recognition(site.settings.run_dir)
    probe = Probe()

    @blueprint.get("/api/health")
    @public
    def health() -> Response:
        """Return whether the engine is there; it is degraded, not down, when it is away."""
        is_up = site.link.is_up
        body: dict[str, object] = {
            "status": "ok" if is_up else "degraded",
            "engine": "up" if is_up else "away",
            "version": VERSION,
            **_recognised(recognition),
        }
        if site.guard.optional_identity() is not None:
            snapshot = site.link.snapshot()
            body["engine_age_ms"] = snapshot.engine_age_ms
            body["away_since"] = snapshot.away_since
            body["streams"] = site.link.hub.stats()
        return reply(body)

    @blueprint.get("/api/health/stream-probe")
    @public
    def stream_probe() -> Response:
        """Return a stream of two events, to find out what is on the way.

        Raises:
            Problem: too many ask, or for too long a pause.
        """
        return probe.begin(whole("pause_ms", 100, 2000, PAUSE_MS) or PAUSE_MS)

    return blueprint


def _recognised(recognition: Recognition) -> dict[str, Any]:
    """Return the answer to a challenge, and to one of us also how the request arrived."""
    challenge = untested("challenge")
    if not CHALLENGE.fullmatch(challenge):
        return {}
    told: dict[str, Any] = {"proof": recognition.answer(challenge)}
    if recognition.is_one_of_us(challenge, untested("ask")):
        told["seen"] = {
            "url": request.url_root,
            "client": request.remote_addr,
            "proxies": request.environ.get(BELIEVED, 0),
        }
    return told
