"""Many clients of an event stream in a process of their own, reading as cheaply as Python can.

Told on stdin how many facts were sent since the last time, it waits until everybody has them and
prints a line of JSON about what they saw. `Crowd` starts and asks it.
"""

import os
import re
import resource
import select
import socket
import subprocess
import sys
import time
from typing import Any, Final, Self

import msgspec

SPARE_FILES: Final = 200
BATCH: Final = 100  # connected before anybody waits for an answer
PATIENCE_S: Final = 30.0
CHUNK: Final = 65_536
NARROW: Final = 4096
# `fanout.emit` puts the monotonic clock into the fact's id
FACT: Final = re.compile(rb'-(\d+)\nevent: equity_point\ndata: {"fact_id":"(\d+)')


class Task(msgspec.Struct):
    """What a crowd does: ``readers`` read, ``stalled`` connect and then never read."""

    port: int
    key: str
    readers: int
    stalled: int = 0


class Seen(msgspec.Struct):
    """What the readers saw since they were last asked; times in ms from sent to read."""

    missed: int
    out_of_order: int
    p99_ms: float


class Readers:
    """The clients that read."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._held: dict[int, bytes] = {}
        self._last: dict[int, int] = {}
        self._waiting: set[int] = set()
        self._delays: list[int] = []
        self._strays = 0

    def connect(self) -> None:
        """Connect everybody; return when each was answered."""
        for number in range(self._task.readers):
            self._join()
            if number % BATCH == BATCH - 1:
                self._read_until(lambda: not self._waiting)
        self._read_until(lambda: not self._waiting)
        for _ in range(self._task.stalled):
            self._open(NARROW)

    def see(self, facts: int) -> Seen:
        """Read until everybody has had *facts* more, or patience ends."""
        wanted = facts * self._task.readers
        self._read_until(lambda: len(self._delays) >= wanted)
        delays, self._delays = sorted(self._delays), []
        strays, self._strays = self._strays, 0
        return Seen(
            missed=wanted - len(delays),
            out_of_order=strays,
            p99_ms=delays[len(delays) * 99 // 100] / 1e6,
        )

    def read(self, timeout_s: float) -> bool:
        """Read what is there; return whether stdin has something to say."""
        asked = False
        for descriptor, _ in self._poll.poll(timeout_s):
            if descriptor == sys.stdin.fileno():
                asked = True
            else:
                self._take(descriptor, os.read(descriptor, CHUNK))
        return asked

    def listen(self) -> None:
        """Wake up for stdin as well."""
        self._poll.register(sys.stdin.fileno(), select.EPOLLIN)

    def _join(self) -> None:
        descriptor = self._open()
        self._poll.register(descriptor, select.EPOLLIN)
        self._waiting.add(descriptor)

    def _open(self, window: int = 0) -> int:
        one = socket.socket()
        if window:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        one.connect(("127.0.0.1", self._task.port))
        one.sendall(
            b"GET /api/dashboard/stream HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
            b"Authorization: Bearer %s\r\n\r\n" % (self._task.port, self._task.key.encode())
        )
        self._sockets[one.fileno()] = one
        return one.fileno()

    def _read_until(self, done: Any) -> None:
        latest = time.monotonic() + PATIENCE_S
        while not done() and time.monotonic() < latest:
            self.read(1.0)

    def _take(self, descriptor: int, data: bytes) -> None:
        now = time.monotonic_ns()
        if not data:
            self._ended(descriptor)
            return
        if descriptor in self._waiting:
            if not data.startswith(b"HTTP/1.1 200 "):
                raise ConnectionError(data.decode(errors="replace"))
            self._waiting.discard(descriptor)
        if descriptor in self._held:
            data = self._held.pop(descriptor) + data
        for found in FACT.finditer(data):
            seq = int(found[1])
            if seq != self._last.get(descriptor, seq - 1) + 1:
                self._strays += 1
            self._last[descriptor] = seq
            self._delays.append(now - int(found[2]))
        rest = data[data.rfind(b"\n\n") + 2 :]
        if len(rest) > len(b"\r\n"):  # the end of a chunk is no part of a frame
            self._held[descriptor] = rest

    def _ended(self, descriptor: int) -> None:
        """Try again if nothing was answered yet: a server that stood still drops who waits.

        Raises:
            ConnectionError: it was the end of a stream that had begun.
        """
        if descriptor not in self._waiting:
            raise ConnectionError("the server ended a stream")
        self._waiting.discard(descriptor)
        self._sockets.pop(descriptor).close()
        self._join()


class Crowd:
    """A crowd as its parent sees it; ``with`` ends it."""

    def __init__(self, task: Task) -> None:
        """Start it; return when everybody is connected."""
        self._child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.crowd", msgspec.json.encode(task).decode()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._line()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.communicate()

    def see(self, facts: int) -> Seen:
        """Return what was seen, once everybody has had *facts* more."""
        assert self._child.stdin is not None  # noqa: S101 - asked for above
        self._child.stdin.write(b"%d\n" % facts)
        self._child.stdin.flush()
        return msgspec.json.decode(self._line(), type=Seen)

    def _line(self) -> bytes:
        assert self._child.stdout is not None  # noqa: S101 - asked for above
        line = self._child.stdout.readline()
        if not line:
            raise ConnectionError("the crowd broke up, and said why above")
        return line


def main(text: str) -> None:
    """Connect, and answer until stdin ends."""
    task = msgspec.json.decode(text, type=Task)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = task.readers + task.stalled + SPARE_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    readers = Readers(task)
    readers.connect()
    print("ready", flush=True)
    readers.listen()
    while True:
        if readers.read(-1):
            line = os.read(sys.stdin.fileno(), CHUNK)
            if not line:
                return
            print(msgspec.json.encode(readers.see(int(line))).decode(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
