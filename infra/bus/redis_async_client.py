"""The readers' end of the bus on Redis Streams, for asyncio."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

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
from infra.bus.redis_client import AWAY, SILENCE_S, entries, living, open_redis, said, wish
from infra.bus.redis_stream import (
    BATCH,
    ENGINE,
    STREAM,
    WISHES,
    WISHES_CAP,
    Reading,
    read_reply,
    whole_key,
)


class AsyncRedisSubscriber(AsyncBusSubscriber):
    """One subscription at a time to the engine that writes to the Redis at *url*."""

    def __init__(self, url: str, silence_s: float = SILENCE_S) -> None:
        self._url = url
        self._silence_s = silence_s

    @override
    async def deliveries(self, resume: EventId | None) -> AsyncGenerator[list[Delivery], None]:
        """Yield what arrives, a list for each read, until cancelled or closed.

        Raises:
            BusError: the engine cannot be reached, went silent or broke the protocol.
        """
        client: Any = open_redis(self._url)
        try:
            reading = Reading(await _stream(client), resume)
            first = await client.xrange(reading.key, count=1)
            last = await client.xrevrange(reading.key, count=1)
            whole = await client.get(whole_key(reading.stream))
            yield reading.opening(reading.begin(whole, first, last), whole)
            wait_ms = int(self._silence_s * 1000)
            while True:
                found = await client.xread({reading.key: reading.place}, count=BATCH, block=wait_ms)
                yield reading.take(entries(found, self._silence_s))
        except BusError:
            raise
        except Exception as error:
            raise BusError(f"Redis went away: {said(error)}") from error
        finally:
            with suppress(Exception):
                await client.aclose()


class AsyncRedisCommands(AsyncCommandSender):
    """Sends each wish on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url

    @override
    async def send(self, request: CommandRequest, timeout_s: float) -> CommandReply:
        """Send a wish and wait for its answer.

        Raises:
            BusError: no answer came; whether it was carried out is unknown.
        """
        client: Any = open_redis(self._url)
        try:
            await _stream(client)
            name, body = wish(request, timeout_s)
            await client.xadd(WISHES, body, maxlen=WISHES_CAP)
            answer = await client.blpop([name], timeout=timeout_s)
        except BusError:
            raise
        except Exception as error:
            raise BusError(f"Redis went away: {said(error)}") from error
        finally:
            await client.aclose()
        if answer is None:
            raise BusError(f"the engine has been silent for {timeout_s:g} s")
        return read_reply(answer[1])


async def _stream(client: Any) -> str:
    try:
        engine, stream = await client.mget(ENGINE, STREAM)
    except Exception as error:
        raise EngineAway(f"{AWAY}: {said(error)}") from error
    return living(engine, stream)
