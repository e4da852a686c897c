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
from store.system_tables import system_tables

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
    Index("journal_by_symbol", "account_id", "symbol", "at", "id"),
    Index("journal_by_time", "account_id", "at", "id"),
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
    Index("orders_by_symbol", "account_id", "symbol", "created_at", "id"),
    Index("orders_by_strategy", "account_id", "strategy", "created_at", "id"),
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
    Column("entry_notional", Money, nullable=False, server_default="0"),
    Column("exit_notional", Money, nullable=False, server_default="0"),
    Column("slippage", Money, nullable=False, server_default="0"),
    Column("risk", Money),
    Index("trades_by_time", "account_id", "closed_at", "id"),
    Index("trades_by_strategy", "account_id", "strategy", "closed_at", "id"),
    Index("trades_by_symbol", "account_id", "symbol", "closed_at", "id"),
    Index("trades_by_both", "account_id", "strategy", "symbol", "closed_at", "id"),
)

# A signal and the decision on it; a position that it opened bears its id.
signals = Table(
    "signals",
    metadata,
    _account(),
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("price", Money, nullable=False),
    Column("stop_price", Money),
    Column("target_price", Money),
    Column("expected_pct", Double),
    Column("expected_pnl", Money),
    Column("decision", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("value", Double),
    Column("threshold", Double),
    Column("why", Text, nullable=False),
    Column("position_id", Text, nullable=False),
    Column("detail", Json, nullable=False),
    Index("signals_by_time", "account_id", "at", "id"),
    Index("signals_by_strategy", "account_id", "strategy", "at", "id"),
    Index("signals_by_symbol", "account_id", "symbol", "at", "id"),
    Index("signals_by_decision", "account_id", "decision", "at", "id"),
)

# What each part of the signal that opened a trade said, and how the trade ended.
theory_performance = Table(
    "theory_performance",
    metadata,
    _account(),
    Column("trade_id", Text, primary_key=True),
    Column("theory", Text, primary_key=True),
    Column("strategy", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    Column("score", Double, nullable=False),
    Column("weight", Double, nullable=False),
    Column("net_pnl", Money, nullable=False),
    Column("hit", Boolean),
    Index("theory_performance_by_time", "account_id", "strategy", "closed_at"),
)

signal_predictions = Table(
    "signal_predictions",
    metadata,
    _account(),
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("horizon_ms", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("up_probability", Double, nullable=False),
    Column("price", Money, nullable=False),
    Column("outcome_price", Money),
    Column("rose", Boolean),
    Index("signal_predictions_by_due", "account_id", "due_at", "id"),
    Index("signal_predictions_by_model", "account_id", "model", "due_at"),
    Index("signal_predictions_by_symbol", "account_id", "symbol", "at"),
)

model_performance = Table(
    "model_performance",
    metadata,
    _account(),
    Column("model", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("strategy", Text, nullable=False),
    Column("samples", Integer, nullable=False),
    Column("accuracy", Double),
    Column("brier", Double),
    Column("baseline_accuracy", Double),
    Column("baseline_brier", Double),
    Column("passes", Boolean, nullable=False),
    Column("detail", Json, nullable=False),
    Index("model_performance_by_time", "account_id", "strategy", "at"),
)

# What asking a language model cost.
model_usage = Table(
    "model_usage",
    metadata,
    _account(),
    Column("strategy", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("symbol", Text, primary_key=True),
    Column("model", Text, nullable=False),
    Column("cost_usd", Money, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
)

# Headline figures once an hour: of the account, of one strategy or of one symbol.
performance_metrics = Table(
    "performance_metrics",
    metadata,
    _account(),
    Column("strategy", Text, primary_key=True),
    Column("symbol", Text, primary_key=True, server_default=""),
    Column("at", BigInteger, primary_key=True),
    Column("equity", Money, nullable=False),
    Column("balance", Money, nullable=False),
    Column("closed_trades", Integer, nullable=False),
    Column("wins", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("net_pnl", Money, nullable=False),
    Column("win_rate_pct", Double),
    Column("profit_factor", Double),
    Column("drawdown_pct", Double, nullable=False),
    sqlite_with_rowid=False,
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
    Index("facts_by_time", "account_id", "at", "number"),
    Index("facts_by_type", "account_id", "type", "at", "number"),
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

# What holders of a position paid at each settlement, by rate.
funding_rates = Table(
    "funding_rates",
    metadata,
    _account(),
    Column("symbol", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("rate", Money, nullable=False),
    Column("mark_price", Money, nullable=False),
    sqlite_with_rowid=False,
)

# What the market did out of the ordinary, and how far out.
anomalies = Table(
    "anomalies",
    metadata,
    _account(),
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("value", Double, nullable=False),
    Column("usual", Double, nullable=False),
    Column("deviation", Double, nullable=False),
    Column("z", Double, nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("did", Text, nullable=False),
    Index("anomalies_by_time", "account_id", "at", "id"),
    Index("anomalies_by_symbol", "account_id", "symbol", "at", "id"),
)

# Of one strategy's sub-account or, where it is empty, of the whole account.
equity = Table(
    "equity",
    metadata,
    _account(),
    Column("strategy", Text, primary_key=True, server_default=""),
    Column("at", BigInteger, primary_key=True),
    Column("equity", Money, nullable=False),
    Column("balance", Money, nullable=False),
    sqlite_with_rowid=False,
)

# What people are told of, with the fact that it is about; ids are never given twice.
outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True),
    _account(primary_key=False),
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
    Column("data", Json, nullable=False),
    UniqueConstraint("account_id", "fact_id", "type", name="outbox_once"),
    Index("outbox_by_time", "account_id", "at", "id"),
    sqlite_autoincrement=True,
)

# Alerts that somebody has seen to; `alert_id` is that of the outbox.
alert_acknowledgements = Table(
    "alert_acknowledgements",
    metadata,
    _account(),
    Column("alert_id", BigInteger, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Index("alert_acknowledgements_by_time", "account_id", "at", "alert_id"),
    sqlite_with_rowid=False,
)

# Rules of people's own; `state` is what they were at when they were last looked at.
alert_rules = Table(
    "alert_rules",
    metadata,
    _account(),
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("cooldown_s", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("state", Json, nullable=False),
    Column("fired_at", BigInteger),
    Column("fired_count", Integer, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    _account(),
    Column("name", Text, primary_key=True),
    Column("value", Json, nullable=False),
)

system_metrics, system_minutes, pipeline_status, pipeline_runs = system_tables(metadata)
