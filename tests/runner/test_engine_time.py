"""Engine time never goes back, and old market data stops new entries."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import CommandError
from core.market import DAY_MS, MINUTE_MS
from infra.bus.base import CommandRequest
from runner.wiring import Wired
from tests.runner.audit import Books, check_books, check_candles
from tests.runner.engines import HOUR_MS, NOW, Listener, follow, open_engine, settings, warm
from tests.runner.tapes import record
from utils.clock import SetClock

SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")

pytestmark = pytest.mark.usefixtures("own_strategies")


def trade(wired: Wired, minutes: int) -> None:
    """Play what is past, trade live for *minutes* more, and die."""

    async def run() -> None:
        engine = await warm(wired)
        await follow(engine, engine.now() + minutes * MINUTE_MS)

    asyncio.run(run())
    wired.close()


def warm_up_halfway(wired: Wired) -> None:
    """Play 700 minutes of the past, and die."""
    engine, clock = wired.engine, SetClock()
    engine.publisher.clock = clock

    async def run() -> None:
        for step in engine.feed.past(engine.feed.next_at + 700 * MINUTE_MS):
            clock.at = step.at
            engine.take(step)
        await engine.settle_past()

    asyncio.run(run())
    wired.close()


def check_goes_on(before: Books, after: Books, listener: Listener) -> None:
    """Make sure that what came later is later, and that no candle came twice."""
    check_books(after)
    new = after.facts[len(before.facts) :]
    assert new
    assert min(fact["at"] for fact in new) >= max(fact["at"] for fact in before.facts)
    opened = [body["open_time"] for body in listener.of("candle_closed")]
    assert opened == sorted(opened)
    assert min(opened) > max(time for _, time in before.candles)
    told = [body["at"] for body in listener.of("equity_point")]
    assert told == sorted(set(told))
    assert min(told) > max(before.equity_at)


def test_with_the_clock_set_back_it_goes_on_from_the_last_stored_time(tmp_path: Path) -> None:
    wanted, listener = settings(tmp_path, strategies=["churn"]), Listener()
    trade(open_engine(wanted), minutes=30)
    before = Books(tmp_path)

    trade(open_engine(wanted, listener, now=NOW - 3 * DAY_MS), minutes=30)

    after = Books(tmp_path)
    check_goes_on(before, after, listener)
    for symbol in SYMBOLS:
        check_candles([bar for bar in after.candles.values() if bar.symbol == symbol])


def test_with_the_clock_set_back_an_unfinished_past_is_not_played_again(tmp_path: Path) -> None:
    wanted, listener = settings(tmp_path, strategies=["churn"]), Listener()
    warm_up_halfway(open_engine(wanted))
    before = Books(tmp_path)

    trade(open_engine(wanted, listener, now=NOW - 3 * DAY_MS), minutes=30)

    check_goes_on(before, Books(tmp_path), listener)


def test_an_unfinished_past_is_played_to_its_end(tmp_path: Path) -> None:
    for folder in ("cut", "whole"):
        wanted = settings(tmp_path / folder, strategies=["churn"])
        if folder == "cut":
            warm_up_halfway(open_engine(wanted))
        trade(open_engine(wanted), minutes=10)

    cut, whole = Books(tmp_path / "cut"), Books(tmp_path / "whole")
    assert cut.journal == whole.journal
    assert cut.candles == whole.candles
    assert cut.equity_at == whole.equity_at


def test_the_market_stands_still_while_the_engine_is_away_also_after_two_starts(
    tmp_path: Path,
) -> None:
    wanted = settings(tmp_path, strategies=["churn"])
    trade(open_engine(wanted), minutes=10)
    again = open_engine(wanted, now=NOW + HOUR_MS)
    asyncio.run(again.engine.alert("info", "engine_restarted", "Engine restarted"))
    again.close()
    before = Books(tmp_path)

    third = open_engine(wanted, now=NOW + 3 * DAY_MS)

    assert not third.course.plays_past
    trade(third, minutes=2)
    new = Books(tmp_path).candles.keys() - before.candles.keys()
    assert min(time for _, time in new) >= NOW + 3 * DAY_MS
    assert len(new) == 2 * len(SYMBOLS)


def test_a_replay_stopped_within_a_minute_goes_on_from_there(tmp_path: Path) -> None:
    tape = record(tmp_path / "tape", days=1)
    wanted = settings(
        tmp_path / "data", market="replay", replay=tape, strategies=["churn"], symbols=SYMBOLS[:2]
    )
    first = open_engine(wanted)
    asyncio.run(follow(first.engine, first.engine.now() + 7 * MINUTE_MS + 30_000))
    asyncio.run(first.engine.alert("info", "test", "In the middle of a minute"))
    stopped_at = first.engine.now()
    first.close()
    second = open_engine(wanted)
    steps: list[int] = []

    async def run() -> None:
        async for step in second.engine.feed.live(second.engine.clock):
            steps.append(step.at)
            await second.engine.on_step(step)
            if len(steps) > 200:
                return

    assert second.engine.now() == stopped_at
    asyncio.run(run())
    assert steps[0] > stopped_at
    assert steps == sorted(set(steps))
    check_books(Books(tmp_path / "data"))
    second.close()


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[tuple[Wired, Listener]]:
    """An engine that holds positions and hears nothing new of the market."""
    listener = Listener()
    wanted = settings(tmp_path, warmup_days=0, strategies=["holder"], tick_ms=5_000)
    wired = open_engine(wanted, listener)
    asyncio.run(follow(wired.engine, wired.engine.now() + 3 * MINUTE_MS))
    yield wired, listener
    wired.close()


def pass_seconds(wired: Wired, seconds: int) -> None:
    """Let *seconds* pass, with the engine watching its feed in each."""
    clock = wired.engine.clock
    assert isinstance(clock, SetClock)

    async def watch() -> None:
        for _ in range(seconds):
            clock.at += 1000
            await wired.pulse.watch_feed(clock.monotonic())
            await wired.engine.flush()

    asyncio.run(watch())


def test_old_market_data_is_told_once_and_its_return_once(quiet: tuple[Wired, Listener]) -> None:
    wired, listener = quiet
    pass_seconds(wired, 10)
    assert listener.state["feed"]["status"] == "live"
    assert not listener.of("alert_raised")

    pass_seconds(wired, 120)
    (alert,) = listener.of("alert_raised")
    assert (alert["code"], alert["title"]) == ("feed_stale", "Prices are 11s old")
    assert listener.state["feed"]["status"] == "stale"

    asyncio.run(follow(wired.engine, wired.engine.now() + MINUTE_MS))
    pass_seconds(wired, 5)
    assert [a["code"] for a in listener.of("alert_raised")] == ["feed_stale", "feed_back"]
    assert listener.state["feed"]["status"] == "live"


def test_nothing_is_traded_on_old_market_data(quiet: tuple[Wired, Listener]) -> None:
    wired, listener = quiet
    pass_seconds(wired, 30)
    traded = len(listener.of("order_filled"))

    async def close_all() -> None:
        asked = CommandRequest("p", "prepare", {"command": "close_all"}, "ada", "owner")
        reply = await wired.engine.answer(asked)
        assert reply.result is not None
        args = {"intent_id": reply.result["intent_id"]}
        await wired.engine.answer(CommandRequest("k", "confirm", args, "ada", "owner"))

    with pytest.raises(CommandError, match="the feed is 30 s old, limit 10 s") as error:
        asyncio.run(close_all())
    assert error.value.code == "refused"
    assert len(listener.of("order_filled")) == traded


def test_silence_after_the_end_of_the_tape_is_no_fault(quiet: tuple[Wired, Listener]) -> None:
    wired, listener = quiet
    asyncio.run(wired.engine.tape_ended())
    pass_seconds(wired, 60)

    assert not listener.of("alert_raised")
    assert listener.state["feed"]["status"] == "ended"
    assert listener.state["engine"]["status"] == "ended"
