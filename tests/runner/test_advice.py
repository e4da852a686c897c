"""An engine whose strategy asks a language model, against a server that speaks its protocol."""

import asyncio
import contextlib
import json
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.market import DAY_MS, MINUTE_MS
from runner.advice import AT_ONCE, Advice, open_advice
from runner.wiring import Wired
from strategy.base import AccountView, Question, Signal
from strategy.deepseek_only import DeepseekOnly
from tests.chat_server import Asked, ChatServer, Hang, Said, answer, chat_server, problem
from tests.runner.audit import Books, check_books
from tests.runner.engine_process import EngineProcess
from tests.runner.engines import NOW, Listener, open_engine, settings, warm
from utils.clock import SetClock

KEY = "sk-test-0123456789abcdef"
NAME = "deepseek_only"
HOLD = {"action": "hold", "confidence": 0.7, "reasons": ["no trend"]}
COST = (120 * Decimal("0.28") + 50 * Decimal("0.42")) / 1_000_000


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def buy(asked: Asked) -> bytes:
    """Answer a buy with levels around the price that the question names."""
    price = float(asked.body["messages"][1]["content"].split()[2])
    levels = {"stop_price": price * 0.98, "target_price": price * 1.03}
    return answer({"action": "buy", "confidence": 0.8, "reasons": ["it rises"]} | levels)


@dataclass
class Desk:
    """An engine, what it told, and the model it asks."""

    wired: Wired
    listener: Listener
    advice: Advice
    server: ChatServer
    works: list["asyncio.Task[None]"]

    @property
    def clock(self) -> SetClock:
        clock = self.wired.engine.clock
        assert isinstance(clock, SetClock)
        return clock

    @property
    def spent(self) -> dict[str, Any]:
        """Return the strategy's state as a reader has it."""
        state: dict[str, Any] = self.listener.state["strategies"][NAME]
        return state

    async def live(self, minutes: int, *, wait: bool = True) -> None:
        """Trade *minutes* on, waiting for every answer unless told not to."""
        engine = self.wired.engine
        until = engine.now() + minutes * MINUTE_MS
        await engine.turn("running")
        async for step in engine.feed.live(engine.clock):
            await engine.on_step(step)
            while wait and (self.advice._waiting or self.advice._busy):
                assert not any(work.done() for work in self.works)
                await asyncio.sleep(0.001)
            await engine.flush()
            if step.at >= until:
                return

    async def stop(self) -> None:
        for work in self.works:
            work.cancel()
        await asyncio.gather(*self.works, return_exceptions=True)
        await self.advice.close()
        await self.wired.engine.close()


@contextlib.asynccontextmanager
async def desk(
    folder: Path, *script: Said, now: int = NOW, symbols: int = 1, **options: Any
) -> AsyncIterator[Desk]:
    async with chat_server(*script) as server:
        given = {"base_url": server.base_url, "api_key": KEY, "every_minutes": 1} | options
        names = ["BTC/USDT", "ETH/USDT", "SOL/USDT"][:symbols]
        wanted = settings(folder, strategies=[NAME], symbols=names, deepseek_only=given)
        listener = Listener()
        wired = open_engine(wanted, listener, now)
        advice = open_advice(wanted, wired.engine, wired.database, wired.engine.clock)
        assert advice is not None
        works = [asyncio.create_task(work) for work in advice.works()]
        open_desk = Desk(wired, listener, advice, server, works)
        try:
            await warm(wired)
            yield open_desk
        finally:
            await open_desk.stop()
            wired.pulse.ledger_check.run()
            wired.close()


def rows(folder: Path, query: str, *given: object) -> list[Any]:
    with closing(sqlite3.connect(folder / "quarterdeck.db")) as database:
        return database.execute(query, given).fetchall()


def told(listener: Listener) -> list[tuple[str, str]]:
    """Return decision and gate of each signal that was told."""
    return [(body["decision"], body["gate"]) for body in listener.of("signal_raised")]


def test_it_trades_on_an_answer_and_remembers_what_that_cost(tmp_path: Path) -> None:
    async def first() -> None:
        async with desk(tmp_path, buy, answer(HOLD)) as ours:
            assert ours.server.asked == []  # a day of history asks nobody
            await ours.live(2)
            assert len(ours.server.asked) == 2
            assert ours.spent["model"] == "deepseek-chat"
            assert ours.spent["model_cost_today_usd"] == pytest.approx(float(2 * COST), abs=1e-8)
            assert ours.spent["model_cost_limit_usd"] == 1
            assert ours.spent["positions"] == 1
            assert ours.listener.state["outlook"][f"{NAME}:BTC/USDT"]["reason"] == "no trend"
            assert "long from" in ours.server.asked[1].body["messages"][1]["content"]

    asyncio.run(first())
    entry, hold = rows(
        tmp_path,
        "SELECT decision, position_id, id, why, detail FROM signals WHERE at > ? ORDER BY at",
        NOW,
    )
    assert entry[:2] == ("traded", entry[2])
    assert json.loads(entry[4])["parts"][0]["text"] == "it rises"
    assert hold[0] == "held"
    usage = rows(tmp_path, "SELECT strategy, model, cost_usd, outcome FROM model_usage")
    assert [row[:2] + row[3:] for row in usage] == [(NAME, "deepseek-chat", "ok")] * 2
    assert [Decimal(row[2]) for row in usage] == [COST, COST]
    check_books(Books(tmp_path))

    async def again() -> None:
        later = NOW + 10 * MINUTE_MS
        async with desk(tmp_path, answer(HOLD), now=later) as ours:
            await ours.live(1)
            assert ours.spent["model_cost_today_usd"] == pytest.approx(float(3 * COST), abs=1e-8)
            assert ours.spent["positions"] == 1

    asyncio.run(again())


