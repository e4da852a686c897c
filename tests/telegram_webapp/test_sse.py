"""Which responses become streams, and by which way."""

import io
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from core.stream import EventId
from infra.bus.base import Welcome
from runner.publisher import Publisher
from store.access import Identity, Role
from telegram_webapp.hub import Hub
from telegram_webapp.mirror import Mirror
from telegram_webapp.sse import OPENING, Opening, StreamGate
from utils.clock import SetClock

ANNA = Identity(subject="anna", role=Role.VIEWER, via="key", credential_id="key-1")


class Socketless:
    """Stands where gunicorn puts its socket, and must not be touched."""


@pytest.fixture
def hub() -> Hub:
    mirror = Mirror(SetClock(1))
    whole = Publisher("e", SetClock(1), lambda _: None).snapshot()
    mirror.begin(Welcome("e", 0, 0, resumed=False), whole)
    return Hub(mirror, lambda _: True, max_streams=1, streams_per_client=1)


def ask(
    hub: Hub, status: str, *, marked: bool, **extra: object
) -> tuple[list[Any], Iterable[bytes]]:
    """Return what the server is told, and the body, for a view that answers *status*."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if marked:
            environ[OPENING] = Opening(ANNA, EventId("e", 0))
        start_response(status, [("X-A", "b")])
        return [b"body"]

    told: list[Any] = []
    environ: dict[str, Any] = {"wsgi.input": io.BytesIO(), **extra}
    setup_testing_defaults(environ)

    def start_response(*args: Any) -> Callable[[bytes], object]:
        told[:] = args
        return lambda _: None

    return told, StreamGate(app, hub)(environ, start_response)


def test_an_ordinary_response_passes_unchanged(hub: Hub) -> None:
    told, body = ask(hub, "200 OK", marked=False)

    assert told[:2] == ["200 OK", [("X-A", "b")]]
    assert list(body) == [b"body"]


def test_an_error_after_the_mark_is_no_stream(hub: Hub) -> None:
    told, body = ask(hub, "500 INTERNAL SERVER ERROR", marked=True)

    assert told[0].startswith("500")
    assert list(body) == [b"body"]
    assert hub.stats()["clients"] == 0


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"gunicorn.socket": Socketless(), "HTTP_VERSION": "2"},
        {"gunicorn.socket": Socketless(), "SERVER_PROTOCOL": "HTTP/2"},
    ],
    ids=["another server", "HTTP/2", "HTTP/2 by its protocol"],
)
def test_without_a_plain_socket_the_body_is_the_stream(hub: Hub, extra: dict[str, object]) -> None:
    told, body = ask(hub, "200 OK", marked=True, **extra)

    assert told == ["200 OK", [("X-A", "b")]]
    assert next(iter(body)).startswith(b"event: heartbeat\n")
    assert hub.stats()["clients"] == 1
    body.close()  # type: ignore[attr-defined]
    assert hub.stats()["clients"] == 0
