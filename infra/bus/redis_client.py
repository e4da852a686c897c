"""The readers' end of the bus on Redis Streams: plain blocking calls, no event loop.

Under gevent's patches each wait becomes a switch to another greenlet.
"""

import secrets
from collections.abc import Generator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from core.errors import BusError, ConfigError
from core.stream import EventId
from infra.bus.base import (
    BusSubscriber,
    CommandReply,
    CommandRequest,
    CommandSender,
    Delivery,
    EngineAway,
)
from infra.bus.redis_stream import (
    BATCH,
    CONNECT_S,
    ENGINE,
    STREAM,
    WISHES,
    WISHES_CAP,
    Entry,
    Reading,
    Wish,
    encode,
    read_reply,
    whole_key,
)

if TYPE_CHECKING:
    import redis
    import redis.asyncio

SILENCE_S: Final = 10.0  # the engine pulses every 2 s
MISSING: Final = (
    "BUS_URL names Redis, and its client is not installed: run "
    ".venv/bin/python -m pip install -r requirements-redis.txt"
)
AWAY: Final = "the engine cannot be reached through Redis"


def open_redis(url: str) -> "redis.asyncio.Redis":
    """Return a client for asyncio; it connects when it is used.

    Raises:
        ConfigError: the library is not there.
    """
    try:
        from redis.asyncio import Redis
    except ImportError as error:
        raise ConfigError(MISSING) from error
    client: redis.asyncio.Redis = Redis.from_url(url, **OPTIONS)
    return client


def open_blocking(url: str) -> "redis.Redis":
    """Return a client for plain calls; it connects when it is used.

    Raises:
        ConfigError: the library is not there.
    """
    try:
        from redis import Redis
    except ImportError as error:
        raise ConfigError(MISSING) from error
    client: redis.Redis = Redis.from_url(url, **OPTIONS)
    return client


OPTIONS: Final[dict[str, Any]] = {"socket_connect_timeout": CONNECT_S, "protocol": 2}


def said(error: BaseException) -> str:
    """Return what *error* says, without the password of any URL."""
    return str(error).rpartition("@")[2] or type(error).__name__


class RedisSubscriber(BusSubscriber):
    """One subscription at a time to the engine that writes to the Redis at *url*."""

    def __init__(self, url: str, silence_s: float = SILENCE_S) -> None:
        self._url = url
        self._silence_s = silence_s
        self._client: redis.Redis | None = None

    @override
    def deliveries(self, resume: EventId | None) -> Generator[list[Delivery], None, None]:
        """Yield what arrives, a list for each read, until closed.

        Raises:
            BusError: the engine cannot be reached, went silent or broke the protocol.
        """
        client: Any = open_blocking(self._url)
        self._client = client
        try:
            reading = Reading(_stream(client), resume)
            first = client.xrange(reading.key, count=1)
            last = client.xrevrange(reading.key, count=1)
            whole = client.get(whole_key(reading.stream))
            yield reading.opening(reading.begin(whole, first, last), whole)
            wait_ms = int(self._silence_s * 1000)
            while True:
                found = client.xread({reading.key: reading.place}, count=BATCH, block=wait_ms)
                yield reading.take(entries(found, self._silence_s))
        except BusError:
            raise
        except Exception as error:
            raise BusError(f"Redis went away: {said(error)}") from error
        finally:
            self._client = None
            with suppress(Exception):
                client.close()

    @override
    def close(self) -> None:
        """End the subscription, also from another thread or greenlet."""
        client = self._client
        if client is not None:
            with suppress(Exception):
                client.connection_pool.disconnect()


class RedisCommands(CommandSender):
    """Sends each wish on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url

    @override
    def send(self, request: CommandRequest, timeout_s: float) -> CommandReply:
        """Send a wish and wait for its answer.

        Raises:
            BusError: no answer came; whether it was carried out is unknown.
        """
        client: Any = open_blocking(self._url)
        try:
            _stream(client)
            name, body = wish(request, timeout_s)
            client.xadd(WISHES, body, maxlen=WISHES_CAP)
            answer = client.blpop([name], timeout=timeout_s)
        except BusError:
            raise
        except Exception as error:
            raise BusError(f"Redis went away: {said(error)}") from error
        finally:
            client.close()
        if answer is None:
            raise BusError(f"the engine has been silent for {timeout_s:g} s")
        return read_reply(answer[1])


def entries(found: Any, silence_s: float) -> list[Entry]:
    """Return the entries of a read of one stream.

    Raises:
        BusError: nothing came for *silence_s*.
    """
    if not found:
        raise BusError(f"the engine has been silent for {silence_s:g} s")
    read: list[Entry] = found[0][1]
    return read


def wish(request: CommandRequest, timeout_s: float) -> tuple[str, dict[Any, Any]]:
    """Return the list that waits for the answer, and the entry that says the wish."""
    name = f"quarterdeck:reply:{secrets.token_hex(12)}"
    return name, {"m": encode(Wish(request, name, timeout_s))}


def _stream(client: Any) -> str:
    try:
        engine, stream = client.mget(ENGINE, STREAM)
    except Exception as error:
        raise EngineAway(f"{AWAY}: {said(error)}") from error
    return living(engine, stream)


def living(engine: bytes | None, stream: bytes | None) -> str:
    """Return the name of the stream that is written now.

    Raises:
        EngineAway: there is none, or its engine gave no sign of life for long.
    """
    if engine is None or stream is None:
        raise EngineAway(f"{AWAY}: it gave no sign of life")
    return stream.decode()
