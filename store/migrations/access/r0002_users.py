"""People of Telegram, whose sessions and codes are theirs, and what must be told of access."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make users and notices; give sessions and codes a person and a place."""
    op.create_table(
        "users",
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        Column("name", Text, nullable=False),
        Column("username", Text, nullable=False),
        Column("role", Text),
        Column("status", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("changed_at", BigInteger, nullable=False),
        Column("changed_by", Text, nullable=False),
        Column("last_seen_at", BigInteger),
    )
    op.create_table(
        "notices",
        Column("id", Integer, primary_key=True),
        Column("at", BigInteger, nullable=False),
        Column("kind", Text, nullable=False),
        Column("user_id", BigInteger),
        Column("data", Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.add_column("sessions", Column("user_id", BigInteger))
    op.add_column("sessions", Column("client", Text, nullable=False, server_default=""))
    op.add_column("sessions", Column("address", Text, nullable=False, server_default=""))
    op.add_column("sessions", Column("last_seen_at", BigInteger))
    op.create_index("sessions_by_user", "sessions", ["user_id"])
    op.add_column("one_time_codes", Column("user_id", BigInteger))
