"""The readers' end of the bus on a unix socket, for asyncio."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from typing_extensions import override

from core.errors import BusError
from core.stream import EventId
from infra.bus.base import (
    AsyncBusSubscriber,
    AsyncCommandSender,
    CommandReply,
    CommandRequest,
    Delivery,
    EngineAway,
)
from infra.bus.unix_client import CONNECT_S, READ, SILENCE_S, why
from infra.bus.wire import PROTOCOL, Hello, as_delivery, encode, reader_side

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class AsyncUnixSubscriber(AsyncBusSubscriber):
    """One subscription at a time to the engine that listens at *path*."""

    def __init__(self, path: Path, silence_s: float = SILENCE_S) -> None:
        self._path = path
        self._silence_s = silence_s

    @override
    async def deliveries(self, resume: EventId | None) -> AsyncGenerator[list[Delivery], None]:
        """Yield what arrives, a list for each read, until cancelled or closed.

        Raises:
            BusError: the engine cannot be reached, went silent or broke the protocol.
        """
        reader = reader_side()
        async with _connected(self._path) as connection:
            hello = Hello(PROTOCOL, str(resume) if resume else None)
            await _send(connection, encode(hello), self._silence_s)
            while True:
                messages = reader.feed(await _receive(connection, self._silence_s))
                yield [as_delivery(message) for message in messages]


class AsyncUnixCommands(AsyncCommandSender):
    """Sends each wish on a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @override
    async def send(self, request: CommandRequest, timeout_s: float) -> CommandReply:
        """Send a wish and wait for its answer.

        Raises:
            BusError: no answer came; whether it was carried out is unknown.
        """
        reader = reader_side()
        async with _connected(self._path) as connection:
            await _send(connection, encode(request), timeout_s)
            while True:
                for message in reader.feed(await _receive(connection, timeout_s)):
                    if isinstance(message, CommandReply):
                        return message


@asynccontextmanager
async def _connected(path: Path) -> AsyncIterator[Connection]:
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_unix_connection(str(path))
    except OSError as error:  # which a timeout is too
        raise EngineAway(f"the engine cannot be reached at {path}: {why(error)}") from error
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _send(connection: Connection, data: bytes, timeout_s: float) -> None:
    _, writer = connection
    try:
        writer.write(data)
        async with asyncio.timeout(timeout_s):
            await writer.drain()
    except OSError as error:
        raise BusError(f"the engine went away: {why(error)}") from error


async def _receive(connection: Connection, timeout_s: float) -> bytes:
    reader, _ = connection
    try:
        async with asyncio.timeout(timeout_s):
            data = await reader.read(READ)
    except TimeoutError as error:
        raise BusError(f"the engine has been silent for {timeout_s:g} s") from error
    except OSError as error:
        raise BusError(f"the engine went away: {why(error)}") from error
    if not data:
        raise BusError("the engine closed the connection")
    return data
