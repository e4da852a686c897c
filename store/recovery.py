"""What the engine reads when it starts: its journal, its orders, and where it stood."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row, Select, func, select

from core.ledger import Entry
from core.market import Bar
from core.orders import Order, OrderStatus
from core.trades import Trade
from store import tables
from store.database import Database
from store.records import PredictionRow, SignalRow
from store.rows import columns_of, read_as
from store.writer import CHECKPOINT

JOURNAL_CHUNK: Final = 5000
LEARNED_CHUNK: Final = 500
RESTING: Final = [status.value for status in OrderStatus if not status.is_final]


def journal(database: Database, account_id: int) -> Iterator[Entry]:
    """Yield every entry of the account in the order it was stored.

    Raises:
        StoreError: the database refused.
    """
    return (entry for _, entry in journal_after(database, account_id, 0))


def journal_after(database: Database, account_id: int, last: int) -> Iterator[tuple[int, Entry]]:
    """Yield (number, entry) of what was stored after entry number *last*, in order.

    A few thousand are held in memory at a time, and no read lasts longer than they take.

    Raises:
        StoreError: the database refused.
    """
    table = tables.journal
    mine = select(*columns_of(Entry, table), table.c.id).where(table.c.account_id == account_id)
    chunk = mine.order_by(table.c.id).limit(JOURNAL_CHUNK)
    while rows := _rows(database, chunk.where(table.c.id > last)):
        last = rows[-1].id
        for row in rows:
            yield row.id, read_as(Entry, row)


def open_orders(database: Database, account_id: int) -> list[Order]:
    """Return the orders that rest with the broker, oldest first.

    Raises:
        StoreError: the database refused.
    """
    table = tables.orders
    resting = (
        select(*columns_of(Order, table))
        .where(table.c.account_id == account_id, table.c.status.in_(RESTING))
        .order_by(table.c.created_at, table.c.id)
    )
    return [read_as(Order, row) for row in _rows(database, resting)]


def checkpoint(
    database: Database, account_id: int, name: str = CHECKPOINT
) -> dict[str, Any] | None:
    """Return the last committed checkpoint of that *name*, or None before the first.

    Raises:
        StoreError: the database refused.
    """
    table = tables.checkpoints
    last = select(table.c.value).where(table.c.account_id == account_id, table.c.name == name)
    rows = _rows(database, last)
    return rows[0].value if rows else None


def next_fact_number(database: Database, account_id: int) -> int:
    """Return the number the account's next fact will bear; the first is 1.

    Raises:
        StoreError: the database refused.
    """
    table = tables.facts
    newest = select(func.max(table.c.number).label("number"))
    (row,) = _rows(database, newest.where(table.c.account_id == account_id))
    return int(row.number or 0) + 1


def last_candles(database: Database, account_id: int, symbol: str, count: int) -> list[Bar]:
    """Return the newest *count* 1-minute bars of *symbol*, oldest first.

    Raises:
        StoreError: the database refused.
    """
    table = tables.candles
    newest = (
        select(table)
        .where(table.c.account_id == account_id, table.c.symbol == symbol)
        .order_by(table.c.open_time.desc())
        .limit(count)
    )
    return [_bar(row) for row in reversed(_rows(database, newest))]


def candles_between(
    database: Database, account_id: int, symbol: str, since: int, until: int
) -> list[Bar]:
    """Return the 1-minute bars of *symbol* that open in [*since*, *until*), oldest first.

    Raises:
        StoreError: the database refused.
    """
    table = tables.candles
    span = (
        select(table)
        .where(table.c.account_id == account_id, table.c.symbol == symbol)
        .where(table.c.open_time >= since, table.c.open_time < until)
        .order_by(table.c.open_time)
    )
    return [_bar(row) for row in _rows(database, span)]


def signals_of(database: Database, account_id: int, ids: Sequence[str]) -> list[SignalRow]:
    """Return the stored signals of these *ids*, in no order.

    Raises:
        StoreError: the database refused.
    """
    table = tables.signals
    query = select(*columns_of(SignalRow, table)).where(
        table.c.account_id == account_id, table.c.id.in_(ids)
    )
    return [read_as(SignalRow, row) for row in _rows(database, query)]


def latest_signals(database: Database, account_id: int, count: int) -> list[SignalRow]:
    """Return the newest *count* signals, oldest first.

    Raises:
        StoreError: the database refused.
    """
    table = tables.signals
    newest = (
        select(*columns_of(SignalRow, table))
        .where(table.c.account_id == account_id)
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(count)
    )
    return [read_as(SignalRow, row) for row in reversed(_rows(database, newest))]


def learned(
    database: Database, account_id: int, strategy: str
) -> Iterator[tuple[Trade, SignalRow | None]]:
    """Yield a strategy's closed trades, oldest first, with the signal that opened each.

    Raises:
        StoreError: the database refused.
    """
    table = tables.trades
    query = (
        select(*columns_of(Trade, table))
        .where(table.c.account_id == account_id, table.c.strategy == strategy)
        .order_by(table.c.closed_at, table.c.id)
    )
    trades = [read_as(Trade, row) for row in _rows(database, query)]
    for start in range(0, len(trades), LEARNED_CHUNK):
        chunk = trades[start : start + LEARNED_CHUNK]
        rows = signals_of(database, account_id, [trade.id for trade in chunk])
        signals = {row.id: row for row in rows}
        for trade in chunk:
            yield trade, signals.get(trade.id)


def open_predictions(database: Database, account_id: int) -> list[PredictionRow]:
    """Return the predictions nobody has compared with the market yet, oldest first.

    Raises:
        StoreError: the database refused.
    """
    table = tables.signal_predictions
    since = select(func.max(table.c.at)).where(table.c.account_id == account_id).scalar_subquery()
    query = (
        select(*columns_of(PredictionRow, table))
        .where(table.c.account_id == account_id, table.c.rose.is_(None), table.c.due_at >= since)
        .order_by(table.c.due_at, table.c.id)
    )
    return [read_as(PredictionRow, row) for row in _rows(database, query)]


def _bar(row: Row[Any]) -> Bar:
    # The shortest text of a double gives back the decimal it was made from (15 digits).
    return Bar(
        symbol=row.symbol,
        open_time=row.open_time,
        open=Decimal(repr(row.open)),
        high=Decimal(repr(row.high)),
        low=Decimal(repr(row.low)),
        close=Decimal(repr(row.close)),
        volume=Decimal(repr(row.volume)),
    )


def _rows(database: Database, query: Select[Any]) -> Sequence[Row[Any]]:
    with database.read() as connection:
        return connection.execute(query).all()
