import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.real.client import ExchangeClient
from exchange.real.errors import RegionRefused
from exchange.real.stream import Stream, StreamHealth
from exchange.real.streams import Streams
from exchange.real.takeover import replace
from exchange.real.venue import Venue as At
from tests.exchange.venue import Venue, venue_server
from utils.clock import ScaledClock, SystemClock

BTC = "BTC/USDT:USDT"
NOW = 1_790_000_000_000


class Desk:
    """A client and its streams, with everything that they brought."""

    def __init__(self, client: ExchangeClient, streams: Streams, venue: Venue) -> None:
        self.client, self.streams, self.venue = client, streams, venue
        self.brought: dict[str, list[Any]] = {}
        self.resyncs = 0

    def watch(self, kind: str, take: Callable[[Any], None] | None = None) -> None:
        api = self.client.api
        watch: dict[str, Callable[[], Awaitable[Any]]] = {
            "book": lambda: api.watch_order_book(BTC),
            "trades": lambda: api.watch_trades(BTC),
            "candles": lambda: api.watch_ohlcv(BTC, "1m"),
            "mark": lambda: api.watch_mark_price(BTC),
            "day": lambda: api.watch_ticker(BTC),
            "ticker": lambda: api.watch_bids_asks([BTC]),
        }
        kept = self.brought.setdefault(kind, [])
        self.streams.start(kind, kind, "BTC/USDT", watch[kind], take or kept.append, self._resync)

    async def _resync(self) -> None:
        self.resyncs += 1

    def of(self, kind: str) -> StreamHealth:
        return next(one for one in self.streams.health() if one.name == kind)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not is_so():
                await asyncio.sleep(0.005)

    async def live(self, *kinds: str) -> None:
        """Wait until each of *kinds* has brought something new."""
        for kind in kinds:
            before = self.of(kind).messages
            await self.until(
                lambda kind=kind, before=before: (  # type: ignore[misc]
                    self.of(kind).state == "live" and self.of(kind).messages > before
                )
            )

    def is_book_right(self) -> bool:
        """Return whether ccxt's book is the venue's, where they stand at the same change."""
        ours = (self.client.api.orderbooks or {}).get(BTC)
        theirs = self.venue.market["BTCUSDT"].book.snapshot()
        if ours is None or ours["nonce"] != theirs["lastUpdateId"]:
            return False
        return all(
            [[float(price), float(qty)] for price, qty in theirs[side]] == list(ours[side])
            for side in ("bids", "asks")
        )


def at_the_desk(
    story: Callable[[Desk], Awaitable[None]], *, rate_hz: float = 50, speed: float = 1, **how: Any
) -> None:
    async def run() -> None:
        clock = (
            SystemClock() if speed == 1 else ScaledClock(SystemClock(), SystemClock().now(), speed)
        )
        async with venue_server(rate_hz=rate_hz) as venue:
            client = await ExchangeClient.open(At("binanceusdm", url=venue.url), clock)
            streams = Streams(client, Random(1), **how)
            try:
                await client.call("load_markets")
                await story(Desk(client, streams, venue))
            finally:
                await streams.close()
                await client.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_every_kind_of_stream_is_followed_over_few_connections() -> None:
    async def story(desk: Desk) -> None:
        kinds = ("book", "trades", "candles", "mark", "day", "ticker")
        for kind in kinds:
            desk.watch(kind)
            assert desk.of(kind).state == "connecting"
        await desk.live(*kinds)
        health = desk.client.health()
        assert health.connections <= 4
        for kind in kinds:
            told = desk.of(kind)
            assert (told.reconnects, told.gaps, told.error) == (0, 0, "")
            assert told.last_at is not None
            assert len(desk.brought[kind]) > 0
        await desk.until(lambda: desk.of("book").rate_per_s > 0)
        await desk.streams.stop("day")
        assert "day" not in [one.name for one in desk.streams.health()]

    at_the_desk(story)


