"""What a page that nobody touches is sent: bytes a second at each rate, by a whole deck.

Three symbols in real time with their past, both strategies; a bare client for each rate counts
all that comes after the snapshot it begins with: frames, heartbeats and the response's head.
"""

import json
import socket
from contextlib import ExitStack
from selectors import EVENT_READ, DefaultSelector
from typing import Final

from benchmarks.deck import Deck, deck
from benchmarks.report import Result
from telegram_webapp.channels import Rate
from utils.clock import SystemClock

SECONDS: Final = 180.0
BUDGET: Final = {Rate.BALANCED: 400.0, Rate.SAVER: 400.0}
KILOBYTE: Final = 1000
CHUNK: Final = 65536
END: Final = b"\n\n"


class Reader:
    """A client that counts what it is sent."""

    def __init__(self, running: Deck, key: str, rate: Rate) -> None:
        host = f"127.0.0.1:{running.port}"
        self.rate = rate
        self.bytes = 0
        self.first = b""
        self.socket = socket.create_connection(("127.0.0.1", running.port))
        lines = [
            f"GET /api/dashboard/stream?rate={rate} HTTP/1.1",
            f"Host: {host}",
            f"Authorization: Bearer {key}",
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def read(self) -> None:
        """Take what came.

        Raises:
            ConnectionError: the stream ended.
        """
        data = self.socket.recv(CHUNK)
        if not data:
            raise ConnectionError("the stream ended")
        self.bytes += len(data)
        if not self._began():
            self.first += data

    def snapshot(self) -> bytes:
        """Return the snapshot event that the stream began with, which need not be whole yet."""
        begin = self.first.find(b"id: ")
        return self.first[begin : self.first.find(END, begin) + len(END)] if begin >= 0 else b""

    def per_second(self) -> float:
        """Return bytes a second, but for the snapshot."""
        return (self.bytes - len(self.snapshot())) / SECONDS

    def _began(self) -> bool:
        begin = self.first.find(b"id: ")
        return begin >= 0 and self.first.find(END, begin) >= 0


def run() -> list[Result]:
    """Measure."""
    with deck() as running, ExitStack() as opened:
        key = running.api_key()
        readers = [Reader(running, key, rate) for rate in Rate]
        for reader in readers:
            opened.enter_context(reader.socket)
        read(readers, SECONDS)
    note = f"3 symbols, {_positions(readers[0])} positions, {SECONDS:g} s, with heartbeats"
    idle = [
        Result(
            f"idle stream, {r.rate}", r.per_second(), "B/s", at_most=BUDGET.get(r.rate), note=note
        )
        for r in readers
    ]
    whole = len(readers[0].snapshot()) / KILOBYTE
    return [*idle, Result("snapshot in a stream", whole, "kB", note="where none can be resumed")]


def read(readers: list[Reader], seconds: float) -> None:
    """Take all that comes to *readers* for so long.

    Raises:
        ConnectionError: a stream ended.
    """
    clock = SystemClock()
    with DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader.socket, EVENT_READ, reader)
        end = clock.monotonic() + seconds
        while (left := end - clock.monotonic()) > 0:
            for key, _ in selector.select(left):
                key.data.read()


def _positions(reader: Reader) -> int:
    data = reader.snapshot().partition(b"data: ")[2]
    return len(json.loads(data)["state"]["positions"])
