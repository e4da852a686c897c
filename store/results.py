"""What trading came to: closed trades and curves of equity, as figures are made of them."""

from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    Text,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)

from core.ledger import ZERO, EntryKind
from core.performance import since_of
from core.trades import Trade
from store import tables
from store.columns import Money
from store.database import Database
from store.rows import columns_of

# What the driver gives is let go of at once: of a long history it would weigh as much again.
IN_PARTS: Final = {"yield_per": 1000}

Point = tuple[int, Decimal]


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """Equity over a span: what it was at ``since`` (ms), and (at, equity) from then on.

    ``transfers`` are all (at, amount) that were put in, those before the span too.
    """

    since: int
    initial: Decimal
    points: list[Point]
    transfers: list[Point]


def closed_trades(
    database: Database, account_id: int, since: int | None = None, limit: int | None = None
) -> list[Trade]:
    """Return the trades that closed from *since* on (ms), by ``closed_at`` and ``id``.

    At most *limit*, the oldest of them. Many are read at once: ten thousand take a tenth of a
    second.

    Raises:
        StoreError: the database refused.
    """
    table = tables.trades
    query = (
        select(_as_json(database, Trade, table))
        .where(table.c.account_id == account_id)
        .order_by(table.c.closed_at, table.c.id)
        .limit(limit)
    )
    if since is not None:
        query = query.where(table.c.closed_at >= since)
    found: list[Trade] = []
    with database.read() as connection:
        for texts in connection.execute(query, execution_options=IN_PARTS).scalars().partitions():
            found += msgspec.json.decode(f"[{','.join(texts)}]", type=list[Trade])
    return found


def count_trades(database: Database, account_id: int) -> int:
    """Return how many trades the account closed.

    Raises:
        StoreError: the database refused.
    """
    table = tables.trades
    query = select(func.count()).select_from(table).where(table.c.account_id == account_id)
    with database.read() as connection:
        return connection.execute(query).scalar_one()


def read_curve(
    database: Database, account_id: int, span: str, now: int, strategy: str | None = None
) -> Curve:
    """Return the curve of an account, or of a strategy's sub-account, before *now*.

    Args:
        database: where it is.
        account_id: whose; of an imported one the transfers are not known.
        span: one of `core.performance.RANGES`.
        now: ms; what happened then or later is left out.
        strategy: of its sub-account.

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        transfers = _transfers(connection, account_id, strategy)
        started_at = transfers[0][0] if transfers else _begun(connection, account_id, strategy)
        since = since_of(span, now, now if started_at is None else started_at)
        points = _points(connection, account_id, strategy, (since, now))
        # a day opens with its equity at 00:00 itself, which closed the day before
        is_later = started_at is not None and since > started_at
        before = _last_point(connection, account_id, strategy, since + is_later)
        if before is None:
            put_in = sum((amount for at, amount in transfers if at <= since), ZERO)
            initial = put_in or _balance(connection, account_id) or (points or [(0, ZERO)])[0][1]
        else:
            later = (amount for at, amount in transfers if before[0] < at <= since)
            initial = before[1] + sum(later, ZERO)
    return Curve(since=since, initial=initial, points=points, transfers=transfers)


def _transfers(connection: Connection, account_id: int, strategy: str | None) -> list[Point]:
    table = tables.journal
    query = (
        select(table.c.at, table.c.amount)
        .where(table.c.account_id == account_id, table.c.symbol == "")
        .where(table.c.kind == EntryKind.TRANSFER.value)
        .order_by(table.c.at, table.c.id)
    )
    if strategy is not None:
        query = query.where(table.c.strategy == strategy)
    return [(row.at, row.amount) for row in connection.execute(query)]


def _points(
    connection: Connection, account_id: int, strategy: str | None, span: tuple[int, int]
) -> list[Point]:
    table = tables.equity
    query = (
        select(table.c.at, _as_it_is(table.c.equity))
        .where(table.c.account_id == account_id, table.c.strategy == (strategy or ""))
        .where(table.c.at >= span[0], table.c.at < span[1])
        .order_by(table.c.at)
    )
    found: list[Point] = []
    for rows in connection.execute(query, execution_options=IN_PARTS).partitions():
        found += msgspec.convert(list(map(tuple, rows)), list[Point])
    return found


def _last_point(
    connection: Connection, account_id: int, strategy: str | None, until: int
) -> Point | None:
    """Return the last point before *until*."""
    table = tables.equity
    query = (
        select(table.c.at, table.c.equity)
        .where(table.c.account_id == account_id, table.c.strategy == (strategy or ""))
        .where(table.c.at < until)
        .order_by(table.c.at.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else (row.at, row.equity)


def _begun(connection: Connection, account_id: int, strategy: str | None) -> int | None:
    """Return when an account of which no transfer is known began: its first point or trade."""
    points, trades = tables.equity, tables.trades
    first_point = (
        select(points.c.at)
        .where(points.c.account_id == account_id, points.c.strategy == (strategy or ""))
        .order_by(points.c.at)
        .limit(1)
    )
    first_trade = (
        select(trades.c.opened_at)
        .where(trades.c.account_id == account_id)
        .order_by(trades.c.closed_at)
        .limit(1)
    )
    found = [connection.execute(query).scalar() for query in (first_point, first_trade)]
    return min((at for at in found if at is not None), default=None)


def _balance(connection: Connection, account_id: int) -> Decimal:
    table = tables.accounts
    query = select(table.c.initial_balance).where(table.c.id == account_id)
    balance: Decimal = connection.execute(query).scalar_one()
    return balance


def _as_json(database: Database, kind: type[msgspec.Struct], table: Table) -> ColumnElement[str]:
    """Return a row as the JSON of a *kind*, made by the database: half the work is saved here."""
    named: list[ColumnElement[Any]] = []
    for column in columns_of(kind, table):
        named += [literal_column(f"'{column.name}'"), column]
    if database.path is None:
        return cast(func.json_build_object(*named), Text)
    return func.json_object(*named)


def _as_it_is(column: Column[Any]) -> ColumnElement[Any]:
    """Return *column* as the driver gives it: amounts are made all at once, which is quicker."""
    return type_coerce(column, Text) if isinstance(column.type, Money) else column
