"""Streams of an exchange: one supervised task each, watched, counted and begun anew."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from random import Random
from typing import Any, Final

from exchange.real.audit import differs
from exchange.real.client import ExchangeClient
from exchange.real.connections import WATCHING
from exchange.real.errors import ExchangeError, RateLimited, RegionRefused, Unreachable, translated
from exchange.real.stream import Stream, StreamHealth
from exchange.real.takeover import old, replace
from utils.backoff import Backoff

log: Final = logging.getLogger(__name__)

__all__ = ["StreamHealth", "Streams"]

TICK_S: Final = 1.0
BASE_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0
GAP_WAIT_S: Final = 0.1
REFUSED_WAIT_S: Final = 300.0
STABLE_S: Final = 10.0
SILENT_S: Final = 10.0  # a connection that brings nothing for so long, while a stream is stale
AUDIT_EVERY_S: Final = 15.0  # one book: weight 2 of 2400 a minute
ROTATE_AFTER_MS: Final = 23 * 3_600_000 + 1_800_000  # Binance disconnects after 24 hours
ROTATE_AGAIN_MS: Final = 300_000


class Streams:
    """Keeps every stream running.

    Promise: whatever a stream meets, it is tried again until it is stopped, ever more patiently,
    and never while the exchange wants silence; nothing that `take` is given is older than what it
    was given before; after `close` no task is left.

    Books are compared with the exchange's own, one after the other; one that differs twice in a
    row begins anew with a snapshot, which counts as a gap.

    Attributes:
        client: whose streams they are.
    """

    def __init__(
        self,
        client: ExchangeClient,
        rng: Random,
        *,
        rotate_after_ms: int = ROTATE_AFTER_MS,
        audit_every_s: float = AUDIT_EVERY_S,
    ) -> None:
        """Watch over streams of *client*.

        Args:
            client: of the exchange.
            rng: gives the jitter of the waits.
            rotate_after_ms: how old a connection becomes before another takes over.
            audit_every_s: how often a book is compared with the exchange's.
        """
        self.client = client
        self._clock = client.clock
        self._rng = rng
        self._rotate_after_ms = rotate_after_ms
        self._rotated_at: dict[str, int] = {}
        self._streams: dict[str, Stream] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._rotations: set[asyncio.Task[None]] = set()
        self._audit_every_s = audit_every_s
        self._keepers = [
            asyncio.create_task(self._watch(), name="watchdog of the streams"),
            asyncio.create_task(self._audit(), name="audit of the books"),
        ]

    def start(
        self,
        name: str,
        kind: str,
        symbol: str,
        watch: Callable[[], Awaitable[Any]],
        take: Callable[[Any], None],
        resync: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Begin to follow a stream.

        Args:
            name: unique, such as ``book BTC/USDT``.
            kind: ticker, book, trades, candles, mark, day or user; it says what is late, what is
                double and for how long silence is normal.
            symbol: ours, or empty.
            watch: returns what comes next; called again and again.
            take: is given what is new of it: of trades those that were not told yet.
            resync: awaited before watching again after a break, to fill what was missed.

        Raises:
            ValueError: a stream of that name runs.
        """
        if name in self._tasks:
            raise ValueError(f"a stream named {name!r} runs already")
        stream = Stream(name, kind, symbol, watch, take, resync)
        self._streams[name] = stream
        self._tasks[name] = asyncio.create_task(self._run(stream), name=f"stream {name}")

    async def stop(self, name: str) -> None:
        """Stop the stream *name* and forget it; one that is not there is stopped."""
        self._streams.pop(name, None)
        task = self._tasks.pop(name, None)
        self.client.connections.forget(name)
        if task is not None:
            await _end([task])

    async def close(self) -> None:
        """Stop every stream."""
        for stream in self._streams.values():
            stream.state = "stopped"
        tasks = [*self._keepers, *self._tasks.values(), *self._rotations]
        self._tasks.clear()
        await _end(tasks)

    def health(self) -> list[StreamHealth]:
        """Return how each stream is, in the order they were started."""
        now = self._clock.now()
        return [stream.health(now) for stream in self._streams.values()]

    async def _run(self, stream: Stream) -> None:
        WATCHING.set(stream.name)
        backoff = Backoff(BASE_WAIT_S, LONGEST_WAIT_S, self._rng)
        again = False
        error: Exception
        while True:
            try:
                if again and stream.resync is not None:
                    await stream.resync()
                await self._follow(stream)
            except asyncio.CancelledError:
                if _is_cancelled():
                    raise
                error = Unreachable("the connection was closed")  # ccxt cancels futures
            except Exception as caught:  # noqa: BLE001 - a supervisor: told below, and on the page
                error = caught
            again = True
            await self._wait(stream, error, backoff)

    async def _follow(self, stream: Stream) -> None:
        """Hand on what comes, until something breaks."""
        stream.begin()
        while True:
            payload = await stream.watch()
            fresh = stream.sift(payload, self._clock.now())
            if fresh is None:
                continue
            try:
                stream.take(fresh)
            except Exception as error:
                if not stream.spoilt:
                    log.exception("What came over %s could not be used", stream.name)
                stream.spoilt += 1
                stream.error = f"a message could not be used: {type(error).__name__}"

    async def _wait(self, stream: Stream, error: Exception, backoff: Backoff) -> None:
        """Note what broke and wait as long as is fit."""
        if stream.live_for_s(self._clock.now()) >= STABLE_S:
            backoff.reset()
        if stream.book is not None:
            self.client.connections.forget_book(stream.book)
        if is_gap(error):
            stream.gap()
            await self._clock.sleep(min(GAP_WAIT_S, backoff.next()))
            return
        found = translated(error, now=self._clock.now())
        stream.fail(str(found))
        await self._clock.sleep(self._patience_s(found, backoff))

    def _patience_s(self, error: ExchangeError, backoff: Backoff) -> float:
        wait_s = backoff.next()
        if isinstance(error, RateLimited):
            return max(0.0, (error.until_ms - self._clock.now()) / 1000) + wait_s
        if isinstance(error, RegionRefused):
            return REFUSED_WAIT_S + wait_s
        return wait_s

    async def _watch(self) -> None:
        """Look at every stream and connection once a second."""
        while True:
            await self._clock.sleep(TICK_S)
            now = self._clock.now()
            for stream in list(self._streams.values()):
                stream.tick(now)
            for name, why in self._stuck(now):
                log.warning("Stream %s: %s; its connection begins anew", name, why)
                self.client.connections.drop(name, why)
            self._rotate(now)

    async def _audit(self) -> None:
        """Compare one book after the other with the exchange's own."""
        while True:
            await self._clock.sleep(self._audit_every_s)
            books = [one for one in self._streams.values() if one.book and one.state == "live"]
            if books:
                await self._compare(min(books, key=lambda stream: stream.audits))

    async def _compare(self, stream: Stream) -> None:
        stream.audits += 1
        symbol = stream.book or ""
        try:
            wrong = await differs(self.client, symbol) and await differs(self.client, symbol)
        except ExchangeError as error:
            log.debug("The book of %s could not be compared: %s", stream.symbol, error)
            return
        if wrong:
            log.warning("The book of %s differs from the exchange's: taken anew", stream.symbol)
            self.client.connections.mistrust(stream.name, symbol)

    def _stuck(self, now: int) -> Iterator[tuple[str, str]]:
        """Yield streams whose connection should be broken, and why."""
        dropped = False
        for stream in list(self._streams.values()):
            if dropped or not stream.is_stale(now):
                continue
            silent_s = self.client.connections.silent_s(stream.name)
            if silent_s is not None and silent_s >= SILENT_S:
                yield stream.name, f"nothing came for {silent_s:.0f} s"
                dropped = True
            elif stream.is_deaf(now):
                yield stream.name, "it is silent while others on its connection are not"
                dropped = True

    def _rotate(self, now: int) -> None:
        """Replace the oldest connection before the exchange breaks it."""
        if self._rotations:
            return
        for url in old(self.client.connections, self._rotate_after_ms):
            if now - self._rotated_at.get(url, 0) < ROTATE_AGAIN_MS:
                continue
            self._rotated_at[url] = now
            task = asyncio.create_task(self._replace(url), name="replacement of a connection")
            self._rotations.add(task)
            task.add_done_callback(self._rotations.discard)
            return

    async def _replace(self, url: str) -> None:
        if await replace(self.client.connections, url):
            self._rotated_at.pop(url, None)


def is_gap(error: Exception) -> bool:
    """Return whether *error* says that messages of a book are missing."""
    from ccxt.base.errors import ChecksumError  # noqa: PLC0415 - loaded with the exchange

    return isinstance(error, ChecksumError)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
