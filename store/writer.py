"""The engine's one writer: a batch is stored whole or not at all, and storing it twice is once.

Rows go to the driver as tuples: Core's work per row would cost more than SQLite's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import Table

from core.ledger import Entry
from core.market import MINUTE_MS, Bar, Funding
from core.orders import Order
from core.trades import Trade
from store import tables
from store.columns import json_text, money_text
from store.database import Database
from store.outbox import OutboxRow
from store.records import (
    AlertAcknowledgement,
    AlertRule,
    AnomalyRow,
    ModelScore,
    ModelUsage,
    PerformancePoint,
    PredictionRow,
    SignalRow,
    TheoryRow,
)

Row = tuple[Any, ...]

CHECKPOINT: Final = "engine"
SAMPLES: Final = "anomalies"
WRITTEN: Final = (
    tables.journal, tables.orders, tables.trades, tables.facts, tables.candles,
    tables.funding_rates, tables.anomalies, tables.equity,
    tables.signals, tables.theory_performance, tables.signal_predictions,
    tables.model_performance, tables.model_usage, tables.performance_metrics, tables.outbox,
    tables.alert_acknowledgements, tables.alert_rules, tables.checkpoints,
)  # fmt: skip
CHANGING: Final = {
    tables.orders, tables.signal_predictions, tables.alert_rules, tables.checkpoints,
}  # fmt: skip
COUNTED: Final = {tables.journal.c.id, tables.outbox.c.id}  # what the database numbers


class Fact(msgspec.Struct, frozen=True):
    """A fact as it was told: ``data`` is the event's whole payload, ``number`` counts up by one
    within the account."""  # noqa: D205, D209

    number: int
    fact_id: str
    type: str
    at: int
    data: dict[str, Any]


class EquityPoint(msgspec.Struct, frozen=True, gc=False):
    """What the account was worth at a moment, or the sub-account of ``strategy``."""

    at: int
    equity: Decimal
    balance: Decimal
    strategy: str = ""


@dataclass(slots=True)
class Batch:
    """What one step of the engine leaves behind; not to be changed while it is committed.

    ``rules_removed`` are ids of alert rules that are no more; ``samples`` are those that anomalies
    are judged by.
    """

    journal: list[Entry] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    candles: list[Bar] = field(default_factory=list)
    funding: list[Funding] = field(default_factory=list)
    anomalies: list[AnomalyRow] = field(default_factory=list)
    equity: list[EquityPoint] = field(default_factory=list)
    signals: list[SignalRow] = field(default_factory=list)
    theories: list[TheoryRow] = field(default_factory=list)
    predictions: list[PredictionRow] = field(default_factory=list)
    scores: list[ModelScore] = field(default_factory=list)
    usage: list[ModelUsage] = field(default_factory=list)
    performance: list[PerformancePoint] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)
    acknowledgements: list[AlertAcknowledgement] = field(default_factory=list)
    rules: list[AlertRule] = field(default_factory=list)
    rules_removed: list[str] = field(default_factory=list)
    checkpoint: dict[str, Any] | None = None
    samples: dict[str, Any] | None = None

    def __len__(self) -> int:
        """Return how many rows it holds."""
        lists: tuple[Sequence[Any], ...] = (
            self.journal, self.orders, self.trades, self.facts, self.candles, self.funding,
            self.anomalies, self.equity, self.signals, self.theories, self.predictions,
            self.scores, self.usage, self.performance, self.outbox, self.acknowledgements,
            self.rules, self.rules_removed,
        )  # fmt: skip
        states = (self.checkpoint, self.samples)
        return sum(map(len, lists)) + sum(state is not None for state in states)


class Writer:
    """Commits batches of one account, on one thread at a time.

    Promise: after `commit` returns, the whole batch is stored; after it raises, none of it is.
    Committing a batch again changes nothing, so when in doubt, retry.
    """

    def __init__(self, database: Database, account_id: int, *, durable: bool = True) -> None:
        """Prepare to write.

        Args:
            database: where to.
            account_id: whose rows they are.
            durable: wait for the disk at each commit; what can be played again need not.
        """
        self.database = database
        self._durable = durable
        self.account_id = account_id
        mark = "?" if database.path else "%s"
        self._statements = {table.name: _insert(table, mark) for table in WRITTEN}
        self._statements["rules_removed"] = (
            f"DELETE FROM alert_rules WHERE account_id = {mark} AND id = {mark}"  # noqa: S608
        )

    def commit(self, batch: Batch) -> None:
        """Store *batch* in one transaction, and wait for the disk; an empty one costs nothing.

        Raises:
            StoreError: nothing was committed: keep the batch and retry.
            ValueError: a value cannot be stored exactly; nothing was committed.
        """
        work = [(name, rows) for name, rows in _rows(self.account_id, batch) if rows]
        if not work:
            return
        with self.database.write(durable=self._durable) as connection:
            for name, rows in work:
                connection.exec_driver_sql(self._statements[name], rows)


def _insert(table: Table, mark: str) -> str:
    """Return an INSERT of every column in order; both databases read the same words."""
    columns = [c.name for c in table.columns if c not in COUNTED]
    statement = (
        f"INSERT INTO {table.name} ({', '.join(columns)}) "  # noqa: S608 - our own names
        f"VALUES ({', '.join([mark] * len(columns))}) ON CONFLICT "
    )
    if table not in CHANGING:
        return statement + "DO NOTHING"
    keys = [c.name for c in table.primary_key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    return f"{statement}({', '.join(keys)}) DO UPDATE SET {changes}"


def _rows(owner: int, batch: Batch) -> Iterator[tuple[str, list[Row]]]:
    yield "journal", [_entry_row(owner, entry) for entry in batch.journal]
    yield "orders", [_order_row(owner, order) for order in batch.orders]
    yield "trades", [_trade_row(owner, trade) for trade in batch.trades]
    yield "facts", [_fact_row(owner, fact) for fact in batch.facts]
    yield "candles", [_candle_row(owner, bar) for bar in batch.candles]
    yield "funding_rates", [_funding_row(owner, funding) for funding in batch.funding]
    yield "anomalies", [_plain_row(owner, row) for row in batch.anomalies]
    yield "equity", [(owner, p.strategy, p.at, str(p.equity), str(p.balance)) for p in batch.equity]
    yield "signals", [_plain_row(owner, row) for row in batch.signals]
    yield "theory_performance", [_plain_row(owner, row) for row in batch.theories]
    yield "signal_predictions", [_plain_row(owner, row) for row in batch.predictions]
    yield "model_performance", [_plain_row(owner, row) for row in batch.scores]
    yield "model_usage", [_plain_row(owner, row) for row in batch.usage]
    yield "performance_metrics", [_plain_row(owner, row) for row in batch.performance]
    yield "outbox", [_outbox_row(owner, row) for row in batch.outbox]
    yield "alert_acknowledgements", [_plain_row(owner, row) for row in batch.acknowledgements]
    yield "alert_rules", [_plain_row(owner, rule) for rule in batch.rules]
    yield "rules_removed", [(owner, rule_id) for rule_id in batch.rules_removed]
    states = ((CHECKPOINT, batch.checkpoint), (SAMPLES, batch.samples))
    yield "checkpoints", [(owner, name, json_text(s)) for name, s in states if s is not None]


# Each row below is in the order of its table's columns.
def _entry_row(owner: int, entry: Entry) -> Row:
    return (
        owner, entry.at, entry.kind.value, entry.strategy, money_text(entry.amount),
        entry.source, entry.source_id, entry.symbol, entry.position_id, entry.order_id,
        entry.side and entry.side.value, money_text(entry.qty), money_text(entry.price),
        entry.leverage, entry.role and entry.role.value,
    )  # fmt: skip


def _order_row(owner: int, order: Order) -> Row:
    return (
        owner, order.id, order.strategy, order.symbol, order.side.value, order.type.value,
        money_text(order.qty), order.role.value, order.position_id, order.created_at,
        order.leverage, _optional(order.price), _optional(order.trigger_price),
        order.reduce_only, _optional(order.stop_price), _optional(order.target_price),
        money_text(order.filled_qty), order.status.value, order.reason,
    )  # fmt: skip


def _trade_row(owner: int, trade: Trade) -> Row:
    return (
        owner, trade.id, trade.symbol, trade.strategy, trade.side.value, trade.leverage,
        money_text(trade.qty), money_text(trade.entry_price), money_text(trade.exit_price),
        trade.opened_at, trade.closed_at, money_text(trade.gross_pnl), money_text(trade.fees),
        money_text(trade.funding), money_text(trade.net_pnl), money_text(trade.roe_pct),
        trade.exit_reason.value, money_text(trade.mae), money_text(trade.mfe),
        money_text(trade.entry_notional), money_text(trade.exit_notional),
        money_text(trade.slippage), _optional(trade.risk),
    )  # fmt: skip


def _fact_row(owner: int, fact: Fact) -> Row:
    return owner, fact.number, fact.fact_id, fact.type, fact.at, json_text(fact.data)


def _candle_row(owner: int, bar: Bar) -> Row:
    if bar.interval_ms != MINUTE_MS:
        raise ValueError(f"candles are kept by the minute, got {bar.interval_ms} ms")
    return (
        owner, bar.symbol, bar.open_time, float(bar.open), float(bar.high), float(bar.low),
        float(bar.close), float(bar.volume),
    )  # fmt: skip


def _funding_row(owner: int, funding: Funding) -> Row:
    rate, price = money_text(funding.rate), money_text(funding.mark_price)
    return owner, funding.symbol, funding.at, rate, price


def _outbox_row(owner: int, row: OutboxRow) -> Row:
    _, _, *rest = msgspec.structs.astuple(row)
    return owner, *map(_plain, rest)


def _plain_row(owner: int, row: msgspec.Struct) -> Row:
    """Return a struct whose fields are its table's columns, in their order."""
    return owner, *map(_plain, msgspec.structs.astuple(row))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return money_text(value)
    return json_text(value) if isinstance(value, dict) else value


def _optional(value: Decimal | None) -> str | None:
    return None if value is None else money_text(value)
