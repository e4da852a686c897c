"""The readers' end of the bus on a unix socket: plain blocking calls, no event loop.

Under gevent's patches each wait becomes a switch to another greenlet.
"""

import socket
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Final

from typing_extensions import override

from core.errors import BusError
from core.stream import EventId
from infra.bus.base import (
    BusSubscriber,
    CommandReply,
    CommandRequest,
    CommandSender,
    Delivery,
    EngineAway,
)
from infra.bus.wire import PROTOCOL, Hello, as_delivery, encode, reader_side

CONNECT_S: Final = 2.0
SILENCE_S: Final = 10.0  # the engine pulses every 2 s
READ: Final = 256 * 1024


class UnixSubscriber(BusSubscriber):
    """One subscription at a time to the engine that listens at *path*."""

    def __init__(self, path: Path, silence_s: float = SILENCE_S) -> None:
        self._path = path
        self._silence_s = silence_s
        self._socket: socket.socket | None = None

    @override
    def deliveries(self, resume: EventId | None) -> Generator[list[Delivery], None, None]:
        """Yield what arrives, a list for each read, until closed.

        Raises:
            BusError: the engine cannot be reached, went silent or broke the protocol.
        """
        reader = reader_side()
        with _connect(self._path) as connection:
            self._socket = connection
            try:
                connection.settimeout(self._silence_s)
                hello = Hello(PROTOCOL, str(resume) if resume else None)
                _send(connection, encode(hello))
                while True:
                    messages = reader.feed(_receive(connection))
                    yield [as_delivery(message) for message in messages]
            finally:
                self._socket = None

    @override
    def close(self) -> None:
        """End the subscription, also from another thread or greenlet."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class UnixCommands(CommandSender):
    """Sends each wish on a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @override
    def send(self, request: CommandRequest, timeout_s: float) -> CommandReply:
        """Send a wish and wait for its answer.

        Raises:
            BusError: no answer came; whether it was carried out is unknown.
        """
        reader = reader_side()
        with _connect(self._path) as connection:
            connection.settimeout(timeout_s)
            _send(connection, encode(request))
            while True:
                for message in reader.feed(_receive(connection)):
                    if isinstance(message, CommandReply):
                        return message


def _connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(CONNECT_S)
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        raise EngineAway(f"the engine cannot be reached at {path}: {why(error)}") from error
    return connection


def _send(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except OSError as error:
        raise BusError(f"the engine went away: {why(error)}") from error


def _receive(connection: socket.socket) -> bytes:
    try:
        data = connection.recv(READ)
    except TimeoutError as error:
        waited = connection.gettimeout()
        raise BusError(f"the engine has been silent for {waited:g} s") from error
    except OSError as error:
        raise BusError(f"the engine went away: {why(error)}") from error
    if not data:
        raise BusError("the engine closed the connection")
    return data


def why(error: OSError) -> str:
    """Return the reason for *error* in the system's words, or what kind it is."""
    return error.strerror or str(error) or type(error).__name__
