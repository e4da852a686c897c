"""An engine that is killed at any moment comes back with everything it had told."""

import contextlib
import os
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from core.errors import BusError
from tests.runner.audit import (
    Books,
    check_books,
    check_candles,
    check_file,
    check_state,
    check_told,
)
from tests.runner.engine_process import EngineProcess
from tests.runner.tapes import SYMBOLS, record

KILLS, FOLDERS = (10, 20) if os.environ.get("TORTURE") else (6, 1)
RULES = ("equity < 9999", "position notional > 1", "BTC/USDT crosses 60000", "no trade for 1m")
BUSY: dict[str, Any] = {
    "SPEED": "50000", "STRATEGIES": "churn,trend", "WARMUP_DAYS": "1",
    "RISK__RISK_PER_TRADE_PCT": "0.01", "RISK__DAILY_LOSS_PCT": "100",
}  # fmt: skip


@pytest.mark.torture
@pytest.mark.parametrize("number", range(FOLDERS))
def test_nothing_told_is_lost_or_doubled_when_it_is_killed(number: int, tmp_path: Path) -> None:
    rng = Random(number)
    folder = tmp_path / "data"
    told: set[str] = set()
    traded = 0
    for kill in range(KILLS):
        with EngineProcess(folder, churn=True, **BUSY) as engine:
            answers = live_a_little(engine, rng, f"wish-{kill}")
        books = Books(folder)
        check_books(books)
        check_told(books, engine.heard)
        check_file(books, folder / "dashboard_state.json")
        assert told.isdisjoint(f["fact_id"] for f in engine.heard.facts)
        told.update(f["fact_id"] for f in engine.heard.facts)
        traded += bool(engine.heard.of("order_filled"))
        done = [fact["id"] for fact in books.of("command_done")]
        assert len(done) == len(set(done))
        assert answers <= set(done)

    end_well(folder, restarts=(traded - 1, KILLS))


def live_a_little(engine: EngineProcess, rng: Random, key: str) -> set[str]:
    """Let it trade for a random while, with wishes; return the keys of those it granted."""
    if rng.random() < 0.2:  # while it starts
        time.sleep(rng.uniform(0.3, 1.5))
        return set()
    engine.wait_for("snapshot")
    engine.send("rule_add", {"text": RULES[rng.randrange(len(RULES))], "cooldown_s": 60}, key)
    granted: set[str] = set()
    wishing = threading.Thread(target=wish_on, args=(engine, key, granted))
    wishing.start()
    if rng.random() < 0.8:  # while it trades, else at its beginning
        engine.wait_for("order_filled", rng.randrange(1, 30))
    time.sleep(rng.uniform(0, 0.5))
    engine.process.kill()
    wishing.join()
    return granted


def wish_on(engine: EngineProcess, key: str, granted: set[str]) -> None:
    """Send one wish after the other until the engine is gone."""
    with contextlib.suppress(BusError):
        for number in range(1000):
            command = ("resume", "close_all", "pause")[number % 3]
            if engine.wish(command, f"{key}-{number}").ok:
                granted.add(f"{key}-{number}")


def end_well(folder: Path, restarts: tuple[int, int]) -> None:
    """After all kills, one more start and a proper end: state, file and books agree.

    *restarts* are how many are told at least, by those that lived to trade, and at most.
    """
    with EngineProcess(folder, churn=True, **BUSY) as engine:
        engine.wait_for("price")
        assert engine.wish("resume", "the-last").ok
        engine.wait_for("order_filled", 5)
        engine.stop()

    books = Books(folder)
    check_books(books)
    check_told(books, engine.heard)
    check_state(books, engine.heard.state)
    assert {row.text for row in books.rules} <= set(RULES)
    fired = [f for f in books.of("alert_raised") if f["code"] == "rule"]
    assert sum(row.fired_count for row in books.rules) == len(fired)
    told = [f for f in books.of("alert_raised") if f["code"] == "engine_restarted"]
    assert restarts[0] <= len(told) <= restarts[1]
    assert engine.process.returncode == 0
    left = sorted(path.name for path in folder.iterdir())
    assert left == [
        "dashboard_state.json",
        "logs",
        "quarterdeck.db",
        "quarterdeck.db.engine.lock",
        "run",
    ]


def test_a_replay_that_was_killed_trades_like_one_that_was_not(tmp_path: Path) -> None:
    rng = Random(1)
    tape = record(tmp_path / "tape", days=4)
    settings: dict[str, Any] = {
        "MARKET": "replay", "REPLAY": os.pathsep.join(map(str, tape)), "SPEED": "max",
        "STRATEGIES": "churn", "RISK__RISK_PER_TRADE_PCT": "0.01",
    }  # fmt: skip
    for _ in range(3):
        with EngineProcess(tmp_path / "killed", churn=True, **settings) as engine:
            engine.wait_for("snapshot")
            time.sleep(rng.uniform(0, 0.3))
    for folder in ("killed", "whole"):
        with EngineProcess(tmp_path / folder, churn=True, **settings) as engine:
            engine.wait_until(lambda e=engine: e.heard.status == "ended", "the tape is over")

    killed, whole = Books(tmp_path / "killed"), Books(tmp_path / "whole")
    check_books(killed)
    assert killed.journal == whole.journal
    assert killed.happened == whole.happened
    assert killed.candles == whole.candles
    assert killed.equity_at == whole.equity_at
    for symbol in SYMBOLS:
        check_candles([bar for bar in killed.candles.values() if bar.symbol == symbol])