def test_at_the_daily_limit_it_holds_says_so_once_and_asks_again_the_next_day(
    tmp_path: Path,
) -> None:
    midnight = NOW - NOW % DAY_MS + DAY_MS

    async def run() -> None:
        # One question may cost 0.00093, and costs 0.000055: the limit is for a few of them.
        begin = midnight - 30 * MINUTE_MS
        async with desk(tmp_path, answer(HOLD), now=begin, daily_usd="0.0013") as ours:
            await ours.live(20)
            asked = len(ours.server.asked)
            assert 1 < asked < 15
            gates = [gate for _, gate in told(ours.listener)]
            assert gates == [""] * asked + ["budget"] * (20 - asked)
            signal = ours.listener.of("signal_raised")[-1]
            assert signal["value"] == pytest.approx(float(asked * COST), abs=1e-4)
            assert signal["limit"] == pytest.approx(0.0013)
            assert [a["title"] for a in ours.listener.of("alert_raised")] == [
                "The language model's daily limit is reached"
            ]
            await ours.live(11)
            assert len(ours.server.asked) > asked
            assert ours.spent["model_cost_today_usd"] < float(asked * COST)

    asyncio.run(run())
    outcomes = rows(tmp_path, "SELECT outcome, sum(cost_usd > 0) FROM model_usage GROUP BY 1")
    assert {word: paid > 0 for word, paid in outcomes} == {"ok": True, "budget": False}


def test_a_spent_limit_is_still_spent_after_a_restart(tmp_path: Path) -> None:
    async def run(now: int, asked: int, *words: str) -> None:
        # Without a usage block an answer counts as the worst, 0.00093.
        async with desk(tmp_path, answer(HOLD, None), now=now, daily_usd="0.001") as ours:
            await ours.live(2)
            assert len(ours.server.asked) == asked
            titles = [alert["title"] for alert in ours.listener.of("alert_raised")]
            assert [title.split()[-1] for title in titles] == [*words]

    asyncio.run(run(NOW, 1, "near", "reached"))
    asyncio.run(run(NOW + 5 * MINUTE_MS, 0, "reached"))
    asyncio.run(run(NOW + DAY_MS, 1, "near", "reached"))


@pytest.mark.parametrize(
    ("turn", "gate"),
    [
        (answer("I would rather talk about poetry."), "nonsense"),
        (answer(HOLD, finish="length"), "protocol"),
        (problem(401, f"wrong key {KEY}"), "refused"),
        (problem(500), "unreachable"),
    ],
)
def test_no_answer_is_a_hold_at_its_gate_and_the_key_is_nowhere(
    tmp_path: Path, turn: bytes, gate: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def run() -> None:
        async with desk(tmp_path, turn, retries=0) as ours:
            await ours.live(3)
            assert told(ours.listener) == [("held", gate)] * 3
            assert KEY not in json.dumps(ours.listener.heard)
            refused = [a["code"] for a in ours.listener.of("alert_raised")]
            assert refused == (["model_refused"] if gate == "refused" else [])
            await ours.wired.pulse.write_state_file()

    asyncio.run(run())
    assert KEY not in caplog.text
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) >= 2
    assert all(KEY.encode() not in path.read_bytes() for path in kept)
    (outcome,) = rows(tmp_path, "SELECT DISTINCT outcome FROM model_usage")
    assert outcome == ("ok" if gate == "nonsense" else gate,)


def test_an_answer_that_comes_late_is_not_traded_on(tmp_path: Path) -> None:
    async def run() -> None:
        desks: list[Desk] = []

        def slowly(asked: Asked) -> bytes:
            desks[0].clock.at += 2 * MINUTE_MS + 1
            return buy(asked)

        async with desk(tmp_path, slowly, answer(HOLD)) as ours:
            desks.append(ours)
            await ours.live(1)
            first = ours.listener.of("signal_raised")[0]
            assert (first["decision"], first["gate"], first["limit"]) == ("held", "late", 2)
            assert ours.wired.engine.trader.portfolio.positions == {}

    asyncio.run(run())


