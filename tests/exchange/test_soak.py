"""A day at an exchange that disconnects every ten minutes, in the time its work takes.

``SOAK=1`` looks as often as a real day does, at three contracts; without it every look is rarer and
there is one contract, which keeps the day below half a minute.
"""

import asyncio
import gc
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

import exchange.real.feed
import exchange.real.stream
import exchange.real.streams
from core.market import Bar, Funding
from exchange.real.client import ExchangeClient
from exchange.real.feed import ExchangeFeed
from exchange.real.streams import Streams
from exchange.real.venue import Venue as Place
from tests.exchange.venue import Venue, venue_server
from tests.exchange.venue.pair import Pair
from tests.exchange.warp import WarpLoop, run_warped, slower
from utils.clock import ShiftedClock, SystemClock

LONG = bool(os.environ.get("SOAK"))
PACE = 1 if LONG else 20  # how much rarer everything looks
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT") if LONG else ("BTC/USDT",)
MINUTE = 60_000
START = 1_790_000_000_000 // MINUTE * MINUTE
HOURS = 24
CHECK_EVERY_S = 3600
WARM_CHECKS = 4  # before memory is compared


@contextmanager
def rarer_looks() -> Iterator[None]:
    """Let watchdogs look, and streams become stale, `PACE` times later."""
    kinds = {
        name: replace(
            kind,
            stale_after_s=kind.stale_after_s * PACE,
            deaf_after_s=kind.deaf_after_s and kind.deaf_after_s * PACE,
        )
        for name, kind in exchange.real.stream.KINDS.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        names = {exchange.real.streams: ["TICK_S", "SILENT_S"], exchange.real.feed: ["LOOK_S"]}
        slower(patch, PACE, names)
        patch.setattr(exchange.real.stream, "KINDS", kinds)
        yield


class Day:
    """What is gathered while the day passes."""

    def __init__(self, venue: Venue, client: ExchangeClient, feed: ExchangeFeed) -> None:
        self.venue = venue
        self.client = client
        self.feed = feed
        self.kinds: Counter[str] = Counter()
        self.bars: dict[str, list[Bar]] = {symbol: [] for symbol in SYMBOLS}
        self.funding: list[Funding] = []
        self.tasks: list[int] = []
        self.objects: list[int] = []

    async def take(self) -> None:
        """Take the feed's steps, as an engine does."""
        async for step in self.feed.live(self.feed.clock):
            for message in step.messages:
                self.kinds[type(message).__name__] += 1
                if isinstance(message, Bar):
                    self.bars[message.symbol].append(message)
                if isinstance(message, Funding):
                    self.funding.append(message)

    async def check(self, streams: Streams) -> None:
        """See that books are the venue's, and count what lives."""
        for symbol in SYMBOLS:
            pair = self.venue.market[symbol]
            name = f"{symbol}:USDT"
            async with asyncio.timeout(120):
                while not self._is_level(name, pair):
                    await asyncio.sleep(1)
            book, told = self.client.api.orderbooks[name], pair.book.snapshot()
            assert [list(level) for level in book["bids"]] == floats(told["bids"])
            assert [list(level) for level in book["asks"]] == floats(told["asks"])
        assert {one.state for one in streams.health()} <= {"live", "connecting", "waiting", "stale"}
        self.venue.seen.clear()
        self.tasks.append(len(asyncio.all_tasks()))
        gc.collect()
        self.objects.append(len(gc.get_objects()))

    def _is_level(self, name: str, pair: Pair) -> bool:
        book = (self.client.api.orderbooks or {}).get(name)
        return book is not None and book["nonce"] == pair.book.last_id


def floats(levels: list[list[str]]) -> list[list[float]]:
    return [[float(price), float(qty)] for price, qty in levels]


def exact(bar: Bar) -> tuple[Decimal, ...]:
    return (bar.open, bar.high, bar.low, bar.close, bar.volume)


def test_a_day_of_disconnects_loses_no_minute_and_leaks_nothing() -> None:
    day = run_warped(START, pass_a_day)
    for symbol, bars in day.bars.items():
        times = [bar.open_time for bar in bars]
        assert times == list(range(times[0], times[0] + len(times) * MINUTE, MINUTE))
        assert len(times) >= HOURS * 60 - 5
        pair = day.venue.market[symbol]
        for bar in bars:
            lived = pair.history.lived[bar.open_time]
            price, qty = pair.contract.price, pair.contract.qty
            prices = tuple(map(price, (lived.open, lived.high, lived.low, lived.close)))
            assert exact(bar) == (*prices, qty(lived.volume))
        settled = {at: rate for at, (rate, _) in pair.funding.settled.items()}
        assert {one.at: one.rate for one in day.funding if one.symbol == symbol} == settled
        assert len(settled) == HOURS // 8
    assert min(day.kinds[kind] for kind in ("Tick", "Book", "MarkPrice", "DayStats")) > HOURS * 60
    assert max(day.tasks[WARM_CHECKS:]) <= max(day.tasks[:WARM_CHECKS]) + 2
    warm, last = day.objects[WARM_CHECKS], day.objects[-1]
    kept = 3 * len(SYMBOLS) * (len(day.objects) - WARM_CHECKS) * 60  # candles and bars of ours
    assert last - warm < kept + 2_000, day.objects


async def pass_a_day(_loop: WarpLoop) -> Day:
    clock = SystemClock()
    with rarer_looks():
        async with venue_server(SYMBOLS, rate_hz=0.5 / PACE, clock=clock) as venue:
            activity = venue.market.activity
            activity.levels, activity.changes, activity.trades = 6, 3, 0.5
            venue.faults.disconnect_every(600)
            place = Place("binanceusdm", url=venue.url)
            client = await ExchangeClient.open(place, clock)
            try:
                return await follow(venue, client)
            finally:
                await client.close()


async def follow(venue: Venue, client: ExchangeClient) -> Day:
    """Follow every stream for a day, looking at it every hour."""
    feed = ExchangeFeed("exchange:binanceusdm", "BINANCE", SYMBOLS, ShiftedClock(client.clock))
    await client.call("load_markets")
    await client.measure_skew()
    await feed.open(client)
    streams = Streams(client, Random(1), audit_every_s=15 * PACE)
    feed.follow(streams)
    for symbol in SYMBOLS:
        feed.begin(symbol, feed.clock.now() // MINUTE * MINUTE - MINUTE)
    day = Day(venue, client, feed)
    taking = asyncio.create_task(day.take())
    try:
        for _ in range(HOURS * 3600 // CHECK_EVERY_S):
            await asyncio.sleep(CHECK_EVERY_S)
            await day.check(streams)
        told = {one.name: one for one in streams.health()}
        # it gave up nothing: each stream was connected again and again
        assert min(one.reconnects for one in told.values()) >= HOURS * 6 * 0.8
        assert all(one.gaps == 0 for one in told.values()), told
    finally:
        taking.cancel()
        await asyncio.wait([taking])
        await feed.close()
        await streams.close()
    return day