def test_broken_frames_are_counted_and_nothing_stops() -> None:
    async def story(desk: Desk) -> None:
        desk.watch("book")
        desk.watch("trades")
        await desk.live("book", "trades")
        for fault in (desk.venue.faults.garbage, desk.venue.faults.half):
            fault("", times=5)
            before = desk.client.health().garbled
            await desk.until(lambda before=before: desk.client.health().garbled >= before + 5)  # type: ignore[misc]
        await desk.live("book", "trades")
        assert desk.of("trades").reconnects == 0

    at_the_desk(story)


def test_a_gap_is_mended_by_a_snapshot_and_counted() -> None:
    async def story(desk: Desk) -> None:
        desk.watch("book")
        desk.venue.market.step()
        await desk.until(lambda: desk.of("book").state == "connecting")
        await asyncio.wait_for(_step_until(desk, lambda: bool(desk.brought["book"])), 30)
        for wanted in (1, 2, 3):
            desk.venue.faults.gap("@depth")
            await asyncio.wait_for(
                _step_until(
                    desk,
                    lambda wanted=wanted: (
                        desk.of("book").gaps >= wanted  # type: ignore[misc]
                        and desk.of("book").state == "live"
                    ),
                ),
                30,
            )
        desk.venue.faults.clear()
        await desk.until(desk.is_book_right)
        snapshots = sum("/depth" in one.path for one in desk.venue.seen)
        assert snapshots == 1 + desk.of("book").gaps
        assert desk.of("book").reconnects == 0

    at_the_desk(story, rate_hz=0)


async def _step_until(desk: Desk, is_so: Callable[[], bool]) -> None:
    while not is_so():
        desk.venue.market.step()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_trouble_the_book_is_the_exchanges_own(seed: int) -> None:
    async def story(desk: Desk) -> None:
        rng, faults = Random(seed), desk.venue.faults
        desk.watch("book")
        desk.watch("trades")
        troubles = (
            lambda: faults.gap("@depth", rng.randint(1, 3)),
            lambda: faults.duplicate("", rng.randint(1, 5)),
            lambda: faults.reorder("@depth", 2),
            lambda: faults.half("", rng.randint(1, 3)),
            lambda: faults.garbage("", rng.randint(1, 3)),
            lambda: faults.http(502, "/depth"),
            faults.hang_up,
        )
        for _ in range(60):
            rng.choice(troubles)()
            desk.venue.market.step(rng.randint(1, 4))
            await asyncio.sleep(0.005)
        faults.clear()
        desk.brought["book"].clear()
        await asyncio.wait_for(_step_until(desk, lambda: bool(desk.brought["book"])), 30)
        await desk.until(desk.is_book_right)
        ids = [int(trade["id"]) for trades in desk.brought["trades"] for trade in trades]
        assert ids == sorted(set(ids))

    at_the_desk(story, rate_hz=0, speed=20)


def test_after_a_disconnect_streams_resynchronise_and_begin_anew() -> None:
    async def story(desk: Desk) -> None:
        desk.watch("book")
        desk.watch("mark")
        await desk.live("book", "mark")
        desk.venue.faults.hang_up()
        await desk.until(lambda: desk.resyncs == 2)
        await desk.live("book", "mark")
        assert desk.of("book").reconnects == 1
        assert desk.of("book").gaps == 0
        assert "closed" in desk.of("book").error

    at_the_desk(story)


def test_a_connection_that_falls_silent_is_broken_and_dialled_anew() -> None:
    async def story(desk: Desk) -> None:
        desk.watch("book")
        await desk.live("book")
        desk.venue.faults.stall("@depth")
        await desk.until(lambda: desk.of("book").state == "stale")
        await desk.until(lambda: desk.of("book").state in {"waiting", "connecting"})
        desk.venue.faults.clear()
        await desk.live("book")
        assert desk.of("book").reconnects >= 1

    at_the_desk(story, speed=20)


