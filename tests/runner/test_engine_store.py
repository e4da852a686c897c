"""What the engine stores and tells while its store, its disk or its own code fails."""

import asyncio
import contextlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import event

from core.errors import CommandError, StoreError
from core.market import Step
from infra.bus.base import CommandRequest
from runner.wiring import Wired
from tests.runner.audit import Books, check_books
from tests.runner.engines import Listener, follow, open_engine, settings
from tests.services import PATIENCE_S

MINUTE_MS = 60_000


class Disk:
    """A database that can be told to refuse every write."""

    def __init__(self, wired: Wired) -> None:
        self._connections: list[Any] = []
        self._refuses = False
        wired.database.close()  # what it opens from now on is seen
        event.listen(wired.database.engine, "connect", self._opened)

    def _opened(self, connection: Any, _record: Any) -> None:
        self._connections.append(connection)
        self._obey(connection)

    def _obey(self, connection: Any) -> None:
        connection.execute(f"PRAGMA query_only = {int(self._refuses)}")

    def refuse(self, *, refuses: bool) -> None:
        self._refuses = refuses
        for connection in self._connections:
            self._obey(connection)


Floor = tuple[Wired, Listener, Disk]


@pytest.fixture
def floor(tmp_path: Path, own_strategies: None) -> Iterator[Floor]:  # noqa: ARG001
    """An engine that traded for some minutes without pause, and its disk."""
    listener = Listener()
    wired = open_engine(settings(tmp_path, warmup_days=0, strategies=["churn"]), listener)
    disk = Disk(wired)
    asyncio.run(follow(wired.engine, wired.engine.now() + 7 * MINUTE_MS))
    yield wired, listener, disk
    wired.close()


def bars(wired: Wired, minutes: int) -> list[Step]:
    return list(islice(wired.engine.feed.past(None), minutes))


async def until(holds: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.01)


def test_while_the_ledger_cannot_be_written_only_that_is_told_and_then_everything_once(
    floor: Floor, tmp_path: Path
) -> None:
    wired, listener, disk = floor
    engine = wired.engine

    async def scenario() -> None:
        disk.refuse(refuses=True)
        before = len(listener.heard)
        trading = asyncio.create_task(trade())
        flushing = asyncio.create_task(engine.flush())
        await until(lambda: listener.state["engine"]["status"] == "blocked")
        assert "trading waits" in listener.state["engine"]["note"]
        assert {kind for _, kind, _ in listener.heard[before:]} == {"engine"}
        with pytest.raises(CommandError, match="cannot be written") as error:
            await engine.answer(CommandRequest("k", "prepare", {}, "ada", "owner"))
        assert (error.value.code, error.value.status) == ("blocked", 503)
        disk.refuse(refuses=False)
        await trading
        await flushing

    async def trade() -> None:
        for step in bars(wired, 5):
            await engine.on_step(step)

    asyncio.run(scenario())

    assert listener.state["engine"]["status"] == "running"
    alerts = [alert["code"] for alert in listener.of("alert_raised")]
    assert alerts == ["store_back"]
    told = [body for _, _, body in listener.heard if body.get("fact_id", "").startswith("f")]
    books = Books(tmp_path)
    check_books(books)
    assert told == books.facts
    wired.pulse.ledger_check.run()


def test_a_stop_does_not_wait_for_a_ledger_that_cannot_be_written(
    floor: Floor, tmp_path: Path
) -> None:
    wired, listener, disk = floor
    engine = wired.engine
    stored = Books(tmp_path).facts

    async def scenario() -> None:
        disk.refuse(refuses=True)
        trading = asyncio.create_task(engine.on_step(bars(wired, 1)[0]))
        await until(lambda: listener.state["engine"]["status"] == "blocked")
        engine.ledger.stop()
        trading.cancel()
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(StoreError):
                await trading
            await engine.close()

    asyncio.run(scenario())

    disk.refuse(refuses=False)
    assert Books(tmp_path).facts == stored
    assert listener.of("order_filled") == [f for f in stored if f["kind"] == "order_filled"]
    assert listener.state == engine.publisher.state


def test_a_stop_at_any_instant_cuts_no_step_in_two(floor: Floor, tmp_path: Path) -> None:
    wired, listener, _ = floor
    rng = Random(3)

    async def scenario() -> None:
        for step in bars(wired, 60):
            trading = asyncio.create_task(wired.engine.on_step(step))
            for _ in range(rng.randrange(5)):
                await asyncio.sleep(0)
            trading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await trading

    asyncio.run(scenario())

    books = Books(tmp_path)
    check_books(books)
    told = [body for _, _, body in listener.heard if body.get("fact_id", "").startswith("f")]
    assert told == books.facts
    wired.pulse.ledger_check.run()


def test_a_step_that_breaks_halfway_is_neither_stored_nor_told(
    floor: Floor, tmp_path: Path
) -> None:
    wired, listener, _ = floor
    engine = wired.engine
    stored, told = Books(tmp_path), len(listener.heard)
    steps = bars(wired, 6)
    whole = Step(steps[-1].at, tuple(m for step in steps for m in step.messages))
    del engine.trader.board.markets["SOL/USDT"]

    async def scenario() -> None:
        with pytest.raises(KeyError, match="SOL/USDT"):
            await engine.on_step(whole)
        with pytest.raises(KeyError):
            await engine.on_step(steps[0])
        with pytest.raises(KeyError):
            await engine.flush()
        await engine.close()

    asyncio.run(scenario())

    after = Books(tmp_path)
    assert (after.facts, after.journal, after.orders) == (
        stored.facts, stored.journal, stored.orders,
    )  # fmt: skip
    assert {kind for _, kind, _ in listener.heard[told:]} == {"engine"}


def test_a_ledger_that_differs_from_memory_is_told_once(floor: Floor) -> None:
    wired, listener, _ = floor
    with wired.database.write() as connection:
        connection.exec_driver_sql("UPDATE journal SET amount = '9999' WHERE kind = 'transfer'")

    async def check() -> None:
        for _ in range(3):
            await wired.pulse.check_ledger()

    asyncio.run(check())

    (alert,) = listener.of("alert_raised")
    assert (alert["level"], alert["code"]) == ("error", "ledger_mismatch")
    assert "9999" not in alert["title"]


def test_a_state_file_that_cannot_be_written_is_told_once_and_trading_goes_on(
    floor: Floor, tmp_path: Path
) -> None:
    wired, listener, _ = floor
    engine, pulse = wired.engine, wired.pulse
    pulse.state_file.path = tmp_path / "away" / "dashboard_state.json"

    async def write(times: int) -> None:
        for step in bars(wired, times):
            await engine.on_step(step)
            await pulse.write_state_file()

    asyncio.run(write(4))
    assert [alert["code"] for alert in listener.of("alert_raised")] == ["state_file"]
    assert "Trading and the ledger go on" in listener.of("alert_raised")[0]["detail"]

    (tmp_path / "away").mkdir()
    asyncio.run(write(3))
    assert pulse.state_file.path.exists()
    assert len(listener.of("alert_raised")) == 1

    pulse.state_file.path.unlink()
    (tmp_path / "away").rmdir()
    asyncio.run(write(2))
    assert len(listener.of("alert_raised")) == 2
    check_books(Books(tmp_path))
