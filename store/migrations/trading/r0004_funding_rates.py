"""The funding that a market settled, which strategies and backtests look back on."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text

from store.columns import Money

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the new table."""
    op.create_table(
        "funding_rates",
        Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
        Column("symbol", Text, primary_key=True),
        Column("at", BigInteger, primary_key=True),
        Column("rate", Money, nullable=False),
        Column("mark_price", Money, nullable=False),
        sqlite_with_rowid=False,
    )
