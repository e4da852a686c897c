import asyncio
import os
from pathlib import Path

import psutil
import pytest

from infra.vitals import record
from infra.vitals.machine import Machine
from infra.vitals.record import Vitals, newest, read_vitals, sweep_vitals, write_vitals
from infra.vitals.sampler import SelfSampler, keep_telling, watch_loop
from utils.clock import SetClock, SystemClock
from utils.spread import Spread


def vitals(name: str = "web", pid: int = 1, at: int = 1000, **rest: object) -> Vitals:
    given = {"started_at": 1, "cpu_pct": 1.5, "rss_bytes": 10, **rest}
    return Vitals(name=name, pid=pid, at=at, **given)  # type: ignore[arg-type]


def test_a_process_tells_of_itself_and_the_others_read_it(tmp_path: Path) -> None:
    sampler = SelfSampler("web", tmp_path, SystemClock(), lambda: {"subscribers": 3})
    sampler.lag.add(2.5)

    told = sampler.tell()

    assert list(read_vitals(tmp_path)) == [told]
    assert told.pid == os.getpid()
    assert told.counters == {"subscribers": 3}
    assert told.lag is not None
    assert told.lag.p99_ms == 2.5
    assert 0 < told.started_at < told.at
    assert told.rss_bytes > 1_000_000
    sampler.forget()
    assert list(read_vitals(tmp_path)) == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b'{"name": "web", "pid": 7, "at"',
        b"[" * 5000,
        b"\xff\xfe nonsense",
        b'{"name": "bot", "pid": 7, "at": 1, "started_at": 1, "cpu_pct": 1, "rss_bytes": 1}',
        b'{"name": "web", "pid": 7, "at": 1, "started_at": 1, "cpu_pct": -1, "rss_bytes": 1}',
        b'{"name": "web", "pid": 7, "at": "x", "started_at": 1, "cpu_pct": 1, "rss_bytes": 1}',
        b" " * (record.MOST_BYTES + 9),
    ],
)
def test_half_a_file_and_nonsense_are_passed_over(tmp_path: Path, text: bytes) -> None:
    write_vitals(tmp_path, vitals(pid=8))
    (record.vitals_folder(tmp_path) / "web-7.json").write_bytes(text)
    (record.vitals_folder(tmp_path) / "passwd-7.json").write_bytes(b"{}")
    (record.vitals_folder(tmp_path) / "bot-9.json").mkdir()

    assert [one.pid for one in read_vitals(tmp_path)] == [8]


def test_what_was_told_long_ago_is_not_of_now(tmp_path: Path) -> None:
    for one in (vitals(pid=1), vitals(pid=2, at=90_000), vitals("bot", 3, at=70_000)):
        write_vitals(tmp_path, one)

    found = newest(tmp_path, 95_000, period_s=5)

    assert {name: [(one.pid, fresh) for one, fresh in those] for name, those in found.items()} == {
        "web": [(2, True)],
        "bot": [(3, False)],
    }
    assert newest(tmp_path / "nowhere", 1, 5) == {}


def test_what_was_left_behind_is_removed_later(tmp_path: Path) -> None:
    write_vitals(tmp_path, vitals())
    path = record.vitals_folder(tmp_path) / "web-1.json"
    written_at = path.stat().st_mtime_ns // 1_000_000

    sweep_vitals(tmp_path, written_at + 1000)
    assert path.exists()
    sweep_vitals(tmp_path, written_at + record.LEFT_MS + 1)
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / record.FOLDER).write_text("no folder")
    sampler = SelfSampler("web", tmp_path, SetClock(5))

    sampler.tell()
    sampler.tell()

    assert len([one for one in caplog.records if "cannot be written" in one.message]) == 1


def test_what_the_system_does_not_tell_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> int:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "num_fds", refused)
    told = SelfSampler("web", tmp_path, SetClock(5)).sample()
    machine = Machine(tmp_path / "gone").sample()

    assert told.open_files is None
    assert machine["disk_free"] is None
    assert 0 < machine["memory_used"] < machine["memory_total"]


def test_a_loop_that_is_held_up_shows_how_late_it_is() -> None:
    lag = Spread()

    async def held_up() -> None:
        watching = asyncio.create_task(watch_loop(lag, 0.001))
        while not lag.recent():
            await asyncio.sleep(0)
        before = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() < before + 0.05:
            pass
        while lag.recent()[-1] < 40:
            await asyncio.sleep(0)
        watching.cancel()

    asyncio.run(held_up())


def test_telling_goes_on_until_it_is_cancelled_and_leaves_no_file(tmp_path: Path) -> None:
    sampler = SelfSampler("bot", tmp_path, SystemClock())

    async def twice() -> None:
        telling = asyncio.create_task(keep_telling(sampler, lambda: 0.001))
        first = None
        while first is None or sampler.newest is first:
            first = first or sampler.newest
            await asyncio.sleep(0.001)
        assert list(read_vitals(tmp_path))
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)

    asyncio.run(twice())
    assert list(read_vitals(tmp_path)) == []
