"""What the engine gathers of the machine, keeps, tells and raises alerts about."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.market import DAY_MS, MINUTE_MS
from infra.bus.base import CommandRequest
from infra.settings import Settings
from infra.vitals.processes import Family
from infra.vitals.record import Vitals, vitals_folder, write_vitals
from runner.disk_outlook import newest_backup
from runner.engine_room import EngineRoom
from runner.sampled import MOST_WAITING, Waiting
from runner.servers import Servers
from runner.system_alarms import FULL_WITHIN_MS, LATE_FOR_MS, SystemAlarms
from runner.wiring import Wired
from store.database import Database
from store.pipelines import pipelines
from store.system import sampled_names
from tests.runner.engines import open_engine, settings
from utils.clock import SetClock

NOW = 100 * DAY_MS
GIB = 1024**3
BOT = Vitals(
    name="bot", pid=9, at=NOW, started_at=NOW, cpu_pct=1, rss_bytes=1,
    counters={"sent": 4, "outbox_lag_ms": 50, "error": "Telegram does not answer"},
)  # fmt: skip


def sampled(**machine: Any) -> dict[str, Any]:
    """Return a sample of a machine that is well, but for what is said."""
    usual = {"disk_free": 50 * GIB, "disk_total": 100 * GIB, "disk_full_at": None}
    return {"at": NOW, "machine": {**usual, **machine}, "processes": [], "pipelines": []}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Wired, dict[str, Any]]]:
    """An engine whose room was watched for three minutes, and what it answers then."""
    folder = tmp_path_factory.mktemp("data")
    wired = open_engine(settings(folder, warmup_days=0))
    write_vitals(folder / "run", BOT)
    (vitals_folder(folder / "run") / "web-3.json").write_text("{nonsense")
    (folder / "backups").mkdir()
    (folder / "backups" / "quarterdeck-1.db").touch()
    yield wired, asyncio.run(for_a_while(wired, settings(folder)))
    wired.close()


async def for_a_while(wired: Wired, wanted: Settings) -> dict[str, Any]:
    clock, engine = SetClock(NOW), wired.engine
    room = EngineRoom(wanted, engine, wired.database, clock)
    engine.questions["system"] = room.answer
    running = asyncio.create_task(room.run())
    while clock.at < NOW + 3 * MINUTE_MS:
        await asyncio.sleep(0)
    reply = await engine.answer(CommandRequest("1", "system", {}, "a viewer", "viewer"))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert reply.result is not None
    return reply.result


def test_it_tells_of_the_processes_and_the_machine(told: tuple[Wired, dict[str, Any]]) -> None:
    _, found = told

    processes = {one["name"]: one for one in found["processes"]}
    assert processes["engine"]["pid"] == os.getpid()
    assert (processes["engine"]["status"], processes["database"]["status"]) == ("up", "up")
    assert processes["bot"]["status"] == "away"  # it told nothing since
    assert "web" not in processes
    assert found["machine"]["database_bytes"] > 0
    assert found["machine"]["disk_note"].startswith("A forecast takes 6 hours")
    assert [hop["name"] for hop in found["hops"]] == ["exchange_engine", "engine_bus"]
    assert "not from an exchange" in found["hops"][0]["reason"]


def test_it_tells_of_the_work_beside_trading(told: tuple[Wired, dict[str, Any]]) -> None:
    wired, found = told

    works = {one["name"]: one for one in found["pipelines"]}
    assert works["system"]["runs"] > 20
    assert works["backups"]["last_run_at"] is not None
    assert works["training"]["status"] == "off"
    assert (works["outbox"]["status"], works["outbox"]["lag_ms"]) == ("failed", 50)
    alerts = wired.engine.publisher.state["alerts"]
    failed = [one for one in alerts if one["code"] == "pipeline_failed"]
    assert [(one["title"], one["detail"]) for one in failed] == [
        ("Alerts to Telegram failed", "Telegram does not answer")
    ]


def test_it_keeps_what_it_sampled(told: tuple[Wired, dict[str, Any]]) -> None:
    database = told[0].database

    assert {"engine.cpu_pct", "machine.memory_used"} <= set(sampled_names(database))
    assert {one.name for one in pipelines(database)} >= {"system", "ledger", "backups"}


def test_a_ping_is_answered_with_nothing(tmp_path: Path) -> None:
    wired = open_engine(settings(tmp_path, warmup_days=0))

    reply = asyncio.run(wired.engine.answer(CommandRequest("2", "ping", {}, "web", "viewer")))

    assert (reply.ok, reply.result) == (True, {})
    wired.close()


def test_only_the_processes_that_are_wished_for_are_told(tmp_path: Path) -> None:
    wired = open_engine(settings(tmp_path, warmup_days=0))
    wanted = settings(tmp_path, system={"process_filter": ["database"]})
    room = EngineRoom(wanted, wired.engine, wired.database, SetClock(NOW))

    assert room.answer({}) == {}
    assert [one["name"] for one in room._gather()["processes"]] == ["database"]
    wired.close()


def test_samples_wait_while_the_database_refuses_and_are_stored_by_the_minute(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite:///{tmp_path}/quarterdeck.db")
    waiting = Waiting(database)
    for n in range(25):
        waiting.add(NOW + 5000 * n, [("web.cpu_pct", float(n))])

    with pytest.raises(Exception, match="refused"):
        waiting.store()
    assert [tuple(one)[1:] for one in waiting.minutes] == [
        (NOW, 5.5, 11.0), (NOW + MINUTE_MS, 17.5, 23.0),
    ]  # fmt: skip
    database.migrate()
    assert waiting.store() == 25
    assert waiting.samples == []
    for n in range(MOST_WAITING + 3):
        waiting.add(NOW + n, [("a", 1.0)])
    assert len(waiting.samples) == MOST_WAITING
    database.close()


def test_a_disk_that_is_nearly_full_is_told_once_until_there_is_room_again() -> None:
    alarms = SystemAlarms()
    full, well = sampled(disk_free=4 * GIB), sampled(disk_free=20 * GIB)

    said = [[one.title for one in alarms.look(now)] for now in (full, full, well, full)]

    assert said == [["The disk is nearly full"], [], [], ["The disk is nearly full"]]
    assert list(alarms.look(sampled(disk_free=None))) == []


def test_a_disk_that_will_be_full_within_a_week_is_told_with_the_day() -> None:
    alarms = SystemAlarms()
    soon = sampled(disk_full_at=NOW + FULL_WITHIN_MS - 1)

    (said,) = alarms.look(soon)

    assert (said.level, said.code) == ("warn", "disk_low")
    assert said.detail.endswith("fills it on 17 April.")
    assert list(alarms.look(soon)) == []
    assert list(alarms.look(sampled(disk_full_at=NOW + 2 * FULL_WITHIN_MS))) == []
    assert list(alarms.look(soon)) != []


def test_a_loop_that_is_late_for_a_minute_is_told_and_a_moment_is_not() -> None:
    alarms = SystemAlarms()

    def look(after_ms: int, p95_ms: float) -> list[str]:
        lag = {"p50_ms": 1.0, "p95_ms": p95_ms, "p99_ms": 900.0, "max_ms": 900.0}
        now = {**sampled(), "at": NOW + after_ms, "processes": [{"name": "web", "lag": lag}]}
        return [one.code for one in alarms.look(now)]

    assert look(0, 300) == look(LATE_FOR_MS - 1, 300) == []
    assert look(LATE_FOR_MS, 5) == []  # it was but a moment
    assert look(LATE_FOR_MS + 1, 300) == []
    assert look(2 * LATE_FOR_MS + 1, 300) == ["loop_lag"]
    assert look(3 * LATE_FOR_MS, 300) == []


def test_who_vanishes_or_may_not_be_looked_at_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    family = Family()
    assert family.sample(2**22 - 1, 1.0) == {}  # no such process

    def refused(*_: object) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "memory_info", refused)
    assert family.sample(os.getpid(), 1.0)["rss_bytes"] == 0
    monkeypatch.setattr(psutil.Process, "parent", refused)
    assert family.sample(os.getpid(), 1.0) == {}


def test_a_database_server_is_told_with_its_processes(tmp_path: Path, postgres_url: str) -> None:
    database = Database(postgres_url)
    servers = Servers(settings(tmp_path, database_url=postgres_url), database)

    (first,) = servers.sample(NOW * 100, 1.0)
    (again,) = servers.sample(NOW * 100, 2.0)
    (later,) = servers.sample(NOW * 100, 60.0)

    assert first is again
    assert (first["name"], first["status"]) == ("database", "up")
    assert first["note"].startswith("PostgreSQL ")
    if later["pid"] is not None:  # it runs on this machine
        assert later["rss_bytes"] > 0
        assert later["cpu_pct"] is not None
    database.close()


def test_a_server_that_is_gone_is_away(tmp_path: Path) -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    wanted = settings(tmp_path, database_url=url, bus_url="redis://127.0.0.1:1/0")
    database = Database(url)
    servers = Servers(wanted, database)

    told = servers.sample(NOW, 1.0)

    assert [(one["name"], one["status"]) for one in told] == [
        ("database", "away"), ("redis", "away"),
    ]  # fmt: skip
    servers.close()
    database.close()


def test_redis_tells_how_it_is(tmp_path: Path, redis_url: str) -> None:
    database = Database(f"sqlite:///{tmp_path}/none.db")
    servers = Servers(settings(tmp_path, bus_url=redis_url), database)

    servers.sample(NOW, 1.0)
    _, told = servers.sample(NOW, 60.0)

    assert (told["name"], told["status"]) == ("redis", "up")
    assert told["rss_bytes"] > 100_000
    assert told["cpu_pct"] >= 0
    servers.close()


def test_the_newest_backup_is_found_wherever_it_is(tmp_path: Path) -> None:
    assert newest_backup([tmp_path / "gone"]) is None
    for name, at_s in (("a.db", 50), ("b.dump", 70), ("c.txt", 90)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (at_s, at_s))

    assert newest_backup([tmp_path / "gone", tmp_path]) == 70_000
