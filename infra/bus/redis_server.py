"""The engine's end of the bus on Redis Streams, for asyncio."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from core.errors import BusError, ConfigError
from core.stream import EventId, Frame, Ring
from infra.bus.base import BusServer, CommandReply, Pulse
from infra.bus.granting import CommandHandler, granted
from infra.bus.redis_client import open_redis, said
from infra.bus.redis_stream import (
    BATCH,
    CONNECT_S,
    ENGINE,
    ENGINE_LIFE_S,
    ENTRIES_CAP,
    GROUP,
    LEFT_LIFE_S,
    PULSE_S,
    STREAM,
    WHOLE_S,
    WISHES,
    Batch,
    Begin,
    Entry,
    Over,
    Snapshot,
    Wish,
    encode,
    entry,
    frames_key,
    read_wish,
    whole_key,
)
from utils.backoff import Backoff

if TYPE_CHECKING:
    from redis.asyncio import Redis

log: Final = logging.getLogger(__name__)

RETRY_BASE_S: Final = 0.2
RETRY_CAP_S: Final = 5.0
LAST_WORDS_S: Final = 2.0
ASK_AGAIN_S: Final = 0.1


class RedisBusServer(BusServer):
    """Appends frames to a capped stream and answers the wishes of another.

    Promise: `publish` never waits. When Redis was away, a new stream begins with what the ring
    holds, so that no reader misses a fact without noticing. One engine a Redis database. A wish
    that nobody waits for any more is not carried out.
    """

    def __init__(
        self,
        url: str,
        ring: Ring,
        snapshot: Callable[[], bytes],
        on_command: CommandHandler,
        now: Callable[[], int] | None = None,
        *,
        owner: str,
    ) -> None:
        """Prepare; `infra.bus.unix_server.UnixBusServer` says what most arguments are.

        *owner* names the data folder, of which there can be one engine only.
        """
        self._url = url
        self._ring = ring
        self._snapshot = snapshot
        self._on_command = on_command
        self._now = now
        self._owner = owner
        self._redis: Redis | None = None
        self._stream = ""
        self._number = 0
        self._pending: list[Batch] = []
        self._wake = asyncio.Event()
        self._whole_seq = -1
        self._tasks: list[asyncio.Task[None]] = []
        self._answers: set[asyncio.Task[None]] = set()

    @property
    @override
    def has_subscribers(self) -> bool:
        """Return True: Redis does not tell who reads."""
        return True

    @override
    async def start(self) -> None:
        """Take the Redis database, begin a stream and read wishes.

        Raises:
            ConfigError: Redis does not answer, or another engine uses this database.
        """
        self._redis = open_redis(self._url)
        try:
            async with asyncio.timeout(2 * CONNECT_S):
                await self._own()
                await self._begin()
        except ConfigError:
            await self._hang_up()
            raise
        except Exception as error:
            await self._hang_up()
            raise ConfigError(f"BUS_URL: Redis cannot be used: {said(error)}") from error
        self._tasks = [
            asyncio.create_task(self._keep(self._send, mended=self._begin)),
            asyncio.create_task(self._keep(self._listen, mended=self._join)),
        ]

    @override
    def publish(self, frames: Sequence[Frame]) -> None:
        """Queue *frames*, already in the ring, for Redis; never waits."""
        if frames and len(self._pending) < ENTRIES_CAP:
            self._pending.append(Batch(list(frames)))
            self._wake.set()

    @override
    async def stop(self) -> None:
        """Send what is left and say that the stream is over."""
        await _end_all(self._tasks)
        await asyncio.gather(*self._answers, return_exceptions=True)
        if self._redis is None:
            return
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                await self._flush()
                await self._end(self._stream, gone=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, the engine ends
            log.warning("The last events did not reach Redis: %s", said(error))
        await self._hang_up()

    async def _hang_up(self) -> None:
        if self._redis is not None:
            await self._redis.aclose()
            self._redis = None

    async def _own(self) -> None:
        """Say that this database is ours.

        Raises:
            ConfigError: it is another engine's.
        """
        db: Any = self._redis
        if await db.set(ENGINE, self._owner, nx=True, ex=ENGINE_LIFE_S):
            return
        if (await db.get(ENGINE) or b"").decode() == self._owner:
            return  # it was killed
        raise ConfigError(
            "BUS_URL: the engine of another data folder uses this Redis database: give each a "
            "database number of its own, as in redis://127.0.0.1:6379/1"
        )

    async def _begin(self) -> None:
        """Begin a stream with what the ring and the state are now."""
        db: Any = self._redis
        old = await db.get(STREAM)
        ring = self._ring
        self._pending.clear()  # all of it is in the ring
        self._stream = f"{ring.epoch}-{secrets.token_hex(4)}"
        held = ring.since(EventId(ring.epoch, ring.floor)) or []
        begin = entry(Begin(ring.epoch, ring.floor, held))
        whole = Snapshot(ring.epoch, ring.seq, self._snapshot())
        self._whole_seq = whole.seq
        name, place = self._stream, self._place(ring.seq)
        async with db.pipeline(transaction=True) as together:
            together.xadd(frames_key(name), begin, id=place)
            together.set(whole_key(name), encode(whole))
            together.set(STREAM, name)
            together.set(ENGINE, self._owner, ex=ENGINE_LIFE_S)
            await together.execute()
        if old is not None and old.decode() != name:
            await self._end(old.decode(), gone=False)
        await self._join()

    async def _end(self, stream: str, *, gone: bool) -> None:
        """Say to who still reads *stream* that it is over, and let Redis forget it."""
        db: Any = self._redis
        async with db.pipeline(transaction=True) as together:
            together.xadd(frames_key(stream), entry(Over()), id="*", nomkstream=True)
            together.expire(frames_key(stream), LEFT_LIFE_S)
            together.expire(whole_key(stream), LEFT_LIFE_S)
            if gone:
                together.delete(STREAM, ENGINE)
            await together.execute(raise_on_error=False)

    def _place(self, seq: int) -> str:
        self._number += 1
        return f"{seq}-{self._number}"

    async def _keep(
        self, work: Callable[[], Awaitable[None]], mended: Callable[[], Awaitable[None]]
    ) -> None:
        """Do *work* for ever; after a fault of Redis, *mended* before it goes on."""
        delays = Backoff(RETRY_BASE_S, RETRY_CAP_S, Random())  # noqa: S311 (no secret)
        fresh = True
        while True:
            try:
                if not fresh:
                    await mended()
                    log.info("Redis is back")
                fresh = True
                delays.reset()
                await work()
            except Exception as error:  # noqa: BLE001 - trading goes on whatever Redis does
                if fresh:
                    log.warning("Redis is away: %s", said(error))
                fresh = False
                await asyncio.sleep(delays.next())  # noqa: TID251 - the machine's time

    async def _send(self) -> None:
        """Send frames as they come, with a pulse and a snapshot now and then."""
        loop = asyncio.get_running_loop()
        pulse_at = whole_at = 0.0
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, pulse_at - loop.time())):
                    await self._wake.wait()
            await self._flush()
            if loop.time() >= pulse_at:
                pulse_at = loop.time() + PULSE_S
                await self._beat()
            if loop.time() >= whole_at:
                whole_at = loop.time() + WHOLE_S
                await self._write_whole()

    async def _flush(self) -> None:
        self._wake.clear()
        if not self._pending:
            return
        db: Any = self._redis
        batches, self._pending = self._pending, []
        key = frames_key(self._stream)
        async with db.pipeline(transaction=False) as together:
            for batch in batches:
                place = self._place(batch.frames[-1].seq)
                together.xadd(key, entry(batch), id=place, maxlen=ENTRIES_CAP)
            await together.execute()

    async def _beat(self) -> None:
        db: Any = self._redis
        pulse = entry(Pulse(self._now() if self._now is not None else None))
        place = self._place(self._ring.seq if not self._pending else self._pending[0].frames[0].seq)
        async with db.pipeline(transaction=False) as together:
            together.set(ENGINE, self._owner, ex=ENGINE_LIFE_S)
            together.xadd(frames_key(self._stream), pulse, id=place, maxlen=ENTRIES_CAP)
            await together.execute()

    async def _write_whole(self) -> None:
        ring, db = self._ring, self._redis
        if db is None or ring.seq == self._whole_seq:
            return
        whole = Snapshot(ring.epoch, ring.seq, self._snapshot())
        await db.set(whole_key(self._stream), encode(whole))
        self._whole_seq = whole.seq

    async def _join(self) -> None:
        """See to it that the group that reads wishes is there."""
        db: Any = self._redis
        try:
            await db.xgroup_create(WISHES, GROUP, id="$", mkstream=True)
        except Exception as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _listen(self) -> None:
        """Answer the wishes as they come, those first that a dead engine left in hand."""
        db: Any = self._redis
        await db.xautoclaim(WISHES, GROUP, self._owner, min_idle_time=0, count=BATCH)
        place = "0"
        while True:
            found = await db.xreadgroup(
                GROUP, self._owner, {WISHES: place}, count=BATCH, block=int(PULSE_S * 1000)
            )
            entries: list[Entry] = found[0][1] if found else []
            if place == "0":
                place = ">"
            for wished in entries:
                task = asyncio.create_task(self._answer(wished))
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)

    async def _answer(self, wished: Entry) -> None:
        place, fields = wished
        db: Any = self._redis
        try:
            try:
                wish = read_wish(fields)
            except BusError as error:
                log.warning("%s", error)
            else:
                if not await self._is_late(place, wish):
                    reply = await granted(self._on_command, wish.request)
                    await self._reply(wish.reply_to, reply, wish.waits_s)
            await db.xack(WISHES, GROUP, place)
            await db.xdel(WISHES, place)
        except Exception as error:  # noqa: BLE001 - who waits is told by their own clock
            log.warning("A wish could not be answered: %s", said(error))

    async def _is_late(self, place: bytes, wish: Wish) -> bool:
        db: Any = self._redis
        seconds, microseconds = await db.time()
        wished_ms = int(place.partition(b"-")[0])
        return bool(seconds * 1000 + microseconds // 1000 - wished_ms > wish.waits_s * 1000)

    async def _reply(self, to: str, reply: CommandReply, waits_s: float) -> None:
        db: Any = self._redis
        async with db.pipeline(transaction=True) as together:
            together.rpush(to, encode(reply))
            together.expire(to, int(waits_s) + 1)
            await together.execute()


async def _end_all(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Cancel *tasks* until they are over: the library may take a cancellation for its own."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=ASK_AGAIN_S)
