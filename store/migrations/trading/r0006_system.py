"""What is sampled of the machine and its processes, and how the work beside trading goes."""

from alembic import op
from sqlalchemy import BigInteger, Column, Double, Integer, Text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the new tables."""
    op.create_table("system_metrics", *_sampled(), sqlite_with_rowid=False)
    highest = Column("highest", Double, nullable=False)
    op.create_table("system_minutes", *_sampled(), highest, sqlite_with_rowid=False)
    op.create_table(
        "pipeline_status",
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
    )
    op.create_table(
        "pipeline_runs",
        Column("name", Text, primary_key=True),
        Column("at", BigInteger, primary_key=True),
        Column("duration_ms", Double),
        Column("rows", BigInteger),
        Column("runs", Integer, nullable=False),
        Column("failures", Integer, nullable=False),
        Column("error", Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _sampled() -> list[Column[object]]:
    return [
        Column("name", Text, primary_key=True),
        Column("at", BigInteger, primary_key=True),
        Column("value", Double, nullable=False),
    ]
