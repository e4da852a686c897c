"""Which bus the settings ask for: each end of it, by what ``bus_url`` says.

A process loads what it uses: the web process no asyncio, and only who uses Redis that part.
"""

import hashlib
import logging
import socket
from collections.abc import Callable

from core.stream import Ring
from infra.bus.base import (
    AsyncBusSubscriber,
    AsyncCommandSender,
    BusServer,
    BusSubscriber,
    CommandReply,
    CommandRequest,
    CommandSender,
)
from infra.bus.granting import CommandHandler
from infra.bus.unix_client import UnixCommands, UnixSubscriber
from infra.correlation import correlated
from infra.settings import Settings

log = logging.getLogger(__name__)


def bus_server(
    settings: Settings,
    ring: Ring,
    snapshot: Callable[[], bytes],
    on_command: CommandHandler,
    now: Callable[[], int],
) -> BusServer:
    """Return the engine's end; what it logs while it answers bears the id of the wish."""
    on_command = _told(on_command)
    if settings.redis_url is None:
        from infra.bus.unix_server import UnixBusServer

        return UnixBusServer(settings.socket_path, ring, snapshot, on_command, now)
    from infra.bus.redis_server import RedisBusServer

    place = f"{socket.gethostname()}:{settings.data_dir}".encode()
    owner = hashlib.sha256(place).hexdigest()[:16]
    return RedisBusServer(settings.redis_url, ring, snapshot, on_command, now, owner=owner)


def _told(on_command: CommandHandler) -> CommandHandler:
    async def answer(request: CommandRequest) -> CommandReply:
        with correlated(request.correlation_id or request.id):
            level = logging.INFO if request.name in {"confirm", "stop"} else logging.DEBUG
            log.log(level, "%s asks: %s", request.actor, request.name)
            return await on_command(request)

    return answer


def subscriber(settings: Settings) -> BusSubscriber:
    """Return a reader's end for facts, of plain calls."""
    if settings.redis_url is None:
        return UnixSubscriber(settings.socket_path)
    from infra.bus.redis_client import RedisSubscriber

    return RedisSubscriber(settings.redis_url)


def commands(settings: Settings) -> CommandSender:
    """Return a reader's end for wishes, of plain calls."""
    if settings.redis_url is None:
        return UnixCommands(settings.socket_path)
    from infra.bus.redis_client import RedisCommands

    return RedisCommands(settings.redis_url)


def async_subscriber(settings: Settings) -> AsyncBusSubscriber:
    """Return a reader's end for facts, for asyncio."""
    if settings.redis_url is None:
        from infra.bus.unix_async_client import AsyncUnixSubscriber

        return AsyncUnixSubscriber(settings.socket_path)
    from infra.bus.redis_async_client import AsyncRedisSubscriber

    return AsyncRedisSubscriber(settings.redis_url)


def async_commands(settings: Settings) -> AsyncCommandSender:
    """Return a reader's end for wishes, for asyncio."""
    if settings.redis_url is None:
        from infra.bus.unix_async_client import AsyncUnixCommands

        return AsyncUnixCommands(settings.socket_path)
    from infra.bus.redis_async_client import AsyncRedisCommands

    return AsyncRedisCommands(settings.redis_url)
