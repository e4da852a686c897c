"""A stream that ends at once, to find out whether a proxy on the way holds streams back."""

import threading
from collections.abc import Iterator
from typing import Final

import gevent
from flask import Response

from telegram_webapp.problems import Problem

AT_ONCE: Final = 8
STREAM_HEADERS: Final = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}


class Probe:
    """Answers with two events and a pause between them, to a few at a time."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def begin(self, pause_ms: int) -> Response:
        """Return the short stream.

        Raises:
            Problem: too many are being sent.
        """
        if not self._places.acquire(blocking=False):
            detail = "too many ask at once: try again in a second"
            raise Problem(503, "busy", detail, {"Retry-After": "1"})
        response = Response(_two(pause_ms), mimetype="text/event-stream", headers=STREAM_HEADERS)
        response.call_on_close(self._places.release)
        return response


def _two(pause_ms: int) -> Iterator[bytes]:
    yield b"event: probe\ndata: 1\n\n"
    gevent.sleep(pause_ms / 1000)
    yield b"event: probe\ndata: 2\n\n"
