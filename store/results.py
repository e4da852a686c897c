"""What trading came to: closed trades, oldest first, as figures are made of them."""

from typing import Any, Final

import msgspec
from sqlalchemy import Column, ColumnElement, Text, select, type_coerce

from core.trades import Trade
from store import tables
from store.columns import Money
from store.database import Database
from store.rows import columns_of

_NAMES: Final = Trade.__struct_fields__


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
        select(*map(_as_it_is, columns_of(Trade, table)))
        .where(table.c.account_id == account_id)
        .order_by(table.c.closed_at, table.c.id)
        .limit(limit)
    )
    if since is not None:
        query = query.where(table.c.closed_at >= since)
    with database.read() as connection:
        rows = connection.execute(query).all()
    return msgspec.convert([dict(zip(_NAMES, row, strict=True)) for row in rows], list[Trade])


def _as_it_is(column: Column[Any]) -> ColumnElement[Any]:
    """Return *column* as the driver gives it: amounts are made all at once, which is quicker."""
    return type_coerce(column, Text) if isinstance(column.type, Money) else column
