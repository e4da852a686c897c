"""The websocket connections of an exchange: which stream is on which, their age and replacement."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

from exchange.real.guard import Guard
from exchange.real.skew import Skew
from exchange.real.taps import RawMessage, Tap, is_private, without_keys
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

# The stream whose task is running: a connection that is asked for then is its.
WATCHING: Final[ContextVar[str]] = ContextVar("watching", default="")

OVERLAP_S: Final = 2.0  # that an old and a new connection both run
LOOK_S: Final = 0.1
TAKEOVER_S: Final = 20.0  # for a new connection to bring its first data


class Connections:
    """What ccxt's connections have in common, and what we know of them.

    Attributes:
        api: the ccxt exchange.
        garbled: frames that could not be read, by address.
        reachable: whether the newest request was answered; None before the first.
    """

    api: Any

    def __init__(self, clock: Clock, guard: Guard, skew: Skew) -> None:
        self.clock = clock
        self.guard = guard
        self.skew = skew
        self.taps: list[Tap] = []
        self.garbled: Counter[str] = Counter()
        self.reachable: bool | None = None
        self.note_text = ""
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
        self.guard.heard(message.status, headers, text, self.skew.ms or 0)
        self._tell(message)

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

    def old(self, age_ms: int) -> list[str]:
        """Return the addresses of connections that are older than *age_ms*."""
        now = self.clock.now()
        return [
            url
            for url, connection in (self.api.clients or {}).items()
            if connection.opened_at and now - connection.opened_at > age_ms
        ]

    async def replace(self, url: str) -> bool:
        """Let a new connection take over from the one to *url* without a gap.

        Both run for a moment and fill the same books, so that each message comes at least once. A
        connection that bears an account's key is broken instead: its stream resynchronises by
        REST. Returns whether the old one is gone.
        """
        old = self.api.clients.get(url)
        if old is None:
            return True
        key = self.api.apiKey
        if is_private(url) or (key and any(key in str(message) for message in old.sent)):
            old.on_close(1001)
            return True
        del self.api.clients[url]
        fresh = self.api.client(url)
        self.api.clients[url] = old
        try:
            await self._dial(fresh)
            await self._take_over(old, fresh)
        except Exception as error:  # noqa: BLE001 - then the old one stays
            log.warning("A connection could not be replaced: %s", type(error).__name__)
            await self._give_back(old, fresh)
            return False
        return True

    async def _dial(self, fresh: Any) -> None:
        """Wait until *fresh* is connected; ccxt itself tells nobody when it cannot be.

        Whatever kept it from that is raised.
        """
        fresh.connect(self.api.session)
        async with asyncio.timeout(TAKEOVER_S):
            while not fresh.isConnected:
                if fresh.error is not None:
                    raise fresh.error
                await self.clock.sleep(LOOK_S)

    async def _take_over(self, old: Any, fresh: Any) -> None:
        texts = _still_wanted(old)
        old.retired = True
        fresh.futures, fresh.subscriptions = old.futures, old.subscriptions
        fresh.rejections = old.rejections
        self.api.clients[fresh.url] = fresh
        for text in texts:
            await fresh.throttle(self.api.safe_value(self.api.options.get("ws", {}), "cost", 1))
            await fresh.send(text)
        async with asyncio.timeout(TAKEOVER_S):
            while fresh.frames <= len(texts) and not old.closed():
                await self.clock.sleep(LOOK_S)
        await self.clock.sleep(OVERLAP_S)
        await old.leave()

    async def _give_back(self, old: Any, fresh: Any) -> None:
        """Go on with *old* after *fresh* could not take over; break it if it is closed by now."""
        if self.api.clients.get(fresh.url) is fresh:
            self.api.clients[fresh.url] = old
        await fresh.leave()
        old.retired = False
        if old.closed():
            old.on_close(1006)

    def _connection(self, stream: str) -> Any:
        return (self.api.clients or {}).get(self._urls.get(stream, ""))


def _still_wanted(connection: Any) -> list[Any]:
    """Return what was sent to subscribe, without what was replaced or taken back since."""
    ids = {
        str(subscription["id"])
        for subscription in connection.subscriptions.values()
        if isinstance(subscription, dict) and "id" in subscription
    }
    wanted = []
    for message in connection.sent:
        body = json.loads(message) if isinstance(message, str) else message
        number = body.get("id") if isinstance(body, dict) else None
        if not ids or number is None or str(number) in ids:
            wanted.append(message)
    return wanted
