"""The websocket side: connections, what each has subscribed to, and what is sent to whom."""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec
from aiohttp import WSMsgType, web

from tests.exchange.venue.faults import Faults

_PUBLIC: Final = re.compile(r"^[a-z0-9_]+@(depth.*|rpiDepth.*|bookTicker|trade)$|^!bookTicker$")
_KLINE: Final = re.compile(r"^(.+)@kline_(\w+)$")
_MOST_WAITING: Final = 50_000


class Connection:
    """One websocket; what it is told waits in a queue for its writer."""

    def __init__(self, ws: web.WebSocketResponse, category: str, opened_at: int) -> None:
        self.ws = ws
        self.category = category
        self.opened_at = opened_at
        self.combined = False
        self.listen_key: str | None = None
        self.streams: set[str] = set()
        self.cut = False
        self._waiting: deque[tuple[bytes, WSMsgType]] = deque()
        self._more = asyncio.Event()

    def put(self, frame: bytes, kind: WSMsgType = WSMsgType.TEXT) -> None:
        """Queue *frame*; a reader too slow by far is cut off."""
        self._waiting.append((frame, kind))
        self.cut = self.cut or len(self._waiting) > _MOST_WAITING
        self._more.set()

    def hang_up(self) -> None:
        """Cut the connection without a word."""
        self.cut = True
        self._more.set()

    async def write(self) -> None:
        """Send what is queued until the connection ends."""
        while not self.cut and not self.ws.closed:
            await self._more.wait()
            self._more.clear()
            while self._waiting and not self.cut:
                frame, kind = self._waiting.popleft()
                await self.ws.send_frame(frame, kind)
        if self.cut and (transport := self.ws._req and self.ws._req.transport):
            transport.abort()


class Hub:
    """All connections; `publish` builds a message only when somebody wants it."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.connections: set[Connection] = set()
        self.sent = 0
        self._wanted: dict[str, set[Connection]] = {}
        self._intervals: dict[str, list[str]] = {}

    def intervals(self, name: str) -> list[str]:
        """Return the candle intervals somebody watches of contract *name* (lower case)."""
        return self._intervals.get(name, [])

    def publish(self, stream: str, make: Callable[[], Any]) -> None:
        """Send what *make* returns to all who subscribed to *stream*."""
        wanting = self._wanted.get(stream)
        if not wanting:
            return
        payload = make()
        plain = msgspec.json.encode(payload)
        wrapped = b""
        for connection in wanting:
            if connection.combined:
                wrapped = wrapped or msgspec.json.encode({"stream": stream, "data": payload})
            self.send(connection, wrapped if connection.combined else plain, stream)

    def send(self, connection: Connection, frame: bytes, stream: str) -> None:
        """Queue *frame* of *stream* as the faults let it pass."""
        for passed, kind in self.faults.frames(connection, stream, frame):
            self.sent += 1
            connection.put(passed, kind)

    def join(self, connection: Connection, streams: list[str]) -> None:
        """Subscribe *connection* to *streams*."""
        for stream in streams:
            connection.streams.add(stream)
            self._wanted.setdefault(stream, set()).add(connection)
        self._find_intervals()

    def leave(self, connection: Connection, streams: list[str]) -> None:
        """Unsubscribe *connection* from *streams*."""
        for stream in streams:
            connection.streams.discard(stream)
            self._wanted.get(stream, set()).discard(connection)
            if not self._wanted.get(stream, True):
                del self._wanted[stream]
        self._find_intervals()

    def drop(self, connection: Connection) -> None:
        """Forget *connection*."""
        self.connections.discard(connection)
        self.leave(connection, list(connection.streams))

    def hang_up(self, only: Callable[[Connection], bool] = lambda _one: True) -> None:
        """Cut all connections *only* says yes to."""
        for connection in list(self.connections):
            if only(connection):
                connection.hang_up()

    def answer(self, connection: Connection, text: str) -> None:
        """Do what a client's message asks."""
        try:
            request = msgspec.json.decode(text)
            method, number = request["method"], request.get("id")
        except (msgspec.DecodeError, KeyError, TypeError):
            return self._refuse(connection, None, "Invalid JSON")
        streams = request.get("params") or []
        strange = [one for one in streams if not self._serves(connection.category, one)]
        if strange:
            return self._refuse(connection, number, f"Invalid request: invalid stream {strange[0]}")
        if method == "SUBSCRIBE":
            self.join(connection, streams)
        elif method == "UNSUBSCRIBE":
            self.leave(connection, streams)
        elif method != "LIST_SUBSCRIPTIONS":
            return self._refuse(connection, number, "Invalid request: unknown method")
        result = sorted(connection.streams) if method == "LIST_SUBSCRIPTIONS" else None
        connection.put(msgspec.json.encode({"result": result, "id": number}))
        return None

    def _refuse(self, connection: Connection, number: Any, text: str) -> None:
        told = {"error": {"code": 2, "msg": text}, "id": number}
        connection.put(msgspec.json.encode(told))

    def _serves(self, category: str, stream: Any) -> bool:
        if not isinstance(stream, str) or category == "private":
            return False
        public = _PUBLIC.match(stream) is not None
        return category == "any" or public == (category == "public")

    def _find_intervals(self) -> None:
        self._intervals.clear()
        for stream in self._wanted:
            if found := _KLINE.match(stream):
                self._intervals.setdefault(found[1], []).append(found[2])
