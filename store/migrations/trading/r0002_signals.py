"""Signals with their decisions, what came of them, and each strategy's own curve."""

from decimal import Decimal

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    Text,
    column,
    select,
    table,
)

from store.columns import Money

revision = "0002"
down_revision = "0001"

RESULTS = """
CREATE VIEW signal_results AS
SELECT trades.*, trades.closed_at - trades.opened_at AS duration_ms,
       signals.action, signals.confidence, signals.expected_pct, signals.expected_pnl,
       signals.stop_price, signals.target_price, signals.detail
FROM trades LEFT JOIN signals
  ON signals.account_id = trades.account_id AND signals.id = trades.id
"""


def upgrade() -> None:
    """Make the new tables; give trades and equity what they lack."""
    _signals()
    _theories()
    _predictions()
    _models()
    _performance()
    _trades()
    _equity()
    _indexes()
    op.execute(RESULTS)


def _account() -> "Column[int]":
    return Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True)


def _signals() -> None:
    op.create_table(
        "signals",
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
        Column("detail", Text, nullable=False),
    )
    op.create_index("signals_by_time", "signals", ["account_id", "at", "id"])
    op.create_index("signals_by_strategy", "signals", ["account_id", "strategy", "at", "id"])
    op.create_index("signals_by_symbol", "signals", ["account_id", "symbol", "at", "id"])
    op.create_index("signals_by_decision", "signals", ["account_id", "decision", "at", "id"])


def _theories() -> None:
    op.create_table(
        "theory_performance",
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
    )
    op.create_index(
        "theory_performance_by_time", "theory_performance", ["account_id", "strategy", "closed_at"]
    )


def _predictions() -> None:
    op.create_table(
        "signal_predictions",
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
    )
    name = "signal_predictions"
    op.create_index(f"{name}_by_due", name, ["account_id", "due_at", "id"])
    op.create_index(f"{name}_by_model", name, ["account_id", "model", "due_at"])
    op.create_index(f"{name}_by_symbol", name, ["account_id", "symbol", "at"])


def _models() -> None:
    op.create_table(
        "model_performance",
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
        Column("detail", Text, nullable=False),
    )
    op.create_index(
        "model_performance_by_time", "model_performance", ["account_id", "strategy", "at"]
    )
    op.create_table(
        "model_usage",
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


def _performance() -> None:
    op.create_table(
        "performance_metrics",
        _account(),
        Column("strategy", Text, primary_key=True),
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


def _trades() -> None:
    for name in ("entry_notional", "exit_notional", "slippage"):
        op.add_column("trades", Column(name, Money, nullable=False, server_default="0"))
    op.add_column("trades", Column("risk", Money))
    op.create_index("trades_by_strategy", "trades", ["account_id", "strategy", "closed_at", "id"])
    op.create_index("trades_by_symbol", "trades", ["account_id", "symbol", "closed_at", "id"])
    both = ["account_id", "strategy", "symbol", "closed_at", "id"]
    op.create_index("trades_by_both", "trades", both)
    _fill_notionals()


def _fill_notionals() -> None:
    """Work out what was entered and left of the trades there are: size times average price."""
    names = ("account_id", "id")
    money = ("qty", "entry_price", "exit_price", "entry_notional", "exit_notional")
    trades = table("trades", *(column(n) for n in names), *(column(n, Money()) for n in money))
    connection = op.get_bind()
    eight = Decimal("0.00000001")
    for row in connection.execute(select(trades)).all():
        connection.execute(
            trades.update()
            .where(trades.c.account_id == row.account_id, trades.c.id == row.id)
            .values(
                entry_notional=(row.qty * row.entry_price).quantize(eight),
                exit_notional=(row.qty * row.exit_price).quantize(eight),
            )
        )


def _equity() -> None:
    """Make the table anew: SQLite cannot widen a primary key."""
    op.create_table(
        "equity_new",
        _account(),
        Column("strategy", Text, primary_key=True, server_default=""),
        Column("at", BigInteger, primary_key=True),
        Column("equity", Money, nullable=False),
        Column("balance", Money, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO equity_new (account_id, strategy, at, equity, balance) "
        "SELECT account_id, '', at, equity, balance FROM equity"
    )
    op.drop_table("equity")
    op.rename_table("equity_new", "equity")


def _indexes() -> None:
    """Let every list that is narrowed be read in its order, ties included."""
    for name in ("facts_by_time", "facts_by_type"):
        op.drop_index(name, "facts")
    op.create_index("facts_by_time", "facts", ["account_id", "at", "number"])
    op.create_index("facts_by_type", "facts", ["account_id", "type", "at", "number"])
    op.drop_index("journal_by_symbol", "journal")
    op.create_index("journal_by_symbol", "journal", ["account_id", "symbol", "at", "id"])
    op.create_index("journal_by_time", "journal", ["account_id", "at", "id"])
    for name in ("symbol", "strategy"):
        op.create_index(f"orders_by_{name}", "orders", ["account_id", name, "created_at", "id"])
