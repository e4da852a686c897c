"""Alerts that somebody has seen to."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the new table."""
    op.create_table(
        "alert_acknowledgements",
        Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
        Column("alert_id", BigInteger, primary_key=True),
        Column("at", BigInteger, nullable=False),
        Column("actor", Text, nullable=False),
        sqlite_with_rowid=False,
    )
    columns = ["account_id", "at", "alert_id"]
    op.create_index("alert_acknowledgements_by_time", "alert_acknowledgements", columns)
