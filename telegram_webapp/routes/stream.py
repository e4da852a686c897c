"""The stream of events: `/api/dashboard/stream`."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from core.stream import EventId
from store.access import Identity, Role
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.channels import Rate
from telegram_webapp.described import Refusal, described
from telegram_webapp.hub import Hub, StreamLimitError
from telegram_webapp.sse import OPENING, Opening, StreamGate

PATH: Final = "/api/dashboard/stream"
RETRY_AFTER_S: Final = 30
RATE: Final = query.choice(
    "rate", "every event, or what changed now and then", [one.value for one in Rate], Rate.LIVE
)
TOO_MANY: Final = Refusal(429, "too_many_requests", "you have too many streams open")
FULL: Final = Refusal(503, "service_unavailable", "this server has too many streams open")


def install_stream(app: Flask, hub: Hub, identify: Callable[[], Identity]) -> None:
    """Serve the stream at `PATH`, and let the hub take over its sockets.

    Args:
        app: gets the route and a wrapper around its ``wsgi_app``.
        hub: sends the events.
        identify: returns who asks in the current request, or raises an HTTP exception.
    """
    blueprint = Blueprint("stream", __name__)

    @blueprint.get(PATH)
    @requires(Role.VIEWER)
    @described(takes=(RATE,), files=("text/event-stream",), problems=(TOO_MANY, FULL))
    def stream() -> Response:
        """Begin or resume, at the event named by ``Last-Event-ID``, the stream at a ``rate``.

        Server-Sent Events; docs/events.md has every type.
        """
        rate = Rate(RATE.read())
        identity = identify()
        try:
            hub.admit(identity)
        except StreamLimitError as error:
            refusal = TooManyRequests if error.whose == "credential" else ServiceUnavailable
            raise refusal(str(error), retry_after=RETRY_AFTER_S) from error
        if request.method == "GET":
            place = EventId.parse(request.headers.get("Last-Event-ID"))
            request.environ[OPENING] = Opening(identity, place, rate)
        return Response(
            iter(()),  # an iterator has no Content-Length
            mimetype="text/event-stream",
            headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"},
        )

    app.register_blueprint(blueprint)
    app.wsgi_app = StreamGate(app.wsgi_app, hub)  # type: ignore[method-assign]
