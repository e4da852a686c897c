"""The whole state for programs that ask for it again and again, without going through Flask.

Flask answers the first request of a kind. What it checked there follows from that request's own
headers, so one that says the same is let in as well; whether its key still holds and what is left
of its budget is looked at each time. The answer bears the headers that Flask gave the first.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from telegram_webapp.auth.doorman import Doorman
from telegram_webapp.compression import packed_once
from telegram_webapp.limits import Limits, of_requests
from telegram_webapp.link import EngineLink
from telegram_webapp.problems import Problem
from telegram_webapp.request_ids import HEADER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]

PATH: Final = "/api/dashboard"
OK: Final = "200 OK"
# all that a check before the view, or the answer, goes by
LOOKED_AT: Final = (
    "HTTP_AUTHORIZATION", "HTTP_HOST", "HTTP_ACCEPT_ENCODING", "REMOTE_ADDR", "wsgi.url_scheme",
    "SCRIPT_NAME",
)  # fmt: skip
# with one of these a request is not of the kind: it may get another answer
OTHERWISE: Final = ("QUERY_STRING", "HTTP_IF_NONE_MATCH", "HTTP_X_REQUEST_ID")
ANEW: Final = {"content-length", "etag", "ratelimit", "ratelimit-policy", HEADER.lower()}
MOST_KINDS: Final = 256


class Express:
    """Wraps an application; gives the state to who was given it before.

    Promise: a program gets what the application would give it, but for the request's id.
    """

    def __init__(
        self, app: "WSGIApplication", link: EngineLink, doorman: Doorman, limits: Limits
    ) -> None:
        self._app = app
        self._link = link
        self._doorman = doorman
        self._limits = limits
        self._known: OrderedDict[bytes, Headers] = OrderedDict()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        if not _may_be_known(environ):
            return self._app(environ, start_response)
        kind = _kind(environ)
        headers = self._known.get(kind)
        answer = None if headers is None else self._answer(environ, headers)
        if answer is not None:
            start_response(OK, answer[0])
            return [answer[1]]

        def learn(status: str, headers: Headers, exc_info: Any = None) -> Any:
            if status == OK:
                self._learn(kind, headers)
            return start_response(status, headers, exc_info)

        return self._app(environ, learn)

    def _learn(self, kind: bytes, headers: Headers) -> None:
        self._known[kind] = [pair for pair in headers if pair[0].lower() not in ANEW]
        self._known.move_to_end(kind)
        if len(self._known) > MOST_KINDS:
            self._known.popitem(last=False)

    def _answer(self, environ: "WSGIEnvironment", headers: Headers) -> tuple[Headers, bytes] | None:
        """Return the answer's headers and body; None where the application is to say it."""
        snapshot = self._link.snapshot()
        identity = self._doorman.identify(environ["HTTP_AUTHORIZATION"].partition(" ")[2].strip())
        if snapshot.stale or identity is None:
            return None
        try:
            self._limits.request(identity.credential_id)
        except Problem:
            return None
        encoding = next((v for k, v in headers if k.lower() == "content-encoding"), "")
        body = snapshot.bytes
        if encoding:
            body = packed_once(body, encoding, snapshot.packed)
        policy, left = self._limits.told(of_requests(identity.credential_id))
        own = [
            ("Content-Length", str(len(body))), ("ETag", f'W/"{snapshot.etag}"'),
            ("RateLimit-Policy", policy), ("RateLimit", left), (HEADER, secrets.token_hex(4)),
        ]  # fmt: skip
        return [*headers, *own], body


def _may_be_known(environ: "WSGIEnvironment") -> bool:
    return (
        environ["PATH_INFO"] == PATH
        and environ["REQUEST_METHOD"] == "GET"
        and "HTTP_AUTHORIZATION" in environ
        and not any(environ.get(name) for name in OTHERWISE)
    )


def _kind(environ: "WSGIEnvironment") -> bytes:
    said = "\0".join([str(environ.get(name)) for name in LOOKED_AT])
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest()
