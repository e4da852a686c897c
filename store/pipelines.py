"""How the work beside trading goes: what each did last, and what it did before."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import delete, select, text

from core.errors import DataError
from store import tables
from store.database import Database
from store.rows import columns_of, read_as

RUNS_LIMIT: Final = 100

_STATUS: Final = text(
    "INSERT INTO pipeline_status (name, title, status, last_run_at, duration_ms, rows, lag_ms, "
    "error, next_due_at, runs, failures) VALUES (:name, :title, :status, :last_run_at, "
    ":duration_ms, :rows, :lag_ms, :error, :next_due_at, :runs, :failures) "
    "ON CONFLICT (name) DO UPDATE SET title = excluded.title, status = excluded.status, "
    "last_run_at = excluded.last_run_at, duration_ms = excluded.duration_ms, "
    "rows = excluded.rows, lag_ms = excluded.lag_ms, error = excluded.error, "
    "next_due_at = excluded.next_due_at, runs = excluded.runs, failures = excluded.failures"
)
_RUN: Final = text(
    "INSERT INTO pipeline_runs (name, at, duration_ms, rows, runs, failures, error) "
    "VALUES (:name, :at, :duration_ms, :rows, :runs, :failures, :error) ON CONFLICT DO NOTHING"
)


class PipelineStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a pipeline did last and how it is; what is not known is None.

    ``status`` is ok, late, failed, idle or off; ``runs`` and ``failures`` count since the first.
    """

    name: str
    title: str
    status: str
    last_run_at: int | None = None
    duration_ms: float | None = None
    rows: int | None = None
    lag_ms: float | None = None
    error: str = ""
    next_due_at: int | None = None
    runs: int = 0
    failures: int = 0


class PipelineRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a pipeline that ended at ``at`` (ms), or the ``runs`` of a minute together."""

    name: str
    at: int
    duration_ms: float | None = None
    rows: int | None = None
    runs: int = 1
    failures: int = 0
    error: str = ""


def keep_pipelines(
    database: Database, statuses: Sequence[PipelineStatus], runs: Sequence[PipelineRun]
) -> None:
    """Store how pipelines are and what they did; a run that is stored already stays.

    Raises:
        StoreError: nothing was stored.
    """
    with database.write(durable=False) as connection:
        for statement, rows in ((_STATUS, statuses), (_RUN, runs)):
            if rows:
                values: list[dict[str, Any]] = [msgspec.to_builtins(row) for row in rows]
                connection.execute(statement, values)


def pipelines(database: Database) -> list[PipelineStatus]:
    """Return how every pipeline was when that was stored last, by name.

    Raises:
        StoreError: the database refused.
    """
    table = tables.pipeline_status
    query = select(*columns_of(PipelineStatus, table)).order_by(table.c.name)
    with database.read() as connection:
        return [read_as(PipelineStatus, row) for row in connection.execute(query).all()]


def pipeline_runs(
    database: Database, name: str, cursor: str | None = None, limit: int = RUNS_LIMIT
) -> tuple[list[PipelineRun], str | None]:
    """Return runs of a pipeline, newest first, and where the next ones begin; None at the end.

    Raises:
        DataError: the cursor is not one of ours.
        StoreError: the database refused.
    """
    table = tables.pipeline_runs
    query = select(*columns_of(PipelineRun, table)).where(table.c.name == name)
    if cursor is not None:
        if not (cursor.isascii() and cursor.isdigit() and int(cursor) < 2**53):
            raise DataError(f"cursor must be one that an answer gave, was {cursor[:80]!r}")
        query = query.where(table.c.at < int(cursor))
    query = query.order_by(table.c.at.desc()).limit(limit + 1)
    with database.read() as connection:
        rows = connection.execute(query).all()
    runs = [read_as(PipelineRun, row) for row in rows[:limit]]
    return runs, str(runs[-1].at) if len(rows) > limit else None


def let_go_of_runs(database: Database, names: Sequence[str], before: int) -> int:
    """Remove the runs of *names* before *before* (ms); return how many.

    Raises:
        StoreError: nothing was removed.
    """
    table = tables.pipeline_runs
    gone = 0
    with database.write(durable=False) as connection:
        for name in names:
            old = delete(table).where(table.c.name == name, table.c.at < before)
            gone += int(connection.execute(old).rowcount)
    return gone