def test_an_answer_about_a_price_that_is_gone_is_not_traded_on(tmp_path: Path) -> None:
    async def run() -> None:
        desks: list[Desk] = []

        def meanwhile(asked: Asked) -> bytes:
            market = desks[0].wired.engine.trader.board.markets["BTC/USDT"]
            assert market.last is not None
            market.last *= Decimal("1.006")
            return buy(asked)

        async with desk(tmp_path, meanwhile) as ours:
            desks.append(ours)
            await ours.live(1)
            (signal,) = ours.listener.of("signal_raised")
            assert (signal["decision"], signal["gate"]) == ("held", "late")
            assert signal["why"].startswith("Not traded: the price moved 0.6")

    asyncio.run(run())


def test_questions_do_not_pile_up_behind_a_slow_model(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, Hang(), symbols=3, timeout_s=300) as ours:
            await ours.live(1, wait=False)
            while len(ours.server.asked) < AT_ONCE:
                await asyncio.sleep(0.001)
            await ours.live(5, wait=False)
            assert len(ours.server.asked) == AT_ONCE
            waiting = ours.advice._waiting
            assert len(waiting) == 3
            newest = ours.wired.engine.trader.board.markets["BTC/USDT"].bars[-1].close_time
            assert {question.at for question in waiting.values()} == {newest}

    asyncio.run(run())
    # What was on its way when the engine stopped may have to be paid.
    usage = rows(tmp_path, "SELECT outcome, cost_usd > 0 FROM model_usage")
    assert usage == [("stopped", 1)] * 3


def test_two_answers_within_a_minute_are_two_signals(tmp_path: Path) -> None:
    async def run() -> None:
        desks: list[Desk] = []

        def after_half_a_minute(_: Asked) -> bytes:
            desks[0].clock.at += 30_000
            return answer(HOLD)

        async with desk(tmp_path, after_half_a_minute, answer(HOLD)) as ours:
            desks.append(ours)
            await ours.live(4)
            assert len(ours.server.asked) == len(told(ours.listener))

    asyncio.run(run())
    (stored,) = rows(tmp_path, "SELECT count(*) FROM signals WHERE at > ?", NOW)
    assert stored[0] >= 4


def fail_to_ask(_self: object, _bar: object, _view: AccountView) -> Question:
    raise ZeroDivisionError("no question")


def fail_to_listen(_self: object, _question: Question, _answer: object, _view: object) -> Signal:
    raise ZeroDivisionError("no idea")


@pytest.mark.parametrize(
    ("method", "how"), [("question", fail_to_ask), ("on_answer", fail_to_listen)]
)
def test_a_strategy_that_fails_at_it_is_asked_no_more_and_the_engine_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, how: Any
) -> None:
    monkeypatch.setattr(DeepseekOnly, method, how)

    async def run() -> None:
        async with desk(tmp_path, answer(HOLD)) as ours:
            await ours.live(3)
            (alert,) = ours.listener.of("alert_raised")
            assert (alert["code"], alert["title"]) == (
                "strategy_failed", "Strategy deepseek_only failed",
            )  # fmt: skip
            assert ours.spent["status"] == "failed"
            assert len(ours.server.asked) <= 1

    asyncio.run(run())


def test_without_a_key_nobody_is_asked_and_the_reason_is_told(tmp_path: Path) -> None:
    listener = Listener()
    wanted = settings(tmp_path, warmup_days=0, strategies=[NAME, "trend"])
    wired = open_engine(wanted, listener)
    assert open_advice(wanted, wired.engine, wired.database, wired.engine.clock) is None

    asyncio.run(wired.engine.turn("running"))
    state = listener.state["strategies"][NAME]
    assert state["status"] == "off"
    assert "DEEPSEEK_ONLY__API_KEY" in state["note"]
    assert state["model_cost_today_usd"] is None
    wired.close()


def test_a_real_engine_asks_and_stops_while_it_waits(tmp_path: Path) -> None:
    async def run() -> None:
        async with chat_server(answer(HOLD), Hang()) as server:
            given = {"BASE_URL": server.base_url, "API_KEY": KEY, "EVERY_MINUTES": "1"}
            own: dict[str, Any] = {f"DEEPSEEK_ONLY__{name}": value for name, value in given.items()}
            with EngineProcess(
                tmp_path / "data", STRATEGIES=NAME, SPEED="120", WARMUP_DAYS="1",
                SYMBOLS="BTC/USDT", NO_PROXY="127.0.0.1", LOG_LEVEL="DEBUG", **own,
            ) as engine:  # fmt: skip
                await asyncio.to_thread(engine.wait_for, "signal_raised")
                while len(server.asked) < 2 and engine.runs:
                    await asyncio.sleep(0.01)
                await asyncio.to_thread(engine.stop)
                assert KEY not in engine.log
                assert KEY not in json.dumps(engine.heard.events)
                assert engine.process.returncode == 0

    asyncio.run(run())
    usage = rows(tmp_path / "data", "SELECT outcome, cost_usd > 0 FROM model_usage ORDER BY at")
    assert usage == [("ok", 1), ("stopped", 1)]