def test_a_lost_subscription_on_a_lively_connection_is_renewed() -> None:
    async def story(desk: Desk) -> None:
        desk.client.api.options["streamLimits"]["linear"] = 1
        desk.watch("mark")
        desk.watch("day")
        await desk.live("mark", "day")
        desk.venue.faults.stall("@markPrice")
        await desk.until(lambda: desk.of("mark").state in {"waiting", "connecting"})
        desk.venue.faults.clear()
        await desk.live("mark")
        assert desk.of("mark").reconnects >= 1

    at_the_desk(story, speed=20, rate_hz=20)


def test_an_old_connection_is_replaced_without_a_gap() -> None:
    async def story(desk: Desk) -> None:
        desk.watch("trades")
        desk.watch("book")
        await desk.live("trades", "book")
        clients = desk.client.api.clients
        before = dict(clients)
        await desk.until(lambda: all(clients[url] is not old for url, old in before.items()))
        await desk.until(lambda: all(old.closed() for old in before.values()))
        await desk.live("trades", "book")
        ids = [int(trade["id"]) for trades in desk.brought["trades"] for trade in trades]
        assert ids == list(range(ids[0], ids[-1] + 1))
        assert desk.of("trades").reconnects == desk.of("book").reconnects == 0

    at_the_desk(story, speed=20, rotate_after_ms=10_000)


def test_a_replacement_that_fails_leaves_the_old_connection() -> None:
    async def story(desk: Desk) -> None:
        desk.watch("trades")
        await desk.live("trades")
        (url,) = desk.client.api.clients
        old = desk.client.api.clients[url]
        desk.client.connections.guard.ban("600")
        assert not await replace(desk.client.connections, url)
        assert desk.client.api.clients[url] is old
        await desk.live("trades")
        assert await replace(desk.client.connections, "ws://nobody") is True

    at_the_desk(story, speed=20)


def test_while_it_is_banned_nothing_is_asked_and_then_all_goes_on() -> None:
    async def story(desk: Desk) -> None:
        desk.watch("book")
        await desk.live("book")
        desk.venue.faults.http(429, "/depth", retry_after_s=20)
        desk.venue.faults.gap("@depth")
        await desk.until(lambda: desk.client.banned_until is not None)
        until = desk.client.banned_until or 0
        desk.venue.faults.hang_up()
        await desk.until(lambda: desk.of("book").state == "waiting")
        seen = len(desk.venue.seen)
        while desk.client.clock.now() < until - 2_000:
            assert len(desk.venue.seen) == seen
            await asyncio.sleep(0.01)
        await desk.live("book")

    at_the_desk(story, speed=20)


def test_maintenance_is_waited_out() -> None:
    async def story(desk: Desk) -> None:
        desk.watch("book")
        desk.watch("mark")
        await desk.live("book", "mark")
        desk.venue.faults.maintenance()
        desk.venue.faults.hang_up()
        await desk.until(lambda: all("503" in one.error for one in desk.streams.health()))
        seen, began = len(desk.venue.seen), desk.client.clock.now()
        await desk.until(lambda: desk.client.clock.now() - began > 8_000)
        assert len(desk.venue.seen) - seen < 16  # ever more patiently
        desk.venue.faults.clear()
        await desk.live("book", "mark")
        assert desk.client.health().reachable

    at_the_desk(story, speed=10)


def test_what_cannot_be_used_stops_nothing() -> None:
    async def story(desk: Desk) -> None:
        def take(_: Any) -> None:
            raise KeyError("p")

        desk.watch("trades", take)
        await desk.until(lambda: desk.of("trades").messages > 20)
        assert desk.of("trades").state == "live"
        assert "KeyError" in desk.of("trades").error

    at_the_desk(story)


