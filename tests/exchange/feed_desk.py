"""An exchange feed at a venue whose market moves by hand: what tests of the feed share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from core.market import MINUTE_MS, Bar, MarketMessage, Step, Tick
from exchange.real.client import ExchangeClient
from exchange.real.feed import ExchangeFeed
from exchange.real.streams import Streams
from exchange.real.venue import Venue as At
from tests.exchange.venue import Venue, venue_server
from utils.clock import ShiftedClock, SystemClock

SYMBOLS = ("BTC/USDT", "ETH/USDT")
LIMIT_S = 30
Kind = TypeVar("Kind")


@dataclass
class FeedDesk:
    """One feed that is followed, and all the steps it has yielded."""

    venue: Venue
    client: ExchangeClient
    feed: ExchangeFeed
    steps: list[Step] = field(default_factory=list)
    streams: Streams = field(init=False)

    def of(self, kind: type[Kind], symbol: str = SYMBOLS[0]) -> list[Kind]:
        """Return the messages of one kind and symbol so far."""
        messages: list[MarketMessage] = [m for step in self.steps for m in step.messages]
        return [m for m in messages if isinstance(m, kind) and m.symbol == symbol]

    async def until(self, holds: Callable[[], bool], *, ms: int = 0) -> None:
        """Let the market move, *ms* of its time a step, until *holds*."""
        async with asyncio.timeout(LIMIT_S):
            while not holds():
                self.venue.market.step(ms=ms)
                await asyncio.sleep(0.01)

    async def pass_time(self, ms: int) -> None:
        """Let time pass at the exchange, which our clock learns of."""
        self.venue.market.step(ms=ms)
        await self.client.measure_skew()

    async def live_on(self, minutes: int, *, parts: int = 4) -> None:
        """Let *minutes* pass in several *parts* each, as fast as streams follow."""
        for _ in range(minutes * parts):
            await self.pass_time(MINUTE_MS // parts)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def exchange_client(venue: Venue) -> AsyncIterator[ExchangeClient]:
    """Open a client that knows the venue's markets and time."""
    client = await ExchangeClient.open(At("binanceusdm", url=venue.url), SystemClock())
    try:
        await client.call("load_markets")
        await client.measure_skew()
        yield client
    finally:
        await client.close()


def new_feed(symbols: Sequence[str] = SYMBOLS) -> ExchangeFeed:
    return ExchangeFeed("exchange:binanceusdm", "PAPER", symbols, ShiftedClock(SystemClock()))


@asynccontextmanager
async def followed(desk: FeedDesk) -> AsyncIterator[FeedDesk]:
    """Follow the desk's feed and keep its steps."""

    async def keep() -> None:
        async for step in desk.feed.live(desk.feed.clock):
            desk.steps.append(step)

    streams = desk.streams = Streams(desk.client, Random(1))
    desk.feed.follow(streams)
    task = asyncio.create_task(keep())
    try:
        yield desk
    finally:
        task.cancel()
        await asyncio.wait([task])
        await desk.feed.close()
        await streams.close()
    if not task.cancelled():
        task.result()


@asynccontextmanager
async def feed_desk(**venue_args: Any) -> AsyncIterator[FeedDesk]:
    """Open a venue and a feed that begins with the minute that is forming."""
    symbols = [symbol.replace("/", "") for symbol in SYMBOLS]
    async with (
        venue_server(symbols, rate_hz=0, **venue_args) as venue,
        exchange_client(venue) as client,
    ):
        feed = new_feed()
        await feed.open(client)
        now = feed.clock.now()
        for symbol in feed.desks.unbegun():
            feed.begin(symbol, now - now % MINUTE_MS - MINUTE_MS)
        async with followed(FeedDesk(venue, client, feed)) as desk:
            await desk.until(lambda: len(desk.of(Tick)) > 0)
            yield desk


async def told_by_rest(feed: ExchangeFeed, bars: Sequence[Bar]) -> list[Bar]:
    """Return the minutes of *bars* as the exchange's REST tells them."""
    source = feed.desks[bars[0].symbol].source
    found: list[Bar] = []
    async for _, page in source.minutes(bars[0].open_time, bars[-1].close_time):
        found += page
    return found
