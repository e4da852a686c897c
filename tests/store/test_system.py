from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from core.errors import DataError, StoreError
from core.market import DAY_MS, MINUTE_MS
from store import tables
from store.database import Database
from store.pipelines import (
    PipelineRun,
    PipelineStatus,
    keep_pipelines,
    let_go_of_runs,
    pipeline_runs,
    pipelines,
)
from store.system import (
    Minute,
    Sample,
    database_bytes,
    database_server,
    keep_samples,
    let_go_of_samples,
    minute_stretches,
    sampled_names,
    stretches,
)

NOW = 100 * DAY_MS


@pytest.fixture(autouse=True)
def _empty(database: Database) -> Iterator[None]:
    yield
    with database.write() as connection:
        for table in (
            tables.system_metrics, tables.system_minutes, tables.pipeline_status,
            tables.pipeline_runs,
        ):  # fmt: skip
            connection.execute(delete(table))


def test_samples_come_back_in_stretches_with_mean_and_highest(database: Database) -> None:
    rows = [Sample("web.cpu_pct", NOW + 5000 * n, float(n)) for n in range(24)]
    keep_samples(database, [*rows, Sample("bot.cpu_pct", NOW, 90.0)])
    keep_samples(database, rows)  # stored twice is stored once

    found = stretches(database, "web.cpu_pct", NOW, NOW + MINUTE_MS * 2, MINUTE_MS)

    assert [tuple(row) for row in found] == [(NOW, 5.5, 11.0), (NOW + MINUTE_MS, 17.5, 23.0)]
    assert stretches(database, "web.cpu_pct", NOW + 1, NOW + 6000, 1000) == [(NOW + 5000, 1, 1)]


def test_minutes_keep_their_highest(database: Database) -> None:
    rows = [Minute("lag", NOW + n * MINUTE_MS, float(n), 10.0 * n) for n in range(4)]
    keep_samples(database, [], rows)

    found = minute_stretches(database, "lag", NOW, NOW + 4 * MINUTE_MS, 2 * MINUTE_MS)

    assert found == [(NOW, 0.5, 10.0), (NOW + 2 * MINUTE_MS, 2.5, 30.0)]


@pytest.mark.parametrize(("days", "kept"), [(30, ["new"]), (0, ["new", "old"])])
def test_samples_stay_a_day_and_minutes_as_long_as_is_wished(
    database: Database, days: int, kept: list[str]
) -> None:
    ages = {"old": NOW - 31 * DAY_MS, "new": NOW - DAY_MS + 1}
    keep_samples(
        database,
        [Sample(name, at, 1.0) for name, at in ages.items()],
        [Minute(name, at, 1.0, 1.0) for name, at in ages.items()],
    )

    gone = let_go_of_samples(database, NOW, days)

    assert sampled_names(database) == kept
    assert sampled_names(database, tables.system_metrics) == ["new"]
    assert gone == 3 - len(kept)


def test_how_a_pipeline_is_takes_the_place_of_how_it_was(database: Database) -> None:
    first = PipelineStatus(name="retention", title="Retention", status="idle")
    then = PipelineStatus(
        name="retention", title="Retention", status="failed", last_run_at=NOW, duration_ms=4.5,
        rows=3, lag_ms=1.0, error="The disk is full.", next_due_at=NOW + 1, runs=2, failures=1,
    )  # fmt: skip

    keep_pipelines(database, [first], [])
    keep_pipelines(database, [then], [])

    assert pipelines(database) == [then]


def test_runs_are_paged_newest_first_and_go_when_they_are_old(database: Database) -> None:
    runs = [PipelineRun(name="ledger", at=NOW + n, duration_ms=1.0, rows=n) for n in range(5)]
    keep_pipelines(database, [], [*runs, PipelineRun(name="other", at=NOW)])
    keep_pipelines(database, [], runs)

    newest, cursor = pipeline_runs(database, "ledger", limit=2)
    older, _ = pipeline_runs(database, "ledger", cursor, 2)
    assert let_go_of_runs(database, ["ledger"], NOW + 2) == 2
    rest, end = pipeline_runs(database, "ledger", cursor, 2)

    assert [run.rows for run in newest] == [4, 3]
    assert [run.rows for run in older] == [2, 1]
    assert ([run.rows for run in rest], end) == ([2], None)
    for nonsense in ("x", "-1", "²", "9" * 30):
        with pytest.raises(DataError, match="cursor must be one"):
            pipeline_runs(database, "ledger", nonsense)


def test_how_large_the_database_is_and_which_server_has_it(database: Database) -> None:
    size, server = database_bytes(database), database_server(database)

    assert size is not None
    assert size > 50_000
    assert (server is None) == bool(database.path)
    if server is not None:
        assert server.is_local
        assert server.started_at > 1_500_000_000_000


def test_a_database_that_is_gone_says_so(tmp_path: Path) -> None:
    gone = Database(f"sqlite:///{tmp_path}/gone.db")

    assert database_bytes(gone) is None
    with pytest.raises(StoreError):
        keep_samples(gone, [Sample("a", 1, 1.0)])
    gone.close()
