"""Begin: keys, codes, sessions and the audit."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Text, text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    _api_keys()
    _sessions()
    _one_time_codes()
    _audit()


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        Column("id", Integer, primary_key=True),
        Column("hash", LargeBinary, nullable=False, unique=True),
        Column("name", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("last_used_at", BigInteger),
        Column("revoked_at", BigInteger),
        sqlite_autoincrement=True,
    )
    living = text("revoked_at IS NULL")
    op.create_index("api_keys_living", "api_keys", ["name"], unique=True, sqlite_where=living)


def _sessions() -> None:
    op.create_table(
        "sessions",
        Column("id", Integer, primary_key=True),
        Column("hash", LargeBinary, nullable=False, unique=True),
        Column("subject", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("via", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("revoked_at", BigInteger),
        sqlite_autoincrement=True,
    )


def _one_time_codes() -> None:
    op.create_table(
        "one_time_codes",
        Column("hash", LargeBinary, primary_key=True),
        Column("role", Text, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("used_at", BigInteger),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        Column("id", Integer, primary_key=True),
        Column("at", BigInteger, nullable=False),
        Column("actor", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("result", Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_by_time", "audit", ["at"])
