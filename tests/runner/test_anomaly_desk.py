"""What is out of the ordinary is stored, told, and said with what the engine really did."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.errors import ConfigError
from core.market import MINUTE_MS, Bar, MarketMessage, Step
from runner.wiring import Wired
from store.history import anomalies
from store.outbox import read_outbox
from store.records import AnomalyRow
from store.writer import Batch
from tests.runner.engines import Listener, follow, open_engine, played, settings, warm

pytestmark = pytest.mark.usefixtures("own_strategies")

BTC = "BTC/USDT"


def stored(wired: Wired) -> list[AnomalyRow]:
    page = anomalies(wired.database, wired.engine.writer.account_id)
    return sorted(page.items, key=lambda row: (row.at, row.id))


def jumped(step: Step, times: Decimal) -> Step:
    """Return *step* with the closes of BTC that many times as high."""

    def moved(message: MarketMessage) -> MarketMessage:
        if not isinstance(message, Bar) or message.symbol != BTC:
            return message
        close = message.close * times
        high, low = max(message.high, close), min(message.low, close)
        return msgspec.structs.replace(message, close=close, high=high, low=low)

    return Step(step.at, tuple(map(moved, step.messages)))


async def jump(wired: Wired) -> None:
    """Trade one live minute whose close is two thirds of a % below all before it."""
    engine = wired.engine
    await engine.turn("running")
    until = engine.now() + MINUTE_MS
    async for step in engine.feed.live(engine.clock):
        await engine.on_step(jumped(step, Decimal("0.98")))
        if step.at >= until and any(isinstance(message, Bar) for message in step.messages):
            break
    await engine.watch()
    await engine.flush()


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def wired(tmp_path: Path, listener: Listener) -> Iterator[Wired]:
    """An engine that has a day of past and holds a position in each symbol."""
    wanted = settings(tmp_path, strategies=["holder"])
    made = open_engine(wanted, listener)
    asyncio.run(warm(made))
    yield made
    made.close()


def jumps(rows: list[AnomalyRow], since: int) -> list[AnomalyRow]:
    return [r for r in rows if (r.symbol, r.measure) == (BTC, "return") and r.at > since]


def test_a_jump_is_stored_told_and_alerted_once(wired: Wired, listener: Listener) -> None:
    began = wired.engine.now()
    asyncio.run(jump(wired))

    (row,) = jumps(stored(wired), began)
    (told,) = [b for b in listener.of("anomaly_detected") if b["measure"] == "return"]
    (alert,) = [r for r in read_outbox(wired.database, 0, 999) if r.type == "anomaly"]
    assert row.severity == "extreme"
    assert row.title.startswith(f"{BTC} moved \N{MINUS SIGN}")
    assert told.pop("fact_id") == f"anomaly:{row.id}"
    assert told == msgspec.to_builtins(row)
    assert (alert.title, alert.detail, alert.symbol) == (row.title, row.detail, BTC)


def test_it_is_said_what_stands_and_why_nothing_new_is_opened(wired: Wired) -> None:
    engine, began = wired.engine, wired.engine.now()
    engine.trader.set_paused("Ada", began)
    asyncio.run(jump(wired))

    (row,) = jumps(stored(wired), began)
    assert row.did == (
        "Nothing was traded. Its stop stands. New entries are refused: trading is paused."
    )


def test_history_leaves_its_anomalies_and_tells_nobody(tmp_path: Path) -> None:
    listener, wired = played(tmp_path, hours=0, warmup_days=2)

    found = stored(wired)
    assert {row.measure for row in found} <= {"return", "volume", "funding"}
    assert len(found) > 5
    assert all(row.at < wired.engine.now() for row in found)
    assert listener.of("anomaly_detected") == []
    wired.close()


def test_a_restart_goes_on_as_if_it_had_never_been(tmp_path: Path) -> None:
    limits = {"mild_z": 3, "strong_z": 6, "extreme_z": 9}
    changes: dict[str, Any] = {"tick_ms": 30_000, "symbols": [BTC], "anomalies": limits}

    def go_on(wired: Wired, minutes: int) -> None:
        asyncio.run(follow(wired.engine, wired.engine.now() + minutes * MINUTE_MS))

    whole, parts = (open_engine(settings(tmp_path / name, **changes)) for name in ("a", "b"))
    asyncio.run(warm(whole))
    go_on(whole, 130)
    asyncio.run(warm(parts))
    go_on(parts, 80)
    at = parts.engine.now()
    parts.close()
    parts = open_engine(settings(tmp_path / "b", **changes), now=at)
    go_on(parts, 50)

    assert [row.id for row in stored(parts)] == [row.id for row in stored(whole)]
    assert "spread" in {row.measure for row in stored(whole)}
    for wired in (whole, parts):
        wired.close()


def test_samples_that_are_damaged_stop_the_start_with_a_sentence(tmp_path: Path) -> None:
    wired = open_engine(settings(tmp_path, warmup_days=0))
    wired.engine.writer.commit(Batch(samples={BTC: {"gauges": 1}}))
    wired.close()

    with pytest.raises(ConfigError, match="was saved by another version, or is damaged"):
        open_engine(settings(tmp_path, warmup_days=0))
