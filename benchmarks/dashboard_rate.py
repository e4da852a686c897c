"""What the whole state costs the web worker, beside a Flask route that does nothing.

Both in gunicorn's worker as the dashboard has it, on kept connections, whose client waits for each
answer. A credential has a budget of requests a minute, so that there are many of them.
"""

import re
import socket
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import psutil

from benchmarks import empty_server
from benchmarks.deck import deck
from benchmarks.report import Result
from benchmarks.servers import Server, empty
from store.access import AccessStore, Role
from utils.clock import SystemClock

ROUNDS: Final = 5
REQUESTS: Final = 1000  # of a credential, within its budget of a minute
HEAD_END: Final = b"\r\n\r\n"
LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
CHUNK: Final = 65536
# what browsers and programs say
ENCODINGS: Final = ("", "gzip, deflate, br")


def run() -> list[Result]:
    """Measure."""
    with TemporaryDirectory(prefix="qd") as name, deck() as running, empty(Path(name)) as bare:
        keys = _keys(running.folder, ROUNDS * len(ENCODINGS))
        ours = Server(running.port, "", psutil.Process(running.web.ppid()))
        nothing, *costs = _rounds(ours, bare, keys)
    results = [Result("empty route", nothing, "μs", note="CPU of the worker a request")]
    for encoding, cost in zip(ENCODINGS, costs, strict=True):
        name = f"/api/dashboard, {'compressed' if encoding else 'plain'}"
        share = 100 * nothing / cost
        note = f"{cost:.0f} μs of CPU a request; requests a second beside those of the empty route"
        results.append(Result(name, share, "%", at_least=80, note=note))
    return results


def _rounds(ours: Server, bare: Server, keys: Sequence[str]) -> list[float]:
    """Return μs a request: of the empty route, then of ours with each encoding; they take turns."""
    taken: list[list[float]] = [[] for _ in range(1 + len(ENCODINGS))]
    credentials = iter(keys)
    for _ in range(ROUNDS):
        taken[0].append(_cost(bare, empty_server.PATH, "", ""))
        for place, encoding in enumerate(ENCODINGS, 1):
            taken[place].append(_cost(ours, "/api/dashboard", next(credentials), encoding))
    return [median(costs) for costs in taken]


def _cost(server: Server, path: str, key: str, encoding: str) -> float:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    lines += [f"Authorization: Bearer {key}"] if key else []
    lines += [f"Accept-Encoding: {encoding}"] if encoding else []
    request = "\r\n".join([*lines, "", ""]).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        _ask(connection, request)
        before = server.cpu_us()
        for _ in range(REQUESTS):
            _ask(connection, request)
        return (server.cpu_us() - before) / REQUESTS


def _ask(connection: socket.socket, request: bytes) -> None:
    """Ask, and read the whole answer.

    Raises:
        ConnectionError: the answer is no success, or there is none.
    """
    connection.sendall(request)
    data = b""
    while HEAD_END not in data:
        data += _some(connection)
    head, _, body = data.partition(HEAD_END)
    if not head.startswith(b"HTTP/1.1 20"):
        raise ConnectionError(head.decode())
    told = LENGTH.search(head)
    left = (int(told[1]) if told else 0) - len(body)
    while left > 0:
        left -= len(_some(connection))


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(CHUNK)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


def _keys(folder: Path, count: int) -> list[str]:
    store = AccessStore(folder / "access.db")
    now = SystemClock().now()
    keys = [store.create_key(f"rate-{n}", Role.VIEWER, now) for n in range(count)]
    store.close()
    return keys
