"""The readers' ends of the bus, each called the same blocking way, for one contract suite."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Generator
from pathlib import Path
from typing import Any, Protocol, TypeVar

from typing_extensions import override

from core.stream import EventId
from infra.bus.base import (
    AsyncBusSubscriber,
    AsyncCommandSender,
    BusSubscriber,
    CommandReply,
    CommandRequest,
    CommandSender,
    Delivery,
)
from infra.bus.unix_async_client import AsyncUnixCommands, AsyncUnixSubscriber
from infra.bus.unix_client import UnixCommands, UnixSubscriber

T = TypeVar("T")


class Clients(Protocol):
    """One kind of client."""

    def subscriber(self, path: Path, silence_s: float = 10.0) -> BusSubscriber: ...

    def commands(self, path: Path) -> CommandSender: ...


class Blocking:
    def subscriber(self, path: Path, silence_s: float = 10.0) -> BusSubscriber:
        return UnixSubscriber(path, silence_s)

    def commands(self, path: Path) -> CommandSender:
        return UnixCommands(path)


class OnALoop:
    def subscriber(self, path: Path, silence_s: float = 10.0) -> BusSubscriber:
        return blocking_subscriber(AsyncUnixSubscriber(path, silence_s))

    def commands(self, path: Path) -> CommandSender:
        return blocking_commands(AsyncUnixCommands(path))


def blocking_subscriber(real: AsyncBusSubscriber) -> BusSubscriber:
    """Return *real*, called the blocking way."""
    return _LoopSubscriber(real)


def blocking_commands(real: AsyncCommandSender) -> CommandSender:
    """Return *real*, called the blocking way."""
    return _LoopCommands(real)


class _LoopSubscriber(BusSubscriber):
    """Runs its loop only while a delivery is waited for, as a busy program would."""

    def __init__(self, real: AsyncBusSubscriber) -> None:
        self._real = real

    @override
    def deliveries(self, resume: EventId | None) -> Generator[list[Delivery], None, None]:
        loop = asyncio.new_event_loop()
        batches: AsyncGenerator[list[Delivery], None] = self._real.deliveries(resume)
        try:
            while True:
                yield loop.run_until_complete(_next(batches))
        finally:
            loop.run_until_complete(batches.aclose())
            loop.close()

    @override
    def close(self) -> None:
        raise AssertionError("a generator of a loop is closed in that loop")


class _LoopCommands(CommandSender):
    def __init__(self, real: AsyncCommandSender) -> None:
        self._real = real

    @override
    def send(self, request: CommandRequest, timeout_s: float) -> CommandReply:
        return _run(self._real.send(request, timeout_s))


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


async def _next(batches: AsyncGenerator[list[Delivery], None]) -> list[Delivery]:
    return await anext(batches)
