"""How the web process is: little to anybody, more to those with a role."""

from typing import Any, Final, NotRequired, TypedDict

from flask import Blueprint, Response, request

from infra.recognition import CHALLENGE, Recognition
from telegram_webapp.auth.needs import public
from telegram_webapp.described import Kept, Refusal, described
from telegram_webapp.probe import Probe
from telegram_webapp.problems import Problem
from telegram_webapp.proxies import BELIEVED
from telegram_webapp.query import anything, choice, whole_or
from telegram_webapp.readiness import readiness
from telegram_webapp.replies import reply
from telegram_webapp.shapes import At
from telegram_webapp.site import Site
from utils.version import VERSION

PAUSE_MS: Final = 300


class Health(TypedDict):
    """How the web process is; ages and streams for who has a role, the rest for one of us."""

    status: str
    engine: str
    version: str
    engine_age_ms: NotRequired[int | None]
    away_since: NotRequired[At | None]
    streams: NotRequired[dict[str, int]]
    proof: NotRequired[str]
    seen: NotRequired[dict[str, Any]]


class Alive(TypedDict):
    """This process answers."""

    status: str


class Ready(TypedDict):
    """Every part that an answer needs is there."""

    status: str
    parts: dict[str, str]


CHALLENGED: Final = anything("challenge", "proves which instance answers; see docs/PROXY.md", "x")
ASKING: Final = anything("ask", "proves that one of us asks", "x")
PAUSE: Final = whole_or("pause_ms", "between the two events", 100, 2000, PAUSE_MS)
FOR: Final = choice(
    "for", "everything, or what the page needs to answer at all", ("all", "page"), "all"
)
BUSY: Final = Refusal(503, "busy", "too many ask at once")
NOT_READY: Final = Refusal(503, "not_ready", "a part is away; parts says which, and why")


def health_routes(site: Site) -> Blueprint:
    """Serve what a load balancer, the launcher or a person asks first."""
    blueprint = Blueprint("health", __name__)
    recognition = Recognition(site.settings.run_dir)
    probe = Probe()

    @blueprint.get("/api/health")
    @public
    @described(takes=(CHALLENGED, ASKING), answers=Health, kept=Kept.NEVER)
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

    @blueprint.get("/api/health/live")
    @public
    @described(answers=Alive, kept=Kept.NEVER)
    def live() -> Response:
        """Return that this process answers; whoever gets none may start it anew."""
        return reply({"status": "ok"})

    @blueprint.get("/api/health/ready")
    @public
    @described(takes=(FOR,), answers=Ready, problems=(NOT_READY,), kept=Kept.NEVER)
    def ready() -> Response:
        """Return that the engine and the databases are there, or which of them is away.

        The page itself shows what was told before while the engine or its database is away.

        Raises:
            Problem: one is.
        """
        parts = readiness(site, page_only=FOR.read() == "page")
        away = [f"{name}: {state}" for name, state in parts.items() if state != "ok"]
        if away:
            about = {"parts": parts}
            raise Problem(503, "not_ready", "; ".join(away), {"Retry-After": "2"}, about)
        return reply({"status": "ok", "parts": parts})

    @blueprint.get("/api/health/stream-probe")
    @public
    @described(takes=(PAUSE,), files=("text/event-stream",), problems=(BUSY,))
    def stream_probe() -> Response:
        """Return a stream of two events, to find out what is on the way.

        Raises:
            Problem: too many ask, or for too long a pause.
        """
        return probe.begin(PAUSE.read())

    return blueprint


def _recognised(recognition: Recognition) -> dict[str, Any]:
    """Return the answer to a challenge, and to one of us also how the request arrived."""
    challenge = CHALLENGED.read()
    if not CHALLENGE.fullmatch(challenge):
        return {}
    told: dict[str, Any] = {"proof": recognition.answer(challenge)}
    if recognition.is_one_of_us(challenge, ASKING.read()):
        told["seen"] = {
            "url": request.url_root,
            "client": request.remote_addr,
            "proxies": request.environ.get(BELIEVED, 0),
        }
    return told
