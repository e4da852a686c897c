"""The trading tables. Times are milliseconds since the epoch, UTC; money is exact.

Every row belongs to an account. The revisions in ``migrations/trading`` make these tables;
a test holds the two together.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from store.columns import Json, Money

metadata = MetaData()

# SQLite counts rows by itself only in a column called INTEGER.
RowId: Final = BigInteger().with_variant(Integer(), "sqlite")


def _account(*, primary_key: bool = True) -> Column[int]:
    owner = ForeignKey("accounts.id")
    return Column("account_id", Integer, owner, primary_key=primary_key, nullable=False)


accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("market_id", Text, nullable=False),
    Column("initial_balance", Money, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("archived_at", BigInteger),
)
# One living account a market, so that two starts at once cannot make two.
Index(
    "accounts_living",
    accounts.c.market_id,
    unique=True,
    sqlite_where=accounts.c.archived_at.is_(None),
    postgresql_where=accounts.c.archived_at.is_(None),
)

journal = Table(
    "journal",
    metadata,
    Column("id", RowId, primary_key=True),
    _account(primary_key=False),
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
    Index("journal_in_order", "account_id", "id"),
    Index("journal_by_symbol", "account_id", "symbol", "at"),
)

orders = Table(
    "orders",
    metadata,
    _account(),
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
    Index("orders_by_time", "account_id", "created_at", "id"),
    Index("orders_by_status", "account_id", "status"),
)

trades = Table(
    "trades",
    metadata,
    _account(),
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
    Index("trades_by_time", "account_id", "closed_at", "id"),
)

facts = Table(
    "facts",
    metadata,
    _account(),
    Column("number", BigInteger, primary_key=True),
    Column("fact_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("data", Json, nullable=False),
    Index("facts_by_time", "account_id", "at"),
    Index("facts_by_type", "account_id", "type", "at"),
    sqlite_with_rowid=False,
)

# Prices of candles are doubles: exact up to 15 significant digits, and summed up in SQL.
candles = Table(
    "candles",
    metadata,
    _account(),
    Column("symbol", Text, primary_key=True),
    Column("open_time", BigInteger, primary_key=True),
    Column("open", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("close", Double, nullable=False),
    Column("volume", Double, nullable=False),
    sqlite_with_rowid=False,
)

equity = Table(
    "equity",
    metadata,
    _account(),
    Column("at", BigInteger, primary_key=True),
    Column("equity", Money, nullable=False),
    Column("balance", Money, nullable=False),
    sqlite_with_rowid=False,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    _account(),
    Column("name", Text, primary_key=True),
    Column("value", Json, nullable=False),
)
