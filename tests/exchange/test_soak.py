"""A day at an exchange that disconnects every ten minutes, in the time its work takes.

Here are the market's streams alone, each minute held against the exchange's; a day of trading is
in ``test_soak_live.py``. ``SOAK=1`` looks as often as a real day does, at three contracts and for
the whole day; without it every look is rarer, at one contract, and this day has six hours.
"""

import asyncio
import gc
from collections import Counter
from random import Random

from core.market import Bar, Funding
from exchange.real.client import ExchangeClient
from exchange.real.feed import ExchangeFeed
from exchange.real.streams import Streams
from exchange.real.venue import Venue as Place
from tests.exchange.soaking import (
    MINUTE,
    PACE,
    START,
    SYMBOLS,
    bars_of,
    books_differ,
    quiet_market,
    rarer_looks,
)
from tests.exchange.venue import Venue, venue_server
from tests.exchange.warp import WarpLoop, run_warped
from utils.clock import ShiftedClock, SystemClock

HOURS = 24 if PACE == 1 else 6
CHECK_EVERY_S = 3600
WARM_CHECKS = 2  # before memory is compared


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

    async def check(self) -> None:
        """See that books are the venue's, and count what lives."""
        async with asyncio.timeout(600):
            while books_differ(self.venue, self.client):
                await asyncio.sleep(1)
        self.venue.seen.clear()
        self.tasks.append(len(asyncio.all_tasks()))
        gc.collect()
        self.objects.append(len(gc.get_objects()))


def test_a_day_of_disconnects_loses_no_minute_and_leaks_nothing() -> None:
    day = run_warped(START, pass_a_day)
    for symbol, bars in day.bars.items():
        times = [bar.open_time for bar in bars]
        assert times == list(range(times[0], times[0] + len(times) * MINUTE, MINUTE))
        assert len(times) >= HOURS * 60 - 5
        pair = day.venue.market[symbol]
        assert bars == bars_of(day.venue, symbol, times)
        settled = {at: rate for at, (rate, _) in pair.funding.settled.items()}
        assert {one.at: one.rate for one in day.funding if one.symbol == symbol} == settled
        assert len(settled) >= HOURS // 8
    assert (
        min(day.kinds[kind] for kind in ("Tick", "Book", "MarkPrice", "DayStats"))
        > HOURS * 1200 / PACE
    )
    assert max(day.tasks[WARM_CHECKS:]) <= max(day.tasks[:WARM_CHECKS]) + 2
    warm, last = day.objects[WARM_CHECKS], day.objects[-1]
    kept = 3 * len(SYMBOLS) * (len(day.objects) - WARM_CHECKS) * 60  # candles and bars of ours
    assert last - warm < kept + 2_000, day.objects


async def pass_a_day(_loop: WarpLoop) -> Day:
    clock = SystemClock()
    with rarer_looks():
        async with venue_server(SYMBOLS, rate_hz=0.5 / PACE, clock=clock) as venue:
            quiet_market(venue)
            client = await ExchangeClient.open(Place("binanceusdm", url=venue.url), clock)
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
    streams = Streams(client, Random(1))
    feed.follow(streams)
    for symbol in SYMBOLS:
        feed.begin(symbol, feed.clock.now() // MINUTE * MINUTE - MINUTE)
    day = Day(venue, client, feed)
    taking = asyncio.create_task(day.take())
    try:
        for _ in range(HOURS * 3600 // CHECK_EVERY_S):
            await asyncio.sleep(CHECK_EVERY_S)
            await day.check()
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
