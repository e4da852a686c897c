"""The exchange feed against a venue on loopback, through ccxt."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from itertools import pairwise

import pytest
from aiohttp import WSMessage, WSMsgType

from core.market import HOUR_MS, MINUTE_MS, Bar, Book, DayStats, Funding, MarkPrice, Tick
from exchange import instruments
from exchange.real import choice
from exchange.real.errors import ExchangeError, Unreachable
from exchange.real.history import Span, fill
from exchange.real.venue import Venue as At
from tests.exchange.feed_desk import (
    SYMBOLS,
    FeedDesk,
    exchange_client,
    feed_desk,
    followed,
    new_feed,
    told_by_rest,
)
from tests.exchange.venue import Venue, venue_server
from utils.clock import SystemClock

BTC, ETH = SYMBOLS
Story = Callable[[FeedDesk], Awaitable[None]]


def play(story: Story) -> None:
    async def run() -> None:
        async with feed_desk() as desk:
            await story(desk)

    asyncio.run(run())


def in_order(bars: Sequence[Bar]) -> bool:
    return all(b.open_time - a.open_time == MINUTE_MS for a, b in pairwise(bars))


def test_everything_public_of_a_market_arrives() -> None:
    async def story(desk: FeedDesk) -> None:
        kinds = (Tick, Book, MarkPrice, DayStats)
        await desk.until(lambda: all(desk.of(kind, s) for kind in kinds for s in SYMBOLS), ms=500)

        book, mark, day = desk.of(Book)[-1], desk.of(MarkPrice)[-1], desk.of(DayStats)[-1]
        assert (len(book.bids), len(book.asks)) == (10, 10)
        assert book.bids[0][0] < book.asks[0][0]
        assert mark.index_price is not None
        assert mark.next_funding_at % (8 * HOUR_MS) == 0
        assert day.high is not None
        assert day.low is not None
        assert day.high >= day.low
        times = [step.at for step in desk.steps]
        assert times == sorted(times)
        assert all(tick.at <= step.at for step in desk.steps for tick in step.messages
                   if isinstance(tick, Tick))  # fmt: skip

    play(story)


def test_rules_are_the_exchanges_and_tiers_supposed_without_keys() -> None:
    async def story(desk: FeedDesk) -> None:
        rules = desk.feed.instruments[BTC]
        assert (rules.tick_size, rules.step_size) == (Decimal("0.1"), Decimal("0.001"))
        assert rules.min_notional == 100
        assert rules.tiers == instruments.instrument(BTC).tiers
        assert not [one for one in desk.venue.seen if "leverageBracket" in one.path]

    play(story)


def test_minutes_are_the_exchanges_own_each_once_without_a_hole() -> None:
    async def story(desk: FeedDesk) -> None:
        await desk.live_on(5)
        await desk.until(lambda: all(len(desk.of(Bar, s)) >= 5 for s in SYMBOLS))

        for symbol in SYMBOLS:
            bars = desk.of(Bar, symbol)
            assert in_order(bars)
            assert bars == await told_by_rest(desk.feed, bars)

    play(story)


def test_a_minute_that_binance_says_is_closed_need_not_wait_for_the_next() -> None:
    async def story(desk: FeedDesk) -> None:
        before = len(desk.of(Bar))
        opened = desk.feed.next_at
        candle = {"t": opened, "s": "BTCUSDT", "i": "1m", "o": "65000.1", "h": "65001.0",
                  "l": "64999.9", "c": "65000.5", "v": "1.250", "x": True}  # fmt: skip
        text = json.dumps({"e": "kline", "E": opened + MINUTE_MS, "s": "BTCUSDT", "k": candle})
        line = next(one for url, one in desk.client.api.clients.items() if "/market/" in url)
        line.handle_message(WSMessage(WSMsgType.TEXT, text, None))
        await desk.until(lambda: len(desk.of(Bar)) > before)

        closed = desk.of(Bar)[before]
        assert (closed.open_time, closed.close) == (opened, Decimal("65000.5"))

    play(story)


def test_minutes_that_went_by_while_connections_broke_are_refilled_in_order() -> None:
    async def story(desk: FeedDesk) -> None:
        await desk.live_on(1)
        desk.venue.faults.stall("kline")
        await desk.live_on(3, parts=2)
        desk.venue.faults.clear()
        desk.venue.faults.hang_up()
        await desk.live_on(2)
        desk.venue.faults.hang_up()
        await desk.live_on(1, parts=2)
        await desk.until(lambda: len(desk.of(Bar)) >= 6 and len(desk.of(Bar, ETH)) >= 6)

        for symbol in SYMBOLS:
            bars = desk.of(Bar, symbol)
            assert in_order(bars)
            assert bars == await told_by_rest(desk.feed, bars)

    play(story)


def test_funding_is_told_at_its_time_with_the_rate_that_applied() -> None:
    async def story(desk: FeedDesk) -> None:
        await desk.until(lambda: bool(desk.of(MarkPrice)))
        due = desk.of(MarkPrice)[-1].next_funding_at
        await desk.pass_time(due - desk.venue.now() - 3000)
        await desk.until(lambda: desk.of(MarkPrice)[-1].at > due - 5000)
        expected = desk.of(MarkPrice)[-1].funding_rate
        await desk.pass_time(4000)
        await desk.until(lambda: bool(desk.of(Funding)) and bool(desk.of(Funding, ETH)), ms=100)

        (funding,) = desk.of(Funding)
        assert (funding.at, funding.rate) == (due, expected)
        await desk.pass_time(90_000)
        await desk.until(lambda: any("fundingRate" in one.path for one in desk.venue.seen))
        assert desk.feed.notices == []
        assert len(desk.of(Funding)) == 1

    play(story)


def test_a_machine_whose_clock_is_off_by_minutes_trades_by_the_exchanges() -> None:
    async def story(desk: FeedDesk) -> None:
        desk.venue.faults.clock_off(-170_000)
        await desk.client.measure_skew()
        desk.venue.faults.clock_off(200_000)
        await desk.client.measure_skew()
        await desk.until(lambda: abs(desk.steps[-1].at - desk.venue.now()) < 10_000, ms=100)
        seen = len(desk.of(Tick))
        await desk.until(lambda: len(desk.of(Tick)) > seen, ms=100)

        assert abs(desk.of(Tick)[-1].at - desk.venue.now()) < 10_000
        times = [step.at for step in desk.steps]
        assert times == sorted(times)

    play(story)


def test_after_a_restart_what_was_missed_is_fetched_and_nothing_twice() -> None:
    async def run() -> None:
        async with feed_desk() as desk:
            await desk.live_on(2)
            await desk.until(lambda: len(desk.of(Bar)) >= 2 and len(desk.of(Bar, ETH)) >= 2)
            before, checkpoint = desk.of(Bar), desk.feed.checkpoint()
            await desk.pass_time(9 * HOUR_MS)  # over a settlement

            feed = new_feed()
            feed.resume(checkpoint, desk.steps[-1].at)
            await feed.open(desk.client)
            shares: list[float] = []

            async def say(share: float) -> None:
                shares.append(share)

            await feed.catch_up(say)
            later = FeedDesk(desk.venue, desk.client, feed)
            later.steps += feed.past(None)
            await feed.close()

        bars = [*before, *later.of(Bar)]
        assert in_order(bars)
        assert len(later.of(Bar)) >= 9 * 60 - 1
        (funding, *_) = later.of(Funding)
        assert funding.at % (8 * HOUR_MS) == 0
        told = next(step for step in later.steps if funding in step.messages)
        assert told.messages.index(funding) == 0
        assert told.at == funding.at + MINUTE_MS  # with the minute that it fell on
        assert shares[-1] == 1
        assert [step.at for step in later.steps] == sorted(step.at for step in later.steps)

    asyncio.run(run())


class Drawer:
    """A shelf in memory."""

    def __init__(self) -> None:
        self.bars: dict[int, Bar] = {}
        self.settled: dict[int, Funding] = {}
        self.fails_after = 10**9

    async def missing(self, _symbol: str, since: int, until: int) -> list[Span]:
        gaps = [at for at in range(since, until, MINUTE_MS) if at not in self.bars]
        return [(gaps[0], gaps[-1] + MINUTE_MS)] if gaps else []

    async def funded(self, _symbol: str) -> int | None:
        return max(self.settled, default=None)

    async def keep(self, bars: Sequence[Bar], settlements: Sequence[Funding]) -> None:
        if len(self.bars) >= self.fails_after:
            raise Unreachable("the cable was pulled")
        self.bars.update((bar.open_time, bar) for bar in bars)
        self.settled.update((one.at, one) for one in settlements)


def test_only_the_missing_part_of_history_is_fetched_and_what_came_is_kept() -> None:
    async def run() -> None:
        async with venue_server(["BTCUSDT"], rate_hz=0) as venue, exchange_client(venue) as client:
            feed, drawer = new_feed([BTC]), Drawer()
            await feed.open(client)
            until = venue.now() // MINUTE_MS * MINUTE_MS
            span = (until - 2 * 24 * HOUR_MS, until)
            told: list[int] = []

            async def say(minutes: int) -> None:
                told.append(minutes)

            def asked() -> int:
                return sum(one.path.endswith("/klines") for one in venue.seen)

            drawer.fails_after = 1500
            with pytest.raises(Unreachable, match="cable"):
                await fill(feed.desks[BTC].source, drawer, BTC, span, say)
            first = asked()
            assert len(drawer.bars) == 2000

            drawer.fails_after = 10**9
            await fill(feed.desks[BTC].source, drawer, BTC, span, say)
            assert asked() == first + 1
            assert sorted(drawer.bars) == list(range(*span, MINUTE_MS))
            assert len(drawer.settled) == 6

            told.clear()
            await fill(feed.desks[BTC].source, drawer, BTC, span, say)
            assert asked() == first + 1
            assert sum(told) == 2 * 24 * 60

    asyncio.run(run())


def test_longer_candles_are_what_their_minutes_make() -> None:
    async def story(desk: FeedDesk) -> None:
        await desk.pass_time(15 * MINUTE_MS - desk.venue.now() % (15 * MINUTE_MS))
        await desk.live_on(16, parts=1)
        await desk.until(lambda: len(desk.of(Bar)) >= 16)
        minutes = {bar.open_time: bar for bar in desk.of(Bar)}
        begin = next(at for at in minutes if at % (15 * MINUTE_MS) == 0)

        for name, count in (("5m", 5), ("15m", 15)):
            row, *_ = await desk.client.call("fetch_ohlcv", f"{BTC}:USDT", name, begin, 1)
            made = [minutes[begin + n * MINUTE_MS] for n in range(count)]
            whole = (
                made[0].open, max(b.high for b in made), min(b.low for b in made),
                made[-1].close, sum(b.volume for b in made),
            )  # fmt: skip
            assert row == [begin, *map(float, whole)]

    play(story)


def why_not(spoil: Callable[[Venue], None]) -> str:
    """Return why a venue that was spoilt cannot be reached."""

    async def run() -> str:
        async with venue_server(rate_hz=0) as venue:
            spoil(venue)
            with pytest.raises(ExchangeError) as error:
                await choice.reach(At("binanceusdm", url=venue.url), SystemClock(), 5)
            return choice.why_not(error.value)

    return asyncio.run(run())


def test_why_an_exchange_cannot_be_used_is_said_in_words() -> None:
    assert why_not(lambda venue: venue.faults.region()).startswith("it refuses this region (")
    assert why_not(lambda v: v.faults.maintenance()).startswith("it is down for maintenance (")
    assert why_not(lambda v: v.faults.http(418)).startswith(
        "it wants to be left alone for a while ("
    )


def test_where_nobody_listens_it_is_known_at_once() -> None:
    async def run() -> str:
        async with venue_server(rate_hz=0) as venue:
            url = venue.url
        with pytest.raises(Unreachable) as error:
            await choice.reach(At("binanceusdm", url=url), SystemClock(), 5)
        return choice.why_not(error.value)

    assert asyncio.run(run()).startswith("there is no way to 127.0.0.1:")


def test_a_symbol_that_comes_and_goes_while_it_runs() -> None:
    async def run() -> None:
        async with venue_server(["BTCUSDT", "ETHUSDT"], rate_hz=0) as venue, exchange_client(
            venue
        ) as client:  # fmt: skip
            feed = new_feed([BTC])
            await feed.open(client)
            async with followed(FeedDesk(venue, client, feed)) as desk:
                await desk.until(lambda: bool(desk.of(Tick)))
                feed.desks.add(ETH)
                await feed.desks.open_symbol(ETH)
                feed.desks[ETH].follow(desk.streams)
                await desk.until(lambda: bool(desk.of(Tick, ETH)))
                assert feed.checkpoint()["symbols"] == [BTC, ETH]

                await feed.desks.drop(ETH).leave(desk.streams)
                seen = len(desk.of(Tick, ETH))
                count = len(desk.of(Tick))
                await desk.until(lambda: len(desk.of(Tick)) > count + 3)
                assert len(desk.of(Tick, ETH)) == seen
                assert list(feed.instruments) == [BTC]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("asked", "saved", "held", "kept"),
    [
        ([BTC], {"asked": [BTC], "symbols": [BTC, ETH]}, [], [BTC, ETH]),
        ([BTC], {"asked": [ETH], "symbols": [ETH]}, [], [BTC]),
        ([BTC], {"asked": [ETH], "symbols": [ETH]}, [ETH], [BTC, ETH]),
        ([BTC, ETH], None, [], [BTC, ETH]),
    ],
)
def test_symbols_chosen_while_it_ran_outlive_a_restart(
    asked: list[str], saved: dict[str, list[str]] | None, held: list[str], kept: list[str]
) -> None:
    feed = new_feed(asked)

    feed.desks.keep(saved, held)

    assert sorted(feed.instruments) == sorted(kept)
