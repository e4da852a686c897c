"""A stream that writes straight to its socket from gevent's event loop, without a greenlet.

It costs a descriptor, a watcher (two while the client is slow) and, only then, a backlog.
"""

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from gevent import get_hub

from core.stream import Backlog, Frame
from store.access import Identity
from telegram_webapp.subscription import CHUNK, PENDING_CAP

SEND_BUFFER: Final = 128 * 1024
UNACKNOWLEDGED_MS: Final = 60_000
_READ: Final = 1
_WRITE: Final = 2
_NOTHING: Final = memoryview(b"")


class DetachedSubscription:
    """A stream on a descriptor that is now ours alone.

    Promise: a client that vanishes is noticed at once, one that leaves more than
    `PENDING_CAP` bytes waiting is cut, and neither costs the others more than one call.
    """

    __slots__ = (
        "_allowed",
        "_backlog",
        "_beat",
        "_fd",
        "_on_end",
        "_reading",
        "_rest",
        "_writing",
        "identity",
        "offered",
        "opened",
    )

    def __init__(
        self, connection: Any, identity: Identity, on_end: Callable[[Any, str], None]
    ) -> None:
        """Take the descriptor out of a connected TCP socket.

        Args:
            connection: the server's socket object, which is left closed and harmless.
            identity: whose stream it is.
            on_end: told once when the client left ("left") or was too slow ("cut").
        """
        self.identity = identity
        self.opened = 0.0
        self.offered = 0
        _tune(connection)
        # Not a dup: the event loop would go on knowing the old number and rebuild its epoll
        # set at each of its events.
        self._fd = connection.detach()
        self._on_end = on_end
        self._rest = _NOTHING  # of a chunk that the socket took in part
        self._backlog: Backlog | None = None
        self._beat = b""
        self._allowed = PENDING_CAP
        self._writing: Any = None
        self._reading: Any = get_hub().loop.io(self._fd, _READ)
        self._reading.start(self._on_readable)

    def start(self, head: bytes, frames: Sequence[Frame]) -> None:
        """Send the response head and then *frames*."""
        self._rest = memoryview(head)
        if frames:
            self._backlog = Backlog()
            for frame in frames:
                self._backlog.add(frame)
            self._allowed += self._backlog.size
        self._pump()

    def deliver(self, frames: Sequence[Frame], joined: bytes) -> int:
        """Send the next frames, or queue them behind what the socket has not taken."""
        if self._writing is None:
            self._send(joined)
            return 0
        if self._backlog is None:
            self._backlog = Backlog()
        add = self._backlog.add
        replaced = sum(add(frame) for frame in frames)
        if self._backlog.size > self._allowed:
            self._on_end(self, "cut")
        return replaced

    def beat(self, heartbeat: bytes) -> None:
        """Send a heartbeat, now or when the socket has taken the rest."""
        if self._writing is None:
            self._send(heartbeat)
        else:
            self._beat = heartbeat

    def end(self, last: bytes) -> None:
        """Send *last* if nothing else waits, and close: watchers first, then the descriptor."""
        if self._fd < 0:
            return
        if last and self._writing is None:
            with suppress(OSError):
                os.write(self._fd, last)
        for watcher in (self._reading, self._writing):
            if watcher is not None:
                watcher.stop()
                watcher.close()
        self._reading = self._writing = None
        descriptor, self._fd = self._fd, -1
        os.close(descriptor)

    def _send(self, data: bytes) -> None:
        """Write what the socket takes now; nothing else may be waiting."""
        try:
            sent = os.write(self._fd, data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._on_end(self, "left")
            return
        if sent < len(data):
            self._rest = memoryview(data)[sent:]
            self._await_room()

    def _await_room(self) -> None:
        if self._writing is None:
            self._writing = get_hub().loop.io(self._fd, _WRITE)
            self._writing.start(self._pump)

    def _pump(self) -> None:
        """Write until the socket is full or nothing waits."""
        while self._fd >= 0:
            data = self._rest or self._next_chunk()
            if not data:
                self._settle()
                return
            try:
                self._rest = data[os.write(self._fd, data) :]
            except BlockingIOError:
                self._rest = data
            except OSError:
                self._on_end(self, "left")
                return
            if self._rest:
                self._await_room()
                return

    def _next_chunk(self) -> memoryview:
        if self._backlog:
            return memoryview(self._backlog.take(CHUNK))
        beat, self._beat = self._beat, b""
        return memoryview(beat)

    def _settle(self) -> None:
        """Give back what only a slow client needs."""
        self._rest = _NOTHING
        self._backlog = None
        self._allowed = PENDING_CAP
        if self._writing is not None:
            self._writing.stop()
            self._writing.close()
            self._writing = None

    def _on_readable(self) -> None:
        """Drain what the client sends, which is nothing we want, until it leaves."""
        try:
            gone = not os.read(self._fd, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            gone = True
        if gone:
            self._on_end(self, "left")


def _tune(connection: Any) -> None:
    os.set_blocking(connection.fileno(), False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: a phone that lost its network
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
