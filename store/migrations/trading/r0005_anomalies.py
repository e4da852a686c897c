"""What the market did out of the ordinary, and headline figures of each symbol."""

from alembic import op
from sqlalchemy import BigInteger, Column, Double, ForeignKey, Integer, Text

from store.columns import Money

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the new table, and give the figures a symbol."""
    _anomalies()
    _performance_metrics()


def _anomalies() -> None:
    op.create_table(
        "anomalies",
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
    )
    op.create_index("anomalies_by_time", "anomalies", ["account_id", "at", "id"])
    op.create_index("anomalies_by_symbol", "anomalies", ["account_id", "symbol", "at", "id"])


def _performance_metrics() -> None:
    """Make the table anew: SQLite cannot widen a primary key."""
    op.create_table(
        "performance_metrics_new",
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
    names = (
        "at, equity, balance, closed_trades, wins, losses, net_pnl, win_rate_pct, profit_factor, "
        "drawdown_pct"
    )
    op.execute(
        f"INSERT INTO performance_metrics_new (account_id, strategy, symbol, {names}) "  # noqa: S608
        f"SELECT account_id, strategy, '', {names} FROM performance_metrics"
    )
    op.drop_table("performance_metrics")
    op.rename_table("performance_metrics_new", "performance_metrics")


def _account() -> Column[int]:
    owner = ForeignKey("accounts.id")
    return Column("account_id", Integer, owner, primary_key=True, nullable=False)
