"""What every feed promises, asked of each."""

import asyncio
import gzip
from collections.abc import Callable
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.market import MINUTE_MS, Bar, Book, Step, Tick
from exchange.base import MarketFeed
from exchange.replay.feed import ReplayFeed
from exchange.simulated.feed import SimulatedFeed
from utils.clock import SetClock

START = 1_790_000_040_000
MINUTES = 150
SYMBOLS = ("BTC/USDT", "ETH/USDT")

Make = Callable[..., MarketFeed]  # may be given the speed


def bars_of(steps: list[Step]) -> list[Bar]:
    return [m for step in steps for m in step.messages if isinstance(m, Bar)]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return two small recordings, made by the simulator and written as CSV."""
    folder = tmp_path_factory.mktemp("tape")
    steps = list(islice(SimulatedFeed(3, SYMBOLS, start=START).past(None), MINUTES))
    paths = []
    for symbol in SYMBOLS:
        path = folder / f"{symbol.replace('/', '')}-1m.csv.gz"
        rows = ["open_time,open,high,low,close,volume"]
        rows += [
            f"{b.open_time},{b.open},{b.high},{b.low},{b.close},{b.volume}"
            for b in bars_of(steps)
            if b.symbol == symbol
        ]
        path.write_bytes(gzip.compress("\n".join(rows).encode()))
        paths.append(path)
    return paths


@pytest.fixture(params=["simulated", "replay"])
def make(request: pytest.FixtureRequest, recording: list[Path]) -> Make:
    if request.param == "simulated":
        return lambda speed=1.0: SimulatedFeed(3, SYMBOLS, start=START, tick_ms=10_000, speed=speed)
    return lambda speed=60.0: ReplayFeed(recording, speed=speed)


def take_live(feed: MarketFeed, count: int, at: int | None = None) -> list[Step]:
    """Return up to *count* live steps on a clock that begins at *at* and jumps to each."""

    async def run() -> list[Step]:
        steps: list[Step] = []
        async for step in feed.live(SetClock(feed.next_at if at is None else at)):
            steps.append(step)
            if len(steps) == count:
                break
        return steps

    return asyncio.run(run())


def test_steps_rise_in_time_and_hold_whole_minutes(make: Make) -> None:
    feed = make()
    steps = list(islice(feed.past(None), 100))

    times = [step.at for step in steps]
    assert times == sorted(set(times))
    for step in steps:
        bars = bars_of([step])
        assert {bar.symbol for bar in bars} == set(feed.instruments)
        assert {bar.close_time for bar in bars} == {step.at}


def test_bars_are_sound_and_on_the_grid(make: Make) -> None:
    feed = make()
    for bar in bars_of(list(islice(feed.past(None), 100))):
        rules = feed.instruments[bar.symbol]
        assert 0 < bar.low <= min(bar.open, bar.close)
        assert max(bar.open, bar.close) <= bar.high
        assert bar.volume > 0
        for price in (bar.open, bar.high, bar.low, bar.close):
            assert price % rules.tick_size == 0


@pytest.mark.parametrize("speed", [0.5, 1.0, 7.0, 60.0, 600.0, 100_000.0])
def test_played_live_at_any_speed_it_yields_the_same_bars(make: Make, speed: float) -> None:
    flat_out = bars_of(list(islice(make().past(None), 140)))
    live = bars_of(take_live(make(speed), 140))

    assert len(live) >= 2
    assert live == flat_out[: len(live)]


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(1, 150), min_size=1, max_size=3))
def test_stopped_and_resumed_inside_minutes_it_yields_every_bar_once(
    make: Make, cuts: list[int]
) -> None:
    bars: list[Bar] = []
    checkpoint, at = None, make().next_at
    for count in [*cuts, 200]:
        feed = make()
        feed.resume(checkpoint, at)
        steps = take_live(feed, count, at)
        bars += bars_of(steps)
        told = [m.at for step in steps for m in step.messages if isinstance(m, Tick)]
        assert at <= steps[0].at
        assert all(later > at for later in told)
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        checkpoint, at = feed.checkpoint(), steps[-1].at

    assert len(bars) > 20
    assert bars == bars_of(list(islice(make().past(None), MINUTES)))[: len(bars)]


def test_ticks_stay_inside_their_bar_and_books_around_their_tick(make: Make) -> None:
    steps = take_live(make(), 300)
    inside: dict[tuple[str, int], list[Tick]] = {}
    for step in steps:
        ticks = {m.symbol: m for m in step.messages if isinstance(m, Tick)}
        for tick in ticks.values():
            assert tick.bid <= tick.last <= tick.ask
            inside.setdefault((tick.symbol, tick.at // MINUTE_MS), []).append(tick)
        for book in (m for m in step.messages if isinstance(m, Book)):
            assert len(book.bids) == len(book.asks) == 10
            assert book.bids[0][0] == ticks[book.symbol].bid
            assert book.asks[0][0] == ticks[book.symbol].ask
            assert [p for p, _ in book.bids] == sorted((p for p, _ in book.bids), reverse=True)
            assert [p for p, _ in book.asks] == sorted(p for p, _ in book.asks)
            assert all(qty > 0 for _, qty in (*book.bids, *book.asks))
    assert inside
    for bar in bars_of(steps):
        for tick in inside.get((bar.symbol, bar.open_time // MINUTE_MS), []):
            assert bar.low <= tick.last <= bar.high


def test_a_live_step_comes_when_the_clock_reaches_it(make: Make) -> None:
    feed = make()
    clock = SetClock(feed.next_at)

    async def run() -> list[tuple[int, int]]:
        pairs: list[tuple[int, int]] = []
        async for step in feed.live(clock):
            pairs.append((step.at, clock.now()))
            if len(pairs) == 60:
                break
        return pairs

    for at, now in asyncio.run(run()):
        assert at - 1 <= now <= at


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cut=st.integers(1, 140))
def test_resumed_anywhere_it_goes_on_with_the_same_prices(make: Make, cut: int) -> None:
    whole = bars_of(list(islice(make().past(None), MINUTES)))
    first = make()
    before = bars_of(list(islice(first.past(None), cut)))
    second = make()
    second.resume(first.checkpoint(), first.next_at)
    after = bars_of(list(islice(second.past(None), MINUTES - cut)))

    assert before + after == whole


def test_the_past_ends_before_the_given_time(make: Make) -> None:
    feed = make()
    until = feed.next_at + 10 * MINUTE_MS
    steps = list(feed.past(until))

    assert [step.at for step in steps] == [until - n * MINUTE_MS for n in range(9, -1, -1)]
    assert feed.next_at == until


def test_a_checkpoint_is_small_json(make: Make) -> None:
    import json  # noqa: PLC0415

    feed = make()
    list(islice(feed.past(None), 70))

    assert len(json.dumps(feed.checkpoint())) < 2000
    assert json.loads(json.dumps(feed.checkpoint())) == feed.checkpoint()


def test_money_is_decimal(make: Make) -> None:
    (bar, *_) = bars_of(list(islice(make().past(None), 1)))

    assert all(type(x) is Decimal for x in (bar.open, bar.high, bar.low, bar.close, bar.volume))
