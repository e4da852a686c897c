"""Deliveries: who is told what by the bot, how they wish it, and how far it came."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Integer, Text, UniqueConstraint

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of alerts on their way."""
    _alert_settings()
    _recipients()
    _delivery_cursors()
    _deliveries()
    _incidents()


def _alert_settings() -> None:
    op.create_table(
        "alert_settings",
        Column("owner", Text, primary_key=True),
        Column("modes", Text, nullable=False),
        Column("muted_until", BigInteger),
        Column("quiet_start", Integer),
        Column("quiet_end", Integer),
        Column("utc_offset", Integer, nullable=False),
        Column("changed_at", BigInteger, nullable=False),
    )


def _recipients() -> None:
    op.create_table(
        "recipients",
        Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
        Column("owner", Text, nullable=False),
        Column("since", BigInteger, nullable=False),
        Column("stopped_at", BigInteger),
        Column("stopped_why", Text, nullable=False),
    )


def _delivery_cursors() -> None:
    op.create_table(
        "delivery_cursors",
        Column("name", Text, primary_key=True),
        Column("after_id", BigInteger, nullable=False),
        Column("at", BigInteger, nullable=False),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        Column("id", Integer, primary_key=True),
        Column("source", Text, nullable=False),
        Column("chat_id", BigInteger, nullable=False),
        Column("owner", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("level", Text, nullable=False),
        Column("symbol", Text, nullable=False),
        Column("content", Text, nullable=False),
        Column("fold_key", Text, nullable=False),
        Column("times", Integer, nullable=False),
        Column("shown_times", Integer, nullable=False),
        Column("is_silent", Boolean, nullable=False),
        Column("is_held", Boolean, nullable=False),
        Column("is_doubtful", Boolean, nullable=False),
        Column("state", Text, nullable=False),
        Column("told_by", Integer),
        Column("attempts", Integer, nullable=False),
        Column("message_id", BigInteger),
        Column("error", Text, nullable=False),
        Column("happened_at", BigInteger, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("tried_at", BigInteger),
        Column("sent_at", BigInteger),
        UniqueConstraint("source", "chat_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("deliveries_by_chat", "deliveries", ["chat_id", "state", "id"])
    op.create_index("deliveries_by_fold", "deliveries", ["chat_id", "fold_key", "id"])
    op.create_index("deliveries_by_teller", "deliveries", ["told_by"])


def _incidents() -> None:
    op.create_table(
        "incidents",
        Column("name", Text, primary_key=True),
        Column("since", BigInteger, nullable=False),
        Column("told_at", BigInteger, nullable=False),
    )
