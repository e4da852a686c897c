"""One client's stream: what it has still to get, and how bytes reach it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol

from core.stream import Backlog, Frame
from store.access import Identity

CHUNK: Final = 64 * 1024
PENDING_CAP: Final = 1024 * 1024


class Subscription(Protocol):
    """A client of the hub.

    Promise: frames leave whole and in rising ``seq``; the newest heartbeat leaves when
    nothing else waits; nothing ever blocks.
    """

    identity: Identity
    opened: float
    offered: int

    def start(self, head: bytes, frames: Sequence[Frame]) -> None:
        """Send the first bytes and then *frames*, however many they are."""
        ...

    def deliver(self, frames: Sequence[Frame], joined: bytes) -> int:
        """Send the next frames, *joined* being all their bytes.

        Returns:
            How many older frames they made needless.
        """
        ...

    def beat(self, heartbeat: bytes) -> None:
        """Send a heartbeat; an unsent older one is dropped."""
        ...

    def end(self, last: bytes) -> None:
        """Send *last* if nothing else waits, and close."""
        ...


class QueuedSubscription:
    """A stream behind a WSGI iterable: for TLS, HTTP/2 and servers without raw sockets."""

    def __init__(self, identity: Identity, on_end: Callable[[Any, str], None]) -> None:
        self.identity = identity
        self.opened = 0.0
        self.offered = 0
        self._on_end = on_end
        self._ready = threading.Condition()
        self._head = b""
        self._beat = b""
        self._backlog = Backlog()
        self._allowed = PENDING_CAP
        self._ended = False

    def start(self, head: bytes, frames: Sequence[Frame]) -> None:
        """Queue the first bytes and then *frames*."""
        self._head = head
        for frame in frames:
            self._backlog.add(frame)
        self._allowed += self._backlog.size

    def deliver(self, frames: Sequence[Frame], joined: bytes) -> int:  # noqa: ARG002 (a protocol)
        """Queue the next frames, or end a stream that nobody takes."""
        with self._ready:
            replaced = sum(self._backlog.add(frame) for frame in frames)
            cut = self._backlog.size > self._allowed
            self._ready.notify()
        if cut:
            self._on_end(self, "cut")
        return replaced

    def beat(self, heartbeat: bytes) -> None:
        """Queue a heartbeat."""
        with self._ready:
            self._beat = heartbeat
            self._ready.notify()

    def end(self, last: bytes) -> None:
        """Let the iterable finish with *last*."""
        with self._ready:
            self._head += last if not self._backlog else b""
            self._ended = True
            self._ready.notify()

    def __iter__(self) -> Iterator[bytes]:
        while True:
            with self._ready:
                while not (self._head or self._beat or self._backlog or self._ended):
                    self._ready.wait()
                chunk, self._head = self._head, b""
                if not chunk and not self._ended:
                    chunk = self._backlog.take(CHUNK)
                if not chunk and not self._ended:
                    chunk, self._beat = self._beat, b""
            if not chunk:
                return
            yield chunk

    def close(self) -> None:
        """Forget a client that left; WSGI servers call it."""
        self._on_end(self, "left")
