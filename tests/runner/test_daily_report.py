"""Once a UTC day, never in the way."""

import asyncio
import os
from pathlib import Path

from runner.daily_report import DailyReport, is_due
from runner.demo import make_demo
from runner.pipelines import Pipelines
from tests.runner.engines import NOW, settings
from utils.clock import SetClock

DAY_MS = 86_400_000


def test_it_is_due_when_there_is_none_and_on_the_next_utc_day(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    noon = NOW - NOW % DAY_MS + DAY_MS // 2
    assert is_due(path, noon)

    path.touch()
    os.utime(path, (noon / 1000, noon / 1000))

    assert not is_due(path, noon + DAY_MS // 2 - 1)
    assert is_due(path, noon + DAY_MS // 2)
    assert not is_due(path, noon - DAY_MS)  # the clock was set back: it is not written again


def test_a_process_of_its_own_writes_it(tmp_path: Path) -> None:
    wanted = settings(tmp_path, warmup_days=1)
    make_demo(wanted, 1)

    assert asyncio.run(DailyReport(wanted, SetClock(NOW), Pipelines(SetClock(NOW))).write())

    assert "SIMULATED" in wanted.report_path.read_text(encoding="utf-8")


def test_without_an_account_it_is_not_written_and_nothing_breaks(tmp_path: Path) -> None:
    wanted = settings(tmp_path)

    assert not asyncio.run(DailyReport(wanted, SetClock(NOW), Pipelines(SetClock(NOW))).write())

    assert not wanted.report_path.exists()


def test_it_ends_when_it_is_cancelled_halfway(tmp_path: Path) -> None:
    async def cancelled() -> None:
        writing = asyncio.create_task(
            DailyReport(settings(tmp_path), SetClock(NOW), Pipelines(SetClock(NOW))).write()
        )
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait([writing])
        assert writing.cancelled()

    asyncio.run(cancelled())
