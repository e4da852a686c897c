"""The last good answers, for when the database is away: told with their age, to whom they were."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, NamedTuple

import msgspec
from flask import Flask, Response, current_app, request

from utils.clock import Clock

MOST: Final = 128
MOST_BYTES: Final = 4 * 1024 * 1024
LARGEST_BYTES: Final = 256 * 1024
EXTENSION: Final = "quarterdeck.last_answers"
REASON: Final = "the database is away: this is the answer of before"


class Said(NamedTuple):
    """An answer in JSON, and when it was made (s, monotonic)."""

    body: bytes
    at_s: float


class LastAnswers:
    """Holds the newest answers of as many questions as fit."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._said: OrderedDict[Hashable, Said] = OrderedDict()
        self._bytes = 0

    def keep(self, key: Hashable, body: bytes) -> None:
        """Hold *body* as the answer to *key*; the oldest ones make room."""
        if len(body) > LARGEST_BYTES:
            return
        with self._lock:
            before = self._said.pop(key, None)
            self._bytes += len(body) - (len(before.body) if before else 0)
            self._said[key] = Said(body, self._clock.monotonic())
            while len(self._said) > MOST or self._bytes > MOST_BYTES:
                self._bytes -= len(self._said.popitem(last=False)[1].body)

    def again(self, key: Hashable) -> Response | None:
        """Return the answer to *key* as it was, with its age; None when there was none."""
        said = self._said.get(key)
        if said is None:
            return None
        age_s = max(0.0, self._clock.monotonic() - said.at_s)
        response = Response(_aged(said.body, int(age_s * 1000)), mimetype="application/json")
        response.headers["Age"] = str(int(age_s))
        return response


def install_last_answers(app: Flask, clock: Clock) -> None:
    """Let the views of *app* answer again what they answered before."""
    app.extensions[EXTENSION] = LastAnswers(clock)


def last_answers() -> LastAnswers | None:
    """Return those of the application that answers now."""
    found: LastAnswers | None = current_app.extensions.get(EXTENSION)
    return found


def question(who: Hashable) -> Hashable:
    """Return what names the current request, as asked by *who*, None where that is all the same."""
    return request.full_path, who


def _aged(body: bytes, age_ms: int) -> bytes:
    """Return *body* with what says how old it is, where it is an object."""
    if not body.startswith(b"{"):
        return body
    told = b'"cached":' + msgspec.json.encode({"age_ms": age_ms, "reason": REASON})
    return body[:-1] + (b"," if len(body) > len(b"{}") else b"") + told + b"}"
