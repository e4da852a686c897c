import asyncio
import statistics
from itertools import pairwise
from typing import TypeVar

import pytest
from typing_extensions import override

from core.anomalies import imbalance_pct, spread_bps
from core.market import FUNDING_INTERVAL_MS, MINUTE_MS, Bar, Book, Funding, MarkPrice, Step, Tick
from exchange.instruments import instrument
from exchange.simulated.feed import SimulatedFeed
from exchange.simulated.process import Minute, SymbolProcess, seeded
from exchange.simulated.ticks import Quotes, spreads
from utils.clock import SetClock

# half an hour before a settlement
START = 1_790_000_040_000 // FUNDING_INTERVAL_MS * FUNDING_INTERVAL_MS - 30 * MINUTE_MS
SYMBOLS = ("BTC/USDT", "ETH/USDT")
M = TypeVar("M")


class HeldUpClock(SetClock):
    """A clock that goes on by some ms while nobody looks, once at each of the given times."""

    def __init__(self, at: int, delays: dict[int, int]) -> None:
        super().__init__(at)
        self._delays = sorted(delays.items())

    @override
    async def sleep(self, seconds: float) -> None:
        await super().sleep(max(0.0, seconds))
        while self._delays and self._delays[0][0] <= self.at:
            self.at += self._delays.pop(0)[1]


def live(feed: SimulatedFeed, clock: SetClock, minutes: int) -> list[Step]:
    """Return the live steps until that many minutes are over."""

    async def run() -> list[Step]:
        steps: list[Step] = []
        over = 0
        async for step in feed.live(clock):
            steps.append(step)
            over += any(isinstance(m, Bar) for m in step.messages)
            if over == minutes:
                break
        return steps

    return asyncio.run(run())


def of(kind: type[M], steps: list[Step]) -> list[M]:
    return [m for step in steps for m in step.messages if isinstance(m, kind)]


@pytest.mark.parametrize("speed", [60.0, 3600.0])
def test_faster_than_real_time_a_held_up_engine_misses_no_minute_and_no_funding(
    speed: float,
) -> None:
    settled = START + 30 * MINUTE_MS
    delays = {START + 5 * MINUTE_MS: 10 * MINUTE_MS, settled - MINUTE_MS: 3 * MINUTE_MS}
    feed = SimulatedFeed(7, SYMBOLS, start=START, speed=speed)
    steps = live(feed, HeldUpClock(START, delays), 60)
    flat_out = SimulatedFeed(7, SYMBOLS, start=START)
    past = list(flat_out.past(START + 60 * MINUTE_MS))

    assert of(Bar, steps) == of(Bar, past)
    assert of(Funding, steps) == of(Funding, past)
    assert {m.at for m in of(Funding, steps)} == {settled}


def test_in_real_time_a_short_delay_loses_ticks_but_no_bar_and_no_funding() -> None:
    settled = START + 30 * MINUTE_MS
    feed = SimulatedFeed(7, SYMBOLS, start=START, tick_ms=10_000)
    steps = live(feed, HeldUpClock(START, {settled - 15_000: 90_000}), 40)
    past = list(SimulatedFeed(7, SYMBOLS, start=START).past(START + 40 * MINUTE_MS))

    assert of(Bar, steps) == of(Bar, past)
    assert of(Funding, steps) == of(Funding, past)
    assert len(of(Tick, steps)) < 40 * 5 * len(SYMBOLS)
    assert [step.at for step in steps] == sorted(step.at for step in steps)


def test_while_the_machine_sleeps_the_market_does_too() -> None:
    feed = SimulatedFeed(7, SYMBOLS, start=START, tick_ms=30_000)
    steps = live(feed, HeldUpClock(START, {START + 10 * MINUTE_MS: 95 * MINUTE_MS}), 20)
    past = list(SimulatedFeed(7, SYMBOLS, start=START).past(START + 20 * MINUTE_MS))

    times = sorted({bar.open_time for bar in of(Bar, steps)})
    (gap,) = {b - a for a, b in pairwise(times)} - {MINUTE_MS}
    assert gap in {95 * MINUTE_MS, 96 * MINUTE_MS}
    assert [bar.close for bar in of(Bar, steps)] == [bar.close for bar in of(Bar, past)]


