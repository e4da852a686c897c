"""Stored 1-minute candles as plain numbers, for whoever reads a lot of them."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import func, select

from core.market import DAY_MS
from store import tables
from store.database import Database
from store.series import Candle

CHUNK_MS: Final = 7 * DAY_MS  # a read of more would keep the WAL from being cut


def minutes(
    database: Database, account_id: int, symbol: str, since: int, until: int
) -> Iterator[Candle]:
    """Yield the minutes that open in [*since*, *until*) (ms), oldest first.

    Raises:
        StoreError: the database refused.
    """
    table = tables.candles
    query = (
        select(
            table.c.open_time, table.c.open, table.c.high, table.c.low, table.c.close,
            table.c.volume,
        )
        .where(table.c.account_id == account_id, table.c.symbol == symbol)
        .order_by(table.c.open_time)
    )  # fmt: skip
    for start in range(since, until, CHUNK_MS):
        end = min(start + CHUNK_MS, until)
        within = query.where(table.c.open_time >= start, table.c.open_time < end)
        with database.read() as connection:
            rows = connection.execute(within).all()
        yield from map(tuple, rows)


def newest_minute(database: Database, account_id: int, symbol: str) -> int | None:
    """Return the open time of the newest minute stored of *symbol*, if there is one.

    Raises:
        StoreError: the database refused.
    """
    table = tables.candles
    mine = (table.c.account_id == account_id) & (table.c.symbol == symbol)
    with database.read() as connection:
        found: int | None = connection.execute(
            select(func.max(table.c.open_time)).where(mine)
        ).scalar()
    return found
