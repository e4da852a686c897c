"""A stand-in engine, a web process and a raw client, each real, for tests of the stream."""

import asyncio
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.request import urlopen

import msgspec

from core.stream import EventId, read_sse_frame
from infra.bus.base import CommandReply, CommandRequest
from infra.bus.unix_server import UnixBusServer
from runner.publisher import Publisher
from tests.loops import let_go
from utils.clock import SystemClock

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


async def _grant(request: CommandRequest) -> CommandReply:
    return CommandReply(ok=True, result={"name": request.name, "actor": request.actor})


class StandInEngine:
    """The engine's publisher and bus without any trading, in a thread with its own loop."""

    def __init__(self, data_dir: Path, epoch: str = "e1") -> None:
        self.publisher = Publisher(epoch, SystemClock(), self._send)
        self.server = UnixBusServer(
            data_dir / "run" / "engine.sock",
            self.publisher.ring,
            self.publisher.snapshot,
            _grant,
            self.publisher.clock.now,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.server.start(), self._loop).result(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it, once."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self.server.stop(), self._loop).result(PATIENCE_S)
        asyncio.run_coroutine_threadsafe(let_go(), self._loop).result(PATIENCE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def facts(self, count: int, size: int = 10) -> int:
        """Emit *count* equity points of about *size* bytes; return the newest ``seq``."""

        def act() -> int:
            for _ in range(count):
                data = {"fact_id": "x" * size, "at": self.publisher.seq, "equity": 1.0}
                self.publisher.fact("equity_point", data)
            self.publisher.deliver()
            return self.publisher.seq

        return self.call(act)

    def price(self, last: float, padding: int = 0) -> int:
        """Emit a price; return its ``seq``."""

        def act() -> int:
            data = {"at": 1, "symbol": "BTC/USDT", "last": last, "note": "x" * padding}
            self.publisher.touch("price", "BTC/USDT", lambda: data)
            self.publisher.flush()
            return self.publisher.seq

        return self.call(act)

    def lose_subscribers(self) -> None:
        """Close every subscription, as a hiccup of the bus would."""

        def act() -> None:
            for peer in list(self.server.subscribers):
                peer.finish()

        self.call(act)

    def call(self, function: Callable[[], T]) -> T:
        """Run *function* in the engine's loop."""

        async def run() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(PATIENCE_S)

    def _send(self, frames: Any) -> None:
        self.server.publish(frames)


class WebProcess:
    """`serve_stream.py` in a process of its own."""

    def __init__(self, data_dir: Path, log: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self._log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.telegram_webapp.serve_stream", str(data_dir),
                 str(self.port)],
                cwd=ROOT, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        self._await_start()

    def stats(self) -> dict[str, int]:
        """Return the hub's counters."""
        return dict(msgspec.json.decode(self.get("/stats"), type=dict[str, int]))

    def get(self, path: str) -> bytes:
        """Return the body at *path*."""
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE_S) as answer:
            return bytes(answer.read())

    def worker(self) -> int:
        """Return the pid of the process that holds the streams."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(until(path.read_text, bool).split()[0])  # it listens before it has a worker

    def kill(self) -> None:
        """SIGKILL everything at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        until(lambda: listens(self.port), lambda still: not still)

    def stop(self) -> None:
        """SIGTERM, as a supervisor does."""
        self.process.terminate()
        self.process.wait(PATIENCE_S)

    def until(self, condition: Callable[[dict[str, int]], bool]) -> dict[str, int]:
        """Ask for the counters until they are as wished."""
        return until(self.stats, condition)

    def log(self) -> str:
        """Return what it printed."""
        return self._log.read_text()

    def _await_start(self) -> None:
        def answers() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(self.log())
            return listens(self.port)

        until(answers, bool)


@contextmanager
def web_process(data_dir: Path, log: Path, port: int | None = None) -> Iterator[WebProcess]:
    """Run a web process for as long as the block."""
    web = WebProcess(data_dir, log, port)
    try:
        yield web
    finally:
        if web.process.poll() is None:
            web.kill()


class Event(msgspec.Struct):
    """One event as a client parsed it; ``place`` is None for a heartbeat."""

    type: str
    data: dict[str, Any]
    place: EventId | None


class Client:
    """A bare HTTP client of the stream, which reads only when asked."""

    def __init__(
        self, port: int, place: object = None, query: str = "", key: str | None = None
    ) -> None:
        self.head = b""
        self.place: EventId | None = None
        self._held = b""
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        head = [f"GET /api/dashboard/stream{query} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        head += [f"Last-Event-ID: {place}"] if place else []
        head += [f"Authorization: Bearer {key}"] if key else []
        self._socket.sendall("\r\n".join([*head, "", ""]).encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def begin(self) -> Self:
        """Read the response's head."""
        while b"\r\n\r\n" not in self._held:
            self._held += self._more()
        self.head, _, self._held = self._held.partition(b"\r\n\r\n")
        return self

    def event(self) -> Event:
        """Read the next event.

        Raises:
            ConnectionError: the stream ended.
        """
        while b"\n\n" not in self._held:
            self._held += self._more()
        text, _, self._held = self._held.partition(b"\n\n")
        if text.startswith(b"event: heartbeat"):
            return Event("heartbeat", msgspec.json.decode(text.split(b"data: ", 1)[1]), None)
        event_type, data = read_sse_frame(text + b"\n\n")
        self.place = EventId.parse(text.split(b"\n")[0][4:].decode())
        return Event(event_type, msgspec.json.decode(data), self.place)

    def until(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """Read events up to the one that is wanted."""
        events: list[Event] = []
        while not events or not wanted(events[-1]):
            events.append(self.event())
        return events

    def facts_until(self, seq: int) -> list[int]:
        """Read up to the event numbered *seq*; return the numbers of the equity points."""
        events = self.until(lambda event: event.place is not None and event.place.seq >= seq)
        return [e.place.seq for e in events if e.type == "equity_point" and e.place]

    def rest(self) -> bytes:
        """Read to the end."""
        while True:
            try:
                self._held += self._more()
            except ConnectionError:
                return self._held

    def shrink(self) -> Self:
        """Let the kernel hold little of what is not read."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        return self

    def say(self, data: bytes) -> None:
        """Send what nobody asked for."""
        self._socket.sendall(data)

    def byte(self) -> bytes:
        """Read one byte."""
        return self._socket.recv(1)

    def reset(self) -> None:
        """Vanish with a RST, as a process that is killed."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the stream ended")
        return data


def until(ask: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """Ask until the answer is wanted, for at most `PATIENCE_S`."""
    clock, pause = SystemClock(), threading.Event()
    deadline = clock.monotonic() + PATIENCE_S
    while True:
        answer = ask()
        if wanted(answer):
            return answer
        assert clock.monotonic() < deadline, answer
        pause.wait(0.01)


def listens(port: int) -> bool:
    """Return whether anybody accepts connections at *port* of the loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