def test_a_book_that_differs_from_the_exchanges_is_taken_anew() -> None:
    async def story(desk: Desk) -> None:
        desk.watch("book")
        await desk.live("book")
        desk.venue.market.activity.still = True
        await desk.until(desk.is_book_right)
        asks = desk.client.api.orderbooks[BTC]["asks"]
        for row in list(asks[:9]):
            asks.storeArray([row[0], row[1] + 1])
        assert not desk.is_book_right()
        await desk.until(lambda: desk.of("book").gaps > 0 and desk.is_book_right())
        gaps, seen = desk.of("book").gaps, len(desk.venue.seen)
        await desk.until(lambda: len(desk.venue.seen) > seen + 3)
        assert desk.of("book").gaps == gaps

    at_the_desk(story, speed=20, audit_every_s=2)


def test_a_right_book_is_never_mistrusted_while_it_moves() -> None:
    async def story(desk: Desk) -> None:
        desk.watch("book")
        await desk.live("book")
        await desk.until(lambda: sum("/depth" in one.path for one in desk.venue.seen) > 20)
        assert desk.of("book").gaps == 0

    at_the_desk(story, speed=20, audit_every_s=1)


def test_a_stream_is_started_once() -> None:
    async def story(desk: Desk) -> None:
        desk.watch("mark")
        with pytest.raises(ValueError, match="runs already"):
            desk.watch("mark")
        await desk.streams.stop("mark")
        await desk.streams.stop("mark")
        desk.watch("mark")

    at_the_desk(story)


def test_a_refused_region_is_not_asked_again_soon() -> None:
    async def story(desk: Desk) -> None:
        calls: list[int] = []

        async def watch() -> None:
            calls.append(1)
            raise RegionRefused("not here")

        desk.streams.start("x", "book", "BTC/USDT", watch, print)
        began = desk.client.clock.now()
        await desk.until(lambda: len(calls) == 2)
        assert desk.client.clock.now() - began >= 300_000

    at_the_desk(story, speed=3000, rate_hz=0)


@contextmanager
def a_stream(kind: str) -> Iterator[Stream]:
    async def watch() -> None: ...

    stream = Stream(kind, kind, "BTC/USDT", watch, print)
    stream.begin()
    yield stream


@given(st.lists(st.integers(1, 30), max_size=60))
def test_trades_pass_once_and_in_order(ids: list[int]) -> None:
    with a_stream("trades") as stream:
        got = stream.sift([{"id": str(n), "timestamp": NOW} for n in ids], NOW) or []
    passed = [int(trade["id"]) for trade in got]
    assert passed == sorted(set(passed))
    assert len(passed) + stream.duplicates == len(ids) == stream.messages


def test_trades_with_names_pass_by_time_and_once() -> None:
    with a_stream("trades") as stream:
        trades = [
            {"id": name, "timestamp": at} for name, at in (("a", 5), ("b", 5), ("a", 5), ("c", 4))
        ]
        assert [trade["id"] for trade in stream.sift(trades, NOW)] == ["a", "b"]


def test_older_books_and_marks_are_left_out_until_a_new_connection() -> None:
    with a_stream("book") as stream:
        ranks = [stream.sift({"symbol": BTC, "nonce": n}, NOW) is not None for n in (5, 4, 5, 6)]
        assert ranks == [True, False, False, True]
        stream.begin()
        assert stream.sift({"symbol": BTC, "nonce": 1}, NOW)
    with a_stream("mark") as stream:
        assert stream.sift({"timestamp": 7}, NOW)
        assert stream.sift({"timestamp": 6}, NOW) is None
        assert stream.sift({"timestamp": None}, NOW)
        assert stream.duplicates == 1


def test_a_replacement_that_is_broken_off_leaves_nothing_behind() -> None:
    async def story(desk: Desk) -> None:
        desk.watch("trades")
        await desk.live("trades")
        (url,) = desk.client.api.clients
        old = desk.client.api.clients[url]
        task = asyncio.create_task(replace(desk.client.connections, url))
        await desk.until(lambda: desk.client.api.clients[url] is not old)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert desk.client.api.clients[url] is old
        await desk.live("trades")

    at_the_desk(story)