def test_begun_within_a_minute_it_leaves_out_the_ticks_that_are_over() -> None:
    feed = SimulatedFeed(7, SYMBOLS, start=START)
    feed.resume(feed.checkpoint(), START + 40_250)
    steps = live(feed, SetClock(START + 40_250), 1)

    assert steps[0].at == START + 40_500
    assert steps[-1].at == START + MINUTE_MS


def test_marks_come_every_few_seconds_and_name_the_next_funding() -> None:
    steps = live(SimulatedFeed(7, SYMBOLS, start=START), SetClock(START), 35)
    marks = [mark for mark in of(MarkPrice, steps) if mark.symbol == "BTC/USDT"]

    assert max(b.at - a.at for a, b in pairwise(marks)) <= 3_500
    assert all(0 < mark.next_funding_at - mark.at <= FUNDING_INTERVAL_MS for mark in marks)


def test_live_minutes_touch_the_extremes_of_their_bar() -> None:
    steps = live(SimulatedFeed(7, SYMBOLS, start=START), SetClock(START), 5)
    for bar in of(Bar, steps):
        inside = [
            tick.last
            for tick in of(Tick, steps)
            if tick.symbol == bar.symbol and bar.open_time < tick.at < bar.close_time
        ]
        assert (min(inside), max(inside)) == (bar.low, bar.high)


def test_prices_and_sizes_of_books_are_on_the_grid() -> None:
    feed = SimulatedFeed(7, SYMBOLS, start=START)
    for book in of(Book, live(feed, SetClock(START), 3)):
        rules = feed.instruments[book.symbol]
        assert book.asks[0][0] - book.bids[0][0] >= rules.tick_size
        for price, qty in (*book.bids, *book.asks):
            assert price % rules.tick_size == 0
            assert qty % rules.step_size == 0


def test_a_spread_wanders_and_comes_back() -> None:
    widths = spreads(100.0, 20_000, seeded("spread"))
    logs = [abs(width - 100) for width in widths]

    assert 80 < statistics.median(widths) < 125
    assert min(widths) >= 1
    assert max(widths) < 1000
    assert statistics.correlation(logs[1:], logs[:-1]) > 0.5
    assert abs(statistics.correlation(widths[200:], widths[:-200])) < 0.15


def test_a_wild_minute_has_a_wider_spread_than_a_calm_one() -> None:
    def median(sigma: float) -> float:
        minute = Minute(640_000, 641_000, 639_000, 640_500, 90_000, sigma)
        process = SymbolProcess(7, instrument("BTC/USDT"))
        quotes = Quotes(process, minute, (7, 1), 120)
        ticks = [quotes.at(n, START + n)[0] for n in range(120)]
        return float(statistics.median(tick.ask - tick.bid for tick in ticks))

    assert median(0.003) > 2 * median(0.0003) > 0


def test_where_a_price_runs_the_book_widens_and_leans_that_way() -> None:
    def seen(close: int) -> tuple[float, float]:
        low, high = min(640_000, close), max(640_000, close)
        minute = Minute(640_000, high, low, close, 90_000, 0.0005)
        quotes = Quotes(SymbolProcess(7, instrument("BTC/USDT")), minute, (7, 1), 120)
        books = [quotes.at(n, START + n)[1] for n in range(120)]
        return (
            statistics.median(map(spread_bps, books)), statistics.median(map(imbalance_pct, books))
        )  # fmt: skip

    calm, up, down = seen(640_200), seen(643_200), seen(636_800)

    assert up[0] > 2 * calm[0] < down[0]
    assert abs(calm[1]) < 10
    assert (up[1] > 50, down[1] < -50) == (True, True)


@pytest.mark.parametrize("price", [1, 2, 5, 11])
def test_a_price_of_few_ticks_still_has_a_book_above_zero(price: int) -> None:
    minute = Minute(price, price + 1, price, price, 500, 0.9)
    quotes = Quotes(SymbolProcess(7, instrument("WOOF/USDT")), minute, (7, 1), 60)
    for n in range(60):
        tick, book = quotes.at(n, START + n)
        assert 0 < tick.bid <= tick.last <= tick.ask
        assert tick.bid < tick.ask
        assert book.bids
        assert all(a[0] > b[0] > 0 for a, b in pairwise(book.bids))
        assert book.bids[0][0] == tick.bid
        assert book.asks[0][0] == tick.ask
