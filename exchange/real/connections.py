"""What an exchange's connections have in common: who is on which, who listens, what went wrong."""

import logging
from collections import Counter
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

from exchange.real.errors import (
    Maintenance,
    RateLimited,
    RegionRefused,
    Unreachable,
    translated,
)
from exchange.real.guard import Guard
from exchange.real.skew import Skew
from exchange.real.taps import RawMessage, Tap, is_private, without_keys
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

# The stream whose task is running: a connection that is asked for then is its.
WATCHING: Final[ContextVar[str]] = ContextVar("watching", default="")


class Connections:
    """What ccxt's connections have in common, and what we know of them.

    Attributes:
        api: the ccxt exchange.
        garbled: frames that could not be read, by address.
        reachable: whether the newest request was answered; None before the first.
        trouble: what stands in the way, in one sentence; empty if nothing does.
    """

    api: Any

    def __init__(self, clock: Clock, guard: Guard, skew: Skew) -> None:
        self.clock = clock
        self.guard = guard
        self.skew = skew
        self.taps: list[Tap] = []
        self.garbled: Counter[str] = Counter()
        self.reachable: bool | None = None
        self.trouble = ""
        self._urls: dict[str, str] = {}

    def note(self, stream: str, url: str) -> None:
        """Remember that *stream* is on the connection to *url*."""
        if stream:
            self._urls[stream] = url

    def forget(self, stream: str) -> None:
        """Forget a stream that was stopped."""
        self._urls.pop(stream, None)

    def forget_book(self, symbol: str) -> None:
        """Drop ccxt's book of *symbol* (its word): the next one begins with a snapshot."""
        (self.api.orderbooks or {}).pop(symbol, None)

    def heard_frame(self, url: str, data: str | bytes) -> None:
        """Pass a websocket frame on to who listens."""
        if self.taps:
            message = RawMessage(
                "ws", without_keys(url), self.clock.now(), data, private=is_private(url)
            )
            self._tell(message)

    def heard_answer(self, message: RawMessage, headers: Mapping[str, str]) -> None:
        """Pass the answer to a REST request on, and learn from its headers."""
        text = message.data if isinstance(message.data, str) else ""
        self.guard.heard(message.status, headers, text)
        self._tell(message)

    def answered(self) -> None:
        """Note that a request was answered as it should be."""
        self.reachable, self.trouble = True, ""

    def failed(self, error: Exception) -> None:
        """Note that a request was not; a refusal of this one alone says nothing of the exchange."""
        found = translated(error, now=self.clock.now())
        if isinstance(found, (Unreachable, Maintenance, RegionRefused, RateLimited)):
            self.reachable, self.trouble = isinstance(found, RateLimited), str(found)

    def _tell(self, message: RawMessage) -> None:
        for tap in self.taps:
            try:
                tap(message)
            except Exception:
                log.exception("A listener on the wire failed; the stream goes on")

    def garble(self, url: str, error: Exception) -> None:
        """Count a frame that could not be read."""
        where = without_keys(url)
        self.garbled[where] += 1
        log.debug("A frame from %s could not be read: %s", where, type(error).__name__)

    def drop(self, stream: str, why: str) -> None:
        """Break the connection that *stream* is on; all streams on it begin anew."""
        from ccxt.base.errors import RequestTimeout  # noqa: PLC0415 - loaded with the exchange

        connection = self._connection(stream)
        if connection is not None:
            connection.on_error(RequestTimeout(why))

    def mistrust(self, stream: str, symbol: str) -> None:
        """Let the book of *symbol* (ccxt's word) begin anew with a snapshot.

        ccxt is told that messages are missing, as when it finds so itself. Where it keeps no
        subscription that one could tell by its name, the connection is broken.
        """
        from ccxt.base.errors import ChecksumError  # noqa: PLC0415 - loaded with the exchange

        connection = self._connection(stream)
        if connection is None:
            return
        found = [key for key in connection.subscriptions if symbol in key and "book" in key.lower()]
        if not found:
            self.drop(stream, "its book differs from the exchange's")
        for key in found:
            del connection.subscriptions[key]
            connection.reject(ChecksumError("the book differs from the exchange's"), key)

    def silent_s(self, stream: str) -> float | None:
        """Return for how many seconds the connection of *stream* has brought nothing at all."""
        connection = self._connection(stream)
        if connection is None or not connection.last_frame_at:
            return None
        return (self.clock.now() - int(connection.last_frame_at)) / 1000

    def _connection(self, stream: str) -> Any:
        return (self.api.clients or {}).get(self._urls.get(stream, ""))
