"""Old history goes beside trading: between commits, soon after the start and then daily."""

import asyncio
from decimal import Decimal
from pathlib import Path

from sqlalchemy import func, select

from core.market import DAY_MS, MINUTE_MS
from infra.setting_groups import RetentionSettings
from runner.retention import AGAIN_AFTER_S, DAILY_S, FIRST_AFTER_S, PAUSE_S, Retention
from runner.wiring import Wired
from store import tables
from store.database import Database
from store.writer import Batch, EquityPoint
from tests.runner.engines import NOW, open_engine, played, settings
from utils.clock import SetClock

SHORT = RetentionSettings(
    equity_minute_days=1, candle_days=1, hold_signal_days=1, prediction_days=1, fact_days=1
)
EVER = RetentionSettings(
    equity_minute_days=0, candle_days=0, hold_signal_days=0, prediction_days=0, fact_days=0
)


class Paced:
    """A clock that keeps how long each wait was, and stops the *last* one for ever."""

    def __init__(self, waits: int) -> None:
        self.waited: list[float] = []
        self.over = asyncio.Event()
        self._left = waits

    async def sleep(self, seconds: float) -> None:
        if seconds == PAUSE_S:
            await asyncio.sleep(0)
            return
        self.waited.append(seconds)
        if len(self.waited) > self._left:
            self.over.set()
            await asyncio.Event().wait()

    def now(self) -> int:
        return NOW

    def not_before(self, at: int) -> None:
        raise NotImplementedError

    def monotonic(self) -> float:
        return 0.0


def counted(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.metadata.tables.items()
        }


def waits(wired: Wired, database: Database, number: int) -> list[float]:
    """Return the first *number* + 1 waits of a retention on *database*."""
    clock = Paced(number)

    async def run() -> None:
        work = asyncio.create_task(Retention(wired.engine, database, SHORT, clock).run())
        await clock.over.wait()
        work.cancel()

    asyncio.run(run())
    return clock.waited


def test_it_sweeps_a_minute_after_the_start_and_then_daily(tmp_path: Path) -> None:
    wired = open_engine(settings(tmp_path))

    assert waits(wired, wired.database, 2) == [FIRST_AFTER_S, DAILY_S, DAILY_S]

    wired.close()


def test_what_the_database_refuses_is_tried_again_within_the_hour(tmp_path: Path) -> None:
    wired = open_engine(settings(tmp_path))
    away = Database("postgresql://me@127.0.0.1:1/nothing")

    assert waits(wired, away, 2) == [FIRST_AFTER_S, AGAIN_AFTER_S, AGAIN_AFTER_S]

    wired.close()


def test_the_settings_say_how_long_and_what_was_traded_stays(tmp_path: Path) -> None:
    _, wired = played(tmp_path, hours=1, warmup_days=3, tick_ms=60_000)
    wired.close()
    wired = open_engine(settings(tmp_path), now=NOW + DAY_MS)
    before = counted(wired.database)

    for group in (EVER, SHORT):
        assert asyncio.run(Retention(wired.engine, wired.database, group, SetClock()).sweep())
        if group is EVER:
            assert counted(wired.database) == before

    after = counted(wired.database)
    wired.close()
    fewer = {name for name in before if after[name] < before[name]}
    assert {"equity", "candles"} <= fewer
    brief = {"equity", "candles", "facts", "signals", "signal_predictions", "funding_rates"}
    brief |= {"anomalies", "alert_acknowledgements"}
    assert fewer <= brief


def test_an_engine_commits_between_two_steps(tmp_path: Path) -> None:
    """A commit that comes during a sweep waits for one step of it, not for its end."""
    wired = open_engine(settings(tmp_path))
    engine, owner = wired.engine, wired.engine.writer.account_id
    years = [EquityPoint(minute * MINUTE_MS, Decimal(1), Decimal(1)) for minute in range(1, 12_000)]
    engine.writer.commit(Batch(equity=[*years, EquityPoint(NOW, Decimal(1), Decimal(1))]))
    seen: list[int] = []

    async def run() -> None:
        sweeping = asyncio.create_task(Retention(engine, wired.database, SHORT, SetClock()).sweep())
        while not sweeping.done():
            await engine.ledger.commit(Batch(checkpoint={"n": len(seen)}), lambda _: None)
            seen.append(counted(wired.database)["equity"])
        assert sweeping.result()

    asyncio.run(run())
    mine = select(func.count()).where(tables.equity.c.account_id == owner)
    with wired.database.read() as connection:
        assert connection.execute(mine).scalar() == 12_000 // 15 + 2
    wired.close()
    assert len(set(seen)) > 5
