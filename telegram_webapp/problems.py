"""Errors as programs and people can read them: `application/problem+json`.

Source: https://www.rfc-editor.org/rfc/rfc9457
"""

import logging
from http import HTTPStatus
from typing import Any, Final

import msgspec
from flask import Flask, Response
from typing_extensions import override
from werkzeug.exceptions import HTTPException

from core.errors import BusError, CommandError, ConfigError, DataError, StoreError

MIMETYPE: Final = "application/problem+json"
KEPT_HEADERS: Final = {"Allow", "Retry-After", "WWW-Authenticate"}
AGAIN_S: Final = 5
# What Flask itself refuses, in our words.
DETAILS: Final = {
    404: "nothing is served at this path",
    405: "this path does not take this method",
    413: "the body must be at most 64 KiB",
}

log = logging.getLogger(__name__)


class Problem(HTTPException):
    """A request that is not granted.

    Attributes:
        code: the HTTP status.
        word: a short stable word for programs, such as ``engine_away``.
        about: what else a program may want to know; members beside the usual ones.
    """

    def __init__(
        self,
        status: int,
        word: str,
        detail: str,
        headers: dict[str, str] | None = None,
        about: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = status
        self.word = word
        self.about = about or {}
        self._headers = headers or {}

    @override
    def get_headers(self, environ: object = None, scope: object = None) -> list[tuple[str, str]]:
        """Return the headers that go with it."""
        return list(self._headers.items())


class BadParameter(Problem):
    """A parameter that breaks its rule, which is worded to follow "must be"."""

    def __init__(self, name: str, rule: str, value: object) -> None:
        super().__init__(400, "bad_parameter", f"{name} must be {rule}, was {str(value)[:80]!r}")


def install_problems(app: Flask) -> None:
    """Answer every error of *app* with a problem, and never with a traceback."""
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(DataError, _of_data)
    app.register_error_handler(CommandError, _of_command)
    app.register_error_handler(BusError, _of_engine)
    app.register_error_handler(StoreError, _of_store)
    app.register_error_handler(ConfigError, _of_store)
    app.register_error_handler(Exception, _of_bug)


def problem_response(
    status: int, word: str, detail: str, about: dict[str, Any] | None = None
) -> Response:
    """Return the response that says what is wrong."""
    body = problem_body(status, word, detail) | (about or {})
    return Response(msgspec.json.encode(body), status, mimetype=MIMETYPE)


def problem_body(status: int, word: str, detail: str) -> dict[str, Any]:
    """Return what is said of a problem, as a JSON object."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Refused"
    return {
        "type": "about:blank", "title": title, "status": status, "detail": detail, "code": word,
    }  # fmt: skip


def _of_http(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if isinstance(error, Problem):
        response = problem_response(status, error.word, str(error.description), error.about)
    else:
        detail = DETAILS.get(status) or error.description or ""
        response = problem_response(status, HTTPStatus(status).name.lower(), detail)
    for name, value in error.get_headers():
        if name in KEPT_HEADERS:
            response.headers[name] = value
    return response


def _of_data(error: DataError) -> Response:
    return problem_response(HTTPStatus.BAD_REQUEST, "bad_parameter", str(error))


def _of_command(error: CommandError) -> Response:
    return problem_response(error.status, error.code, str(error))


def _of_engine(error: BusError) -> Response:
    response = problem_response(HTTPStatus.SERVICE_UNAVAILABLE, "engine_away", str(error))
    response.headers["Retry-After"] = str(AGAIN_S)
    return response


def _of_store(error: StoreError | ConfigError) -> Response:
    log.warning("A request could not be served: %s", error)
    detail = "the database cannot be used now; the server's log says why"
    response = problem_response(HTTPStatus.SERVICE_UNAVAILABLE, "no_database", detail)
    response.headers["Retry-After"] = str(AGAIN_S)
    return response


def _of_bug(error: Exception) -> Response:
    log.error("A request failed: this is a bug", exc_info=error)
    detail = "this server made a mistake; its log says which"
    return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, "bug", detail)
