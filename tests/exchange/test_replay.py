import asyncio
import itertools
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.market import MINUTE_MS, Bar, Funding, Step, Tick
from exchange.replay.feed import ReplayFeed
from tests.exchange.recordings import HEADER, START, row, write
from utils.clock import SetClock

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data"


def live(feed: ReplayFeed, at: int, count: int) -> list[Step]:
    """Return up to *count* live steps on a clock that begins at *at* and jumps to each."""

    async def run() -> list[Step]:
        steps: list[Step] = []
        async for step in feed.live(SetClock(at)):
            steps.append(step)
            if len(steps) == count:
                break
        return steps

    return asyncio.run(run())


def test_months_of_one_symbol_are_joined_in_time_order(tmp_path: Path) -> None:
    later = write(tmp_path, "BTCUSDT-1m-a.csv", HEADER, *(row(n) for n in range(5, 9)))
    first = write(tmp_path, "BTCUSDT-1m-b.csv", HEADER, *(row(n) for n in range(6)))
    steps = list(ReplayFeed([later, first], speed=None).past(None))

    assert [s.at for s in steps] == [START + (n + 1) * MINUTE_MS for n in range(9)]


def test_symbols_are_merged_minute_by_minute_even_with_gaps(tmp_path: Path) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, row(0), row(1), row(3))
    eth = write(tmp_path, "ETHUSDT.csv", HEADER, row(1), row(2), row(3))
    steps = list(ReplayFeed([btc, eth], speed=None).past(None))

    assert [len(s.messages) for s in steps] == [1, 2, 1, 2]


@hypothesis_settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(5)))
def test_the_order_of_the_files_does_not_matter(tmp_path: Path, order: list[int]) -> None:
    parts = [("BTC", 0, 30), ("BTC", 30, 70), ("ETH", 10, 40), ("ETH", 35, 90), ("SOL", 0, 90)]
    paths = [
        write(tmp_path, f"{base}USDT-1m-{begin}.csv", HEADER, *(row(n) for n in range(begin, end)))
        for base, begin, end in parts
    ]
    feed = ReplayFeed([paths[n] for n in order], speed=None)
    steps = list(feed.past(None))

    assert feed.market_id == ReplayFeed(paths).market_id
    assert [step.at for step in steps] == [START + (n + 1) * MINUTE_MS for n in range(90)]
    for n, step in enumerate(steps):
        symbols = {m.symbol for m in step.messages if isinstance(m, Bar)}
        known = {f"{base}/USDT" for base, begin, end in parts if begin <= n < end}
        assert symbols == known
        assert len(step.messages) == len(known)


def test_what_is_wrong_with_a_later_file_is_said_at_the_start(tmp_path: Path) -> None:
    good = write(tmp_path, "BTCUSDT-1m-05.csv", HEADER, *(row(n) for n in range(5)))
    cut = write(tmp_path, "BTCUSDT-1m-06.csv.gz", HEADER, *(row(n) for n in range(5, 9000)))
    cut.write_bytes(cut.read_bytes()[:-9])

    with pytest.raises(ConfigError, match="BTCUSDT-1m-06"):
        ReplayFeed([good, cut])


def test_refused_rows_are_counted_before_and_after_playing(tmp_path: Path) -> None:
    paths = [
        write(tmp_path, name, HEADER, row(0), "?", row(2))
        for name in ("BTCUSDT.csv", "ETHUSDT.csv")
    ]
    feed = ReplayFeed(paths, speed=None)
    counted = feed.refused_count, feed.refused
    list(feed.past(None))

    assert counted[0] == 2
    assert [line.split(": ")[0] for line in counted[1]] == ["BTCUSDT.csv:3", "ETHUSDT.csv:3"]
    assert (feed.refused_count, feed.refused) == counted
    assert feed.refused_note == "2 of 6 recorded rows were set aside: 2 too few columns"
    assert not ReplayFeed([write(tmp_path, "SOLUSDT.csv", HEADER, row(0))]).refused_note


def test_progress_is_the_share_of_the_tapes_time(tmp_path: Path) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, *(row(n) for n in range(10)))
    feed = ReplayFeed([btc], speed=None)
    told = [feed.progress()]
    told += [feed.progress() for _ in feed.past(None)]

    assert told == [n / 10 for n in range(11)]


