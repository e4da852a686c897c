"""One trade or one signal with all that belongs to it: what a page of it shows."""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, Text, select, type_coerce

from core.ledger import Entry
from core.orders import Order, OrderRole
from core.trades import Trade
from store import tables
from store.database import Database
from store.records import SignalRow, TheoryRow
from store.rows import Item, columns_of, read_as
from store.writer import Fact

FACTS_SHOWN: Final = 500
ENTRIES_SHOWN: Final = 2000
# What is told of a position; that an order of it was closed bears the order's id alone.
TOLD: Final = ("order_filled", "funding_paid", "trade_closed")


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A trade from its signal to its end; lists are in the order in which things happened.

    ``signal`` is what opened it, None when a person did or it is not kept any more;
    ``exit_signal`` is what closed it, None when something else did. ``entries`` are those of the
    journal: fills, fees and funding.
    """

    trade: Trade
    signal: SignalRow | None
    exit_signal: SignalRow | None
    theories: list[TheoryRow]
    orders: list[Order]
    entries: list[Entry]
    facts: list[Fact]

    def level(self, role: OrderRole) -> float | None:
        """Return where the trade's order of *role*, its stop or target, stood last."""
        of_role = [order for order in self.orders if order.role is role]
        levels = [order.trigger_price or order.price for order in of_role]
        return next((float(level) for level in reversed(levels) if level is not None), None)


def find_story(database: Database, account_id: int, trade_id: str) -> Story | None:
    """Return a trade with all that belongs to it, or None if there is none of that id.

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        trade = _one(connection, account_id, Trade, tables.trades, trade_id)
        if trade is None:
            return None
        entries = _entries(connection, account_id, trade)
        return Story(
            trade=trade,
            signal=_one(connection, account_id, SignalRow, tables.signals, trade_id),
            exit_signal=_exit_signal(connection, account_id, trade),
            theories=_theories(connection, account_id, trade_id),
            orders=_orders(connection, account_id, trade, {e.order_id for e in entries}),
            entries=entries,
            facts=_facts(connection, account_id, trade),
        )


def find_signal(
    database: Database, account_id: int, signal_id: str
) -> tuple[SignalRow, Trade | None] | None:
    """Return a signal and the closed trade of the position it opened or closed, if there is one.

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        signal = _one(connection, account_id, SignalRow, tables.signals, signal_id)
        if signal is None:
            return None
        trade = None
        if signal.position_id:
            trade = _one(connection, account_id, Trade, tables.trades, signal.position_id)
        return signal, trade


def _one(
    connection: Connection, account_id: int, kind: type[Item], table: Table, row_id: str
) -> Item | None:
    mine = (table.c.account_id == account_id) & (table.c.id == row_id)
    row = connection.execute(select(*columns_of(kind, table)).where(mine)).first()
    return None if row is None else read_as(kind, row)


def _exit_signal(connection: Connection, account_id: int, trade: Trade) -> SignalRow | None:
    table = tables.signals
    query = (
        select(*columns_of(SignalRow, table))
        .where(table.c.account_id == account_id, table.c.symbol == trade.symbol)
        .where(_while_open(table.c.at, trade), table.c.position_id == trade.id)
        .where(table.c.decision == "closed")
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else read_as(SignalRow, row)


def _theories(connection: Connection, account_id: int, trade_id: str) -> list[TheoryRow]:
    table = tables.theory_performance
    mine = (table.c.account_id == account_id) & (table.c.trade_id == trade_id)
    query = select(*columns_of(TheoryRow, table)).where(mine).order_by(table.c.theory)
    return [read_as(TheoryRow, row) for row in connection.execute(query)]


def _entries(connection: Connection, account_id: int, trade: Trade) -> list[Entry]:
    table = tables.journal
    query = (
        select(*columns_of(Entry, table))
        .where(table.c.account_id == account_id, table.c.symbol == trade.symbol)
        .where(_while_open(table.c.at, trade), table.c.position_id == trade.id)
        .order_by(table.c.at, table.c.id)
        .limit(ENTRIES_SHOWN)
    )
    return [read_as(Entry, row) for row in connection.execute(query)]


def _orders(connection: Connection, account_id: int, trade: Trade, filled: set[str]) -> list[Order]:
    """Return its orders: those that were made while it was open, and the one that opened it."""
    table = tables.orders
    during = _while_open(table.c.created_at, trade) & (table.c.position_id == trade.id)
    query = select(*columns_of(Order, table)).where(table.c.account_id == account_id)
    found = {
        order.id: order
        for wanted in (during, table.c.id.in_(sorted(filled - {""})))
        for order in (read_as(Order, row) for row in connection.execute(query.where(wanted)))
    }
    return sorted(found.values(), key=lambda order: (order.created_at, order.id))


def _facts(connection: Connection, account_id: int, trade: Trade) -> list[Fact]:
    table = tables.facts
    text = type_coerce(table.c.data, Text)
    quoted = msgspec.json.encode(trade.id).decode()
    of_it = [text.contains(f'"{name}":{quoted}', autoescape=True) for name in ("position_id", "id")]
    query = (
        select(*columns_of(Fact, table))
        .where(table.c.account_id == account_id, table.c.type.in_(TOLD))
        .where(_while_open(table.c.at, trade), of_it[0] | of_it[1])
        .order_by(table.c.number)
        .limit(FACTS_SHOWN)
    )
    return [read_as(Fact, row) for row in connection.execute(query)]


def _while_open(time: ColumnElement[Any], trade: Trade) -> ColumnElement[bool]:
    return (time >= trade.opened_at) & (time <= trade.closed_at)
