"""The WSGI edge of streams: where a request stops being one and becomes a subscription."""

import ssl
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

from core.stream import EventId
from store.access import Identity
from telegram_webapp.channels import Rate
from telegram_webapp.headers import closing_head
from telegram_webapp.hub import Hub
from telegram_webapp.subscription import QueuedSubscription

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

OPENING: Final = "quarterdeck.stream"
_OK: Final = f"{HTTPStatus.OK} "


class Opening(msgspec.Struct, frozen=True):
    """What a view leaves in the environ under `OPENING` to have its response made a stream."""

    identity: Identity
    place: EventId | None
    rate: Rate = Rate.LIVE


class StreamGate:
    """Wraps an application; turns a response that a view marked into an open stream.

    Under gunicorn's gevent worker the socket is taken away from the server, which then
    forgets the connection: returning a response would make it write a second one. Over TLS or
    HTTP/2, and under any other server, the stream is an iterable over the same queue.
    """

    def __init__(self, app: "WSGIApplication", hub: Hub) -> None:
        self._app = app
        self._hub = hub

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request.

        Raises:
            StopIteration: the socket is ours now; gunicorn takes it as "close and forget".
        """
        started: list[Any] = []

        def hold(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [status, headers, exc_info]
            return _no_write

        body = self._app(environ, hold)
        status, headers, exc_info = started
        opening = environ.get(OPENING)
        if opening is None or not status.startswith(_OK):
            start_response(status, headers, exc_info)
            return body
        if hasattr(body, "close"):
            body.close()
        connection = environ.get("gunicorn.socket")
        if connection is None or isinstance(connection, ssl.SSLSocket) or _is_http2(environ):
            start_response(status, headers)
            stream = QueuedSubscription(opening.identity, self._hub.ended)
            self._hub.open(stream, opening.place, rate=opening.rate)
            return stream
        self._detach(connection, opening, closing_head(status, headers))
        raise StopIteration

    def _detach(self, connection: Any, opening: Opening, head: bytes) -> None:
        # gevent is there if its worker is, and is not loaded under other servers
        from telegram_webapp.detached import DetachedSubscription  # noqa: PLC0415

        stream = DetachedSubscription(connection, opening.identity, self._hub.ended)
        self._hub.open(stream, opening.place, head, opening.rate)


def _is_http2(environ: "WSGIEnvironment") -> bool:
    return "HTTP_VERSION" in environ or not environ["SERVER_PROTOCOL"].startswith("HTTP/1.")


def _no_write(data: bytes) -> None:
    raise RuntimeError(f"the write callable of WSGI is not supported ({len(data)} bytes)")
