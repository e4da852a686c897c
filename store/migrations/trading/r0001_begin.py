"""Begin: accounts, the journal and what people look back on."""

from typing import Final

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    Text,
    UniqueConstraint,
    text,
)

from store.columns import Money

revision = "0001"
down_revision = None

RowId: Final = BigInteger().with_variant(Integer(), "sqlite")
LIVING: Final = text("archived_at IS NULL")


def upgrade() -> None:
    """Make every table."""
    _accounts()
    _candles()
    _checkpoints()
    _equity()
    _facts()
    _journal()
    _orders()
    _trades()


def _accounts() -> None:
    op.create_table(
        "accounts",
        Column("id", Integer, primary_key=True),
        Column("market_id", Text, nullable=False),
        Column("initial_balance", Money, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("used_at", BigInteger, nullable=False),
        Column("archived_at", BigInteger),
    )
    op.create_index(
        "accounts_living",
        "accounts",
        ["market_id"],
        unique=True,
        sqlite_where=LIVING,
        postgresql_where=LIVING,
    )


def _candles() -> None:
    op.create_table(
        "candles",
        Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
        Column("symbol", Text, primary_key=True),
        Column("open_time", BigInteger, primary_key=True),
        Column("open", Double, nullable=False),
        Column("high", Double, nullable=False),
        Column("low", Double, nullable=False),
        Column("close", Double, nullable=False),
        Column("volume", Double, nullable=False),
        sqlite_with_rowid=False,
    )


def _checkpoints() -> None:
    op.create_table(
        "checkpoints",
        Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
        Column("name", Text, primary_key=True),
        Column("value", Text, nullable=False),
    )


def _equity() -> None:
    op.create_table(
        "equity",
        Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
        Column("at", BigInteger, primary_key=True),
        Column("equity", Money, nullable=False),
        Column("balance", Money, nullable=False),
        sqlite_with_rowid=False,
    )


def _facts() -> None:
    op.create_table(
        "facts",
        Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
        Column("number", BigInteger, primary_key=True),
        Column("fact_id", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("data", Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("facts_by_time", "facts", ["account_id", "at"])
    op.create_index("facts_by_type", "facts", ["account_id", "type", "at"])


def _journal() -> None:
    op.create_table(
        "journal",
        Column("id", RowId, primary_key=True),
        Column("account_id", Integer, ForeignKey("accounts.id"), nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("kind", Text, nullable=False),
        Column("strategy", Text, nullable=False),
        Column("amount", Money, nullable=False),
        Column("source", Text, nullable=False),
        Column("source_id", Text, nullable=False),
        Column("symbol", Text, nullable=False),
        Column("position_id", Text, nullable=False),
        Column("order_id", Text, nullable=False),
        Column("side", Text),
        Column("qty", Money, nullable=False),
        Column("price", Money, nullable=False),
        Column("leverage", Integer, nullable=False),
        Column("role", Text),
        UniqueConstraint("account_id", "source", "source_id", name="journal_once"),
    )
    op.create_index("journal_by_symbol", "journal", ["account_id", "symbol", "at"])
    op.create_index("journal_in_order", "journal", ["account_id", "id"])


def _orders() -> None:
    op.create_table(
        "orders",
        Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
        Column("id", Text, primary_key=True),
        Column("strategy", Text, nullable=False),
        Column("symbol", Text, nullable=False),
        Column("side", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("qty", Money, nullable=False),
        Column("role", Text, nullable=False),
        Column("position_id", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("leverage", Integer, nullable=False),
        Column("price", Money),
        Column("trigger_price", Money),
        Column("reduce_only", Boolean, nullable=False),
        Column("stop_price", Money),
        Column("target_price", Money),
        Column("filled_qty", Money, nullable=False),
        Column("status", Text, nullable=False),
        Column("reason", Text, nullable=False),
    )
    op.create_index("orders_by_status", "orders", ["account_id", "status"])
    op.create_index("orders_by_time", "orders", ["account_id", "created_at", "id"])


def _trades() -> None:
    op.create_table(
        "trades",
        Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
        Column("id", Text, primary_key=True),
        Column("symbol", Text, nullable=False),
        Column("strategy", Text, nullable=False),
        Column("side", Text, nullable=False),
        Column("leverage", Integer, nullable=False),
        Column("qty", Money, nullable=False),
        Column("entry_price", Money, nullable=False),
        Column("exit_price", Money, nullable=False),
        Column("opened_at", BigInteger, nullable=False),
        Column("closed_at", BigInteger, nullable=False),
        Column("gross_pnl", Money, nullable=False),
        Column("fees", Money, nullable=False),
        Column("funding", Money, nullable=False),
        Column("net_pnl", Money, nullable=False),
        Column("roe_pct", Money, nullable=False),
        Column("exit_reason", Text, nullable=False),
        Column("mae", Money, nullable=False),
        Column("mfe", Money, nullable=False),
    )
    op.create_index("trades_by_time", "trades", ["account_id", "closed_at", "id"])
