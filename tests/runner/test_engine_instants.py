"""Instants that chance seldom meets: just before a kill, at midnight, after the end."""

import asyncio
import importlib
from pathlib import Path

import pytest

from core.errors import CommandError
from core.market import DAY_MS, MINUTE_MS, Bar, Step
from infra.bus.base import CommandRequest
from runner.past import CHUNK_STEPS
from runner.wiring import Wired
from tests.runner.audit import Books, check_candles
from tests.runner.engines import NOW, Listener, follow, open_engine, settings, warm

pytestmark = pytest.mark.usefixtures("own_strategies")


def bars_of(step: Step) -> list[Bar]:
    return [message for message in step.messages if isinstance(message, Bar)]


def next_bar(wired: Wired) -> Step:
    """Trade until the feed hands out a minute's bars; return these, untaken."""

    async def run() -> Step:
        async for step in wired.engine.feed.live(wired.engine.clock):
            if bars_of(step):
                return step
            await wired.engine.on_step(step)
        raise AssertionError("the tape is over")

    return asyncio.run(run())


def test_a_bar_that_waits_behind_another_commit_is_not_skipped_after_a_kill(
    tmp_path: Path,
) -> None:
    wanted = settings(tmp_path, warmup_days=0)
    first = open_engine(wanted)
    waits = next_bar(first)
    asyncio.run(first.engine.alert("info", "test", "Committed while a bar waits"))
    first.close()

    second = open_engine(wanted, now=first.engine.now())

    again = next_bar(second)
    second.close()
    assert [(b.open, b.close) for b in bars_of(again)] == [
        (b.open, b.close) for b in bars_of(waits)
    ]


def test_a_past_that_is_killed_at_its_beginnings_is_played_whole(tmp_path: Path) -> None:
    for folder in ("killed", "whole"):
        wanted = settings(tmp_path / folder)
        for _ in range(3 if folder == "killed" else 0):
            wired = open_engine(wanted)
            play_a_chunk(wired)
            wired.close()
        asyncio.run(warm(wired := open_engine(wanted)))
        wired.close()

    killed, whole = Books(tmp_path / "killed"), Books(tmp_path / "whole")
    assert killed.candles == whole.candles
    assert killed.equity_at == whole.equity_at
    for symbol in ("BTC/USDT", "ETH/USDT", "SOL/USDT"):
        check_candles([bar for bar in killed.candles.values() if bar.symbol == symbol])


def play_a_chunk(wired: Wired) -> None:
    """Tell of a restart, as every start but the first does, and play a little."""
    engine = wired.engine

    async def run() -> None:
        if wired.restarted:
            await engine.alert("info", "engine_restarted", "Engine restarted")
            return
        for step in engine.feed.past(engine.feed.next_at + CHUNK_STEPS * MINUTE_MS):
            engine.take(step)
        await engine.settle_past()

    asyncio.run(run())


def test_what_is_traded_at_midnight_belongs_to_the_new_day(tmp_path: Path) -> None:
    midnight = NOW - NOW % DAY_MS + DAY_MS
    listener = Listener()
    wanted = settings(tmp_path, warmup_days=0, strategies=["holder"], tick_ms=1000)
    wired = open_engine(wanted, listener, now=midnight - MINUTE_MS)

    asyncio.run(follow(wired.engine, midnight))
    wired.close()

    assert {fill["at"] for fill in listener.of("order_filled")} == {midnight}
    account = listener.state["account"]
    assert account["day_open_at"] == midnight
    assert account["day_open_equity"] == account["initial_balance"]
    assert account["realized_pnl_today"] == -account["fees"]


def test_after_the_end_of_the_tape_a_wish_is_refused(tmp_path: Path) -> None:
    wired = open_engine(settings(tmp_path, warmup_days=0, strategies=["holder"]))
    asyncio.run(follow(wired.engine, wired.engine.now() + 3 * MINUTE_MS))
    asyncio.run(wired.engine.tape_ended())

    with pytest.raises(CommandError, match="The tape is over") as error:
        asyncio.run(
            wired.engine.answer(
                CommandRequest("k", "prepare", {"command": "close_all"}, "ada", "owner")
            )
        )

    assert error.value.code == "ended"
    assert not wired.engine.trader.record.orders
    wired.close()


def test_a_strategy_is_warmed_in_time_order_with_as_many_bars_as_it_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = settings(tmp_path, warmup_days=2, strategies=["faulty"])
    asyncio.run(warm(wired := open_engine(wanted)))
    wired.close()
    seen: list[Bar] = []
    faulty = importlib.import_module("strategy.faulty")
    monkeypatch.setattr(faulty, "behave", seen.append)
    monkeypatch.setattr(faulty.Faulty, "warmup_bars", 2000)

    open_engine(wanted).close()

    assert len(seen) == 3 * 2000
    assert [bar.open_time for bar in seen] == sorted(bar.open_time for bar in seen)
