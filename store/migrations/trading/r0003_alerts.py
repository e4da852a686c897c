"""What people are told of, and their own rules for it."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    Text,
    UniqueConstraint,
)

from store.columns import Money

revision = "0003"
down_revision = "0002"

ROW_ID = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    """Make the new tables."""
    op.create_table(
        "outbox",
        Column("id", ROW_ID, primary_key=True),
        Column("account_id", Integer, ForeignKey("accounts.id"), nullable=False),
        Column("fact_id", Text, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("type", Text, nullable=False),
        Column("level", Text, nullable=False),
        Column("owner", Text, nullable=False),
        Column("symbol", Text, nullable=False),
        Column("strategy", Text, nullable=False),
        Column("title", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("amount", Money),
        Column("link", Text, nullable=False),
        Column("data", Text, nullable=False),
        UniqueConstraint("account_id", "fact_id", "type", name="outbox_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_by_time", "outbox", ["account_id", "at", "id"])
    op.create_table(
        "alert_rules",
        Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
        Column("id", Text, primary_key=True),
        Column("owner", Text, nullable=False),
        Column("text", Text, nullable=False),
        Column("cooldown_s", Integer, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("created_by", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("fired_at", BigInteger),
        Column("fired_count", Integer, nullable=False),
    )
