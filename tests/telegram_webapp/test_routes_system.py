"""How the machine is, as the page and programs are told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plotly.io import from_json

from core.market import HOUR_MS, MINUTE_MS
from infra.bus.base import CommandReply, CommandRequest
from infra.vitals.record import Vitals, write_vitals
from store.access import Role
from store.database import Database
from store.pipelines import PipelineRun, PipelineStatus, keep_pipelines
from store.system import Minute, Sample, keep_samples
from tests.telegram_webapp.gathered import MIB, engine_tells
from tests.telegram_webapp.house import House, fill_history, house, problem


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        yield built


@pytest.fixture(name="told")
def _told(open_house: House) -> Iterator[dict[str, Any]]:
    """An engine that answers; what it says."""
    before, says = open_house.answer, engine_tells(open_house.clock.now())

    def answer(request: CommandRequest) -> CommandReply:
        return CommandReply(ok=True, result=says if request.name == "system" else {})

    open_house.answer = answer
    yield says
    open_house.answer = before


def system(house: House) -> dict[str, Any]:
    answer = house.get("/api/system")
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    found: dict[str, Any] = answer.json
    return found


def test_what_the_engine_gathered_is_told_with_our_own(
    open_house: House, told: dict[str, Any]
) -> None:
    found = system(open_house)

    assert (found["stale"], found["machine"], found["feed"]) == (
        False, told["machine"], told["feed"],
    )  # fmt: skip
    engine, web = found["processes"]
    assert (engine["name"], engine["restarts"]) == ("engine", 2)
    assert (web["name"], web["status"], web["restarts"]) == ("web", "up", 2)
    assert web["rss_bytes"] > 10 * MIB
    assert [hop["name"] for hop in found["hops"]] == [
        "engine_bus", "bus_web", "web_browser", "total",
    ]  # fmt: skip
    assert found["stream"]["subscribers"] == 0
    assert found["pipelines"][0]["runs"] == 7


@pytest.mark.usefixtures("told")
def test_questions_to_the_database_and_kept_answers_are_counted(open_house: House) -> None:
    before = system(open_house)

    for _ in range(2):
        assert open_house.get("/api/performance").status_code == 200
    found = system(open_house)

    assert found["database"]["queries"] > before["database"]["queries"]
    assert found["database"]["query_ms"]["p99_ms"] > 0
    assert found["database"]["pool_size"] >= 1
    assert found["cache"]["hits"] > before["cache"]["hits"]
    assert found["cache"]["misses"] > before["cache"]["misses"]


@pytest.mark.usefixtures("told")
def test_what_pages_measure_is_told_as_hops(open_house: House) -> None:
    body = {"trip_ms": 30, "delays_ms": [12.5, 80]}
    assert open_house.post("/api/vitals", body, Role.VIEWER).status_code == 204

    hops = {hop["name"]: hop for hop in system(open_house)["hops"]}

    assert hops["web_browser"]["p50_ms"] == 15
    assert hops["total"]["reason"] is None or "pace" in hops["total"]["reason"]


@pytest.mark.parametrize(
    "body",
    [
        {"trip_ms": -1}, {"trip_ms": 1e9}, {"trip_ms": "1"}, {"delays_ms": [1] * 21}, [],
        {"delays_ms": [None]}, {"other": 1}, {"trip_ms": True},
    ],
)  # fmt: skip
def test_what_no_page_would_measure_is_refused(open_house: House, body: object) -> None:
    answer = open_house.post("/api/vitals", body, Role.VIEWER)

    assert problem(answer)["code"] == "bad_body"


def test_runs_of_a_pipeline_are_paged(open_house: House) -> None:
    database = Database(open_house.settings.database)
    runs = [PipelineRun(name="feed:BTC/USDT", at=at, rows=at) for at in (1, 2, 3)]
    keep_pipelines(database, [], runs)
    database.close()

    first = open_house.get("/api/pipelines/feed:BTC%2FUSDT/runs?limit=2").json
    assert first is not None
    then = open_house.get(f"/api/pipelines/feed:BTC%2FUSDT/runs?cursor={first['next_cursor']}").json

    assert [run["rows"] for run in first["runs"]] == [3, 2]
    assert then == {
        "runs": [
            {"name": "feed:BTC/USDT", "at": 1, "duration_ms": None, "rows": 1, "runs": 1,
             "failures": 0, "error": ""}
        ],
        "next_cursor": None,
    }  # fmt: skip
    assert open_house.get("/api/pipelines/nobody/runs").json == {"runs": [], "next_cursor": None}
    assert problem(open_house.get("/api/pipelines/a/runs?cursor=x"))["code"] == "bad_parameter"


def test_the_last_that_was_told_stays_while_the_engine_is_away(tmp_path: Path) -> None:
    with house(tmp_path) as left:
        says = engine_tells(left.clock.now())
        left.answer = lambda _: CommandReply(ok=True, result=says)
        assert not system(left)["stale"]
        left.stop_engine()

        found = system(left)

        assert found["stale"]
        assert found["machine"] == says["machine"]
        assert {one["name"]: one["status"] for one in found["processes"]} == {
            "engine": "away", "web": "up",
        }  # fmt: skip


def test_a_process_without_an_engine_tells_what_it_sees_itself(tmp_path: Path) -> None:
    fill_history(tmp_path)
    with house(tmp_path, engine=False) as alone:
        now = alone.clock.now()
        bot = Vitals(name="bot", pid=5, at=now, started_at=now, cpu_pct=1, rss_bytes=MIB)
        write_vitals(alone.settings.run_dir, bot)
        database = Database(alone.settings.database)
        keep_pipelines(database, [PipelineStatus(name="ledger", title="Ledger", status="ok")], [])
        database.close()

        found = system(alone)

        assert (found["stale"], found["machine"]["database_bytes"]) == (True, None)
        assert found["machine"]["memory_total"] > MIB
        assert {one["name"]: one["status"] for one in found["processes"]} == {
            "engine": "away", "web": "up", "bot": "up",
        }  # fmt: skip
        assert [one["name"] for one in found["pipelines"]] == ["ledger"]
        assert all(hop["reason"] for hop in found["hops"])


def test_the_chart_shows_lines_with_gaps_where_nothing_was_sampled(open_house: House) -> None:
    now = open_house.clock.now()
    database = Database(open_house.settings.database)
    at = [now - HOUR_MS + 5000 * n for n in range(400)]
    rows = [Sample("engine.cpu_pct", one, 3.0) for one in at[:100] + at[300:]]
    old = [Minute("web.cpu_pct", now - 20 * HOUR_MS + MINUTE_MS * n, 5.0, 9.0) for n in range(600)]
    keep_samples(database, rows, old)
    database.close()

    hour = chart(open_house, "metric=cpu&hours=1")
    day = chart(open_house, "metric=cpu&hours=24&points=100")
    nothing = chart(open_house, "metric=lag&hours=1")

    (engine,) = hour["data"]
    assert engine["name"] == "Engine"
    assert engine["y"].count(None) == 1
    assert "Engine 3%, at most 3%" in hour["layout"]["meta"]["text"]
    assert [trace["name"] for trace in day["data"]] == ["Web"]
    assert sum(len(trace["x"]) for trace in day["data"]) <= 100
    assert nothing["layout"]["meta"]["empty"] == "Nothing was sampled in this time."
    for figure in (hour, day, nothing):
        from_json(json.dumps(figure))
    assert open_house.get("/api/chart/system?metric=weather").status_code == 400


def chart(house: House, question: str) -> dict[str, Any]:
    answer = house.get(f"/api/chart/system?{question}")
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    found: dict[str, Any] = answer.json
    return found
