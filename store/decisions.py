"""What was decided on signals, counted: how many, how sure, and which gates stopped them."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from store import tables
from store.database import Database
from store.history import Wanted, conditions
from store.records import SignalRow
from store.rows import columns_of, read_as


class Decisions(msgspec.Struct, frozen=True, kw_only=True):
    """How many signals there were by action, by decision and by the gate that stopped a wish.

    Gates are the account's, where the signal was refused, or the strategy's own, where it held
    back; the busiest comes first. ``avg_confidence`` is None without any signal.
    """

    by_action: dict[str, int]
    by_decision: dict[str, int]
    by_gate: list[tuple[str, int]]
    avg_confidence: float | None


def count_decisions(database: Database, account_id: int, wanted: Wanted) -> Decisions:
    """Count the signals that *wanted* names; its page and cursor do not matter.

    Raises:
        StoreError: the database refused.
    """
    table = tables.signals
    mine = [table.c.account_id == account_id, *conditions(table, "at", wanted)]
    counted = func.count().label("counted")
    query = (
        select(table.c.action, table.c.decision, table.c.gate, counted)
        .add_columns(func.sum(table.c.confidence).label("confidence"))
        .where(*mine)
        .group_by(table.c.action, table.c.decision, table.c.gate)
    )
    with database.read() as connection:
        rows = connection.execute(query).all()
    total = sum(row.counted for row in rows)
    gates = _summed((row.gate, row.counted) for row in rows if row.gate)
    return Decisions(
        by_action=_summed((row.action, row.counted) for row in rows),
        by_decision=_summed((row.decision, row.counted) for row in rows),
        by_gate=sorted(gates.items(), key=lambda gate: (-gate[1], gate[0])),
        avg_confidence=sum(row.confidence for row in rows) / total if total else None,
    )


def newest_signals(database: Database, account_id: int, symbol: str, since: int) -> list[SignalRow]:
    """Return the newest signal of each strategy on *symbol* from *since* (ms) on, newest first.

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        table = tables.signals
        mine = (table.c.account_id == account_id) & (table.c.symbol == symbol)
        query = (
            select(table.c.strategy, func.max(table.c.at).label("at"))
            .where(mine, table.c.at >= since)
            .group_by(table.c.strategy)
        )
        newest = connection.execute(query).all()
        rows = [_newest(connection, mine, row.strategy, row.at) for row in newest]
    return sorted(rows, key=lambda row: (-row.at, row.strategy))


def last_signal_at(database: Database, account_id: int) -> int | None:
    """Return the time (ms) of the newest signal, None without any.

    Raises:
        StoreError: the database refused.
    """
    table = tables.signals
    query = select(func.max(table.c.at)).where(table.c.account_id == account_id)
    with database.read() as connection:
        return connection.execute(query).scalar()


def _newest(connection: Connection, mine: ColumnElement[bool], strategy: str, at: int) -> SignalRow:
    table = tables.signals
    query = (
        select(*columns_of(SignalRow, table))
        .where(mine, table.c.strategy == strategy, table.c.at == at)
        .order_by(table.c.id.desc())
        .limit(1)
    )
    return read_as(SignalRow, connection.execute(query).one())


def _summed(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, count in pairs:
        found[name] = found.get(name, 0) + count
    return found