def test_a_looping_tape_keeps_time_rising_and_its_prices(tmp_path: Path) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, *(row(n, close=f"100.{n}") for n in range(3)))
    steps = list(islice(ReplayFeed([btc], speed=None, loop=True).past(None), 8))

    assert [s.at for s in steps] == [START + (n + 1) * MINUTE_MS for n in range(8)]
    closes = [m.close for s in steps for m in s.messages if isinstance(m, Bar)]
    assert closes[:3] == closes[3:6]


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 7])
def test_a_looping_tape_goes_on_where_it_was(tmp_path: Path, cut: int) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, *(row(n, close=f"100.{n}") for n in range(3)))

    def tape() -> ReplayFeed:
        return ReplayFeed([btc], speed=None, loop=True)

    whole = list(islice(tape().past(None), 9))
    first = tape()
    before = list(islice(first.past(None), cut))
    second = tape()
    second.resume(first.checkpoint(), before[-1].at)

    assert before + list(islice(second.past(None), 9 - cut)) == whole
    assert second.progress() is None


def test_stopped_within_a_minute_it_repeats_no_tick(tmp_path: Path) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, *(row(n) for n in range(3)))
    first = ReplayFeed([btc])
    before = live(first, START, 200)
    second = ReplayFeed([btc])
    second.resume(first.checkpoint(), before[-1].at)
    after = live(second, before[-1].at, 1000)

    times = [step.at for step in before + after]
    assert times == [START + 500 * n for n in range(1, 361)]


def test_ticks_go_from_the_open_by_both_extremes_to_the_close(tmp_path: Path) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, row(0), row(1, close="99.5"))
    steps = live(ReplayFeed([btc]), START, 1000)
    ticks = [m for step in steps for m in step.messages if isinstance(m, Tick)]
    up = [float(tick.last) for tick in ticks if tick.at < START + MINUTE_MS]
    down = [float(tick.last) for tick in ticks if tick.at > START + MINUTE_MS]

    assert (min(up), max(up)) == (min(down), max(down)) == (99, 101)
    assert up.index(99) < up.index(101)
    assert down.index(101) < down.index(99)
    assert all(tick.bid < tick.last < tick.ask for tick in ticks)
    assert max(abs(b - a) for a, b in itertools.pairwise(up)) < 0.11


def test_a_tape_that_is_over_ends(tmp_path: Path) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, row(0), row(1))
    feed = ReplayFeed([btc], speed=60.0)

    async def run() -> int:
        return len([step async for step in feed.live(SetClock(feed.next_at)) if step.messages])

    assert asyncio.run(run()) > 2
    assert feed.progress() == 1.0


def test_the_tick_is_as_fine_as_the_recorded_prices(tmp_path: Path) -> None:
    lines = [HEADER, *(row(n, close="100.1234") for n in range(3))]
    path = write(tmp_path, "BTCUSDT.csv", *lines)

    assert ReplayFeed([path]).instruments["BTC/USDT"].tick_size == Decimal("0.0001")


def test_the_badge_says_the_speed(tmp_path: Path) -> None:
    path = write(tmp_path, "BTCUSDT.csv", HEADER, row(0))

    assert ReplayFeed([path], speed=60.0).badge == "REPLAY 60×"
    assert ReplayFeed([path], speed=1.0).badge == "REPLAY"


def test_another_recording_is_another_market(tmp_path: Path) -> None:
    one = write(tmp_path, "BTCUSDT.csv", HEADER, row(0))
    two = write(tmp_path, "ETHUSDT.csv", HEADER, row(0))

    assert ReplayFeed([one]).market_id != ReplayFeed([two]).market_id
    assert ReplayFeed([one]).market_id == ReplayFeed([one]).market_id


@pytest.mark.skipif(not RECORDED.exists(), reason="no recorded market data beside the project")
def test_a_recorded_month_is_read_without_a_refusal() -> None:
    paths = sorted((RECORDED / "candles").glob("*.csv.gz"))
    feed = ReplayFeed(paths, sorted((RECORDED / "funding").glob("*.csv")), speed=None)
    steps = list(feed.past(None))

    assert len(steps) == 43_199
    assert feed.refused_count == 0
    assert sum(isinstance(m, Funding) for s in steps for m in s.messages) == 268
