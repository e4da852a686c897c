"""The tables of the machine and its work. They belong to no account: one engine has a database."""

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, Table, Text


def system_tables(metadata: MetaData) -> tuple[Table, Table, Table, Table]:
    """Return `system_metrics`, `system_minutes`, `pipeline_status` and `pipeline_runs`."""
    return (
        Table("system_metrics", metadata, *_sampled(), sqlite_with_rowid=False),
        Table(
            "system_minutes",
            metadata,
            *_sampled(),
            Column("highest", Double, nullable=False),
            sqlite_with_rowid=False,
        ),
        Table(
            "pipeline_status",
            metadata,
            Column("name", Text, primary_key=True),
            Column("title", Text, nullable=False),
            Column("status", Text, nullable=False),
            Column("last_run_at", BigInteger),
            Column("duration_ms", Double),
            Column("rows", BigInteger),
            Column("lag_ms", Double),
            Column("error", Text, nullable=False),
            Column("next_due_at", BigInteger),
            Column("runs", BigInteger, nullable=False),
            Column("failures", BigInteger, nullable=False),
        ),
        Table(
            "pipeline_runs",
            metadata,
            Column("name", Text, primary_key=True),
            Column("at", BigInteger, primary_key=True),
            Column("duration_ms", Double),
            Column("rows", BigInteger),
            Column("runs", Integer, nullable=False),
            Column("failures", Integer, nullable=False),
            Column("error", Text, nullable=False),
            sqlite_with_rowid=False,
        ),
    )


def _sampled() -> list[Column[object]]:
    return [
        Column("name", Text, primary_key=True),
        Column("at", BigInteger, primary_key=True),
        Column("value", Double, nullable=False),
    ]
