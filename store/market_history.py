"""What is stored of a market's past, and which parts of it are missing."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select

from core.ledger import EntryKind
from core.market import HOUR_MS, MINUTE_MS, Funding
from store import tables
from store.database import Database
from store.rows import columns_of, read_as

Span = tuple[int, int]
FIELDS: Final = columns_of(Funding, tables.funding_rates)


def missing_minutes(
    database: Database, account_id: int, symbol: str, since: int, until: int
) -> list[Span]:
    """Return the spans of [*since*, *until*) (ms, whole minutes) without a candle, oldest first.

    Raises:
        StoreError: the database refused.
    """
    table = tables.candles
    time = table.c.open_time
    mine = (table.c.account_id == account_id) & (table.c.symbol == symbol)
    within = (time >= since) & (time < until)
    before = func.lag(time).over(order_by=time)
    pairs = select(time.label("at"), before.label("before")).where(mine, within).subquery()
    gaps = (
        select(pairs.c.at, pairs.c.before)
        .where(pairs.c.at - pairs.c.before > MINUTE_MS)
        .order_by(pairs.c.at)
    )
    ends = select(func.min(time).label("first"), func.max(time).label("last")).where(mine, within)
    with database.read() as connection:
        first, last = connection.execute(ends).one()
        if first is None:
            return [(since, until)] if since < until else []
        inner = [(row.before + MINUTE_MS, row.at) for row in connection.execute(gaps)]
    spans = [(since, first), *inner, (last + MINUTE_MS, until)]
    return [(start, end) for start, end in spans if start < end]


def funding_between(
    database: Database, account_id: int, symbol: str, since: int, until: int
) -> list[Funding]:
    """Return the settlements of *symbol* in [*since*, *until*) (ms), oldest first.

    Raises:
        StoreError: the database refused.
    """
    table = tables.funding_rates
    query = (
        select(*FIELDS)
        .where(table.c.account_id == account_id, table.c.symbol == symbol)
        .where(table.c.at >= since, table.c.at < until)
        .order_by(table.c.at)
    )
    with database.read() as connection:
        return [read_as(Funding, row) for row in connection.execute(query)]


def newest_funding(database: Database, account_id: int, symbol: str) -> int | None:
    """Return the time (ms) of the newest settlement stored of *symbol*, if there is one.

    Raises:
        StoreError: the database refused.
    """
    table = tables.funding_rates
    mine = (table.c.account_id == account_id) & (table.c.symbol == symbol)
    with database.read() as connection:
        found: int | None = connection.execute(select(func.max(table.c.at)).where(mine)).scalar()
    return found


def funding_booked(
    database: Database, account_id: int, symbol: str, since: int
) -> tuple[Decimal, int]:
    """Return what funding of *symbol* came to from *since* (ms) on, and how many bookings it is.

    Below zero the account paid.

    Raises:
        StoreError: the database refused.
    """
    table = tables.journal
    query = (
        select(table.c.amount)
        .where(table.c.account_id == account_id, table.c.symbol == symbol)
        .where(table.c.at >= since, table.c.kind == EntryKind.FUNDING.value)
    )
    with database.read() as connection:
        amounts = [row.amount for row in connection.execute(query)]
    return sum(amounts, Decimal(0)), len(amounts)


def hourly_closes(
    database: Database, account_id: int, symbol: str, hours: Sequence[int]
) -> dict[int, float]:
    """Return the close of each of *hours* (numbered since 1970) whose last minute is stored.

    Raises:
        StoreError: the database refused.
    """
    table = tables.candles
    last_minutes = [hour * HOUR_MS + HOUR_MS - MINUTE_MS for hour in hours]
    query = (
        select(table.c.open_time, table.c.close)
        .where(table.c.account_id == account_id, table.c.symbol == symbol)
        .where(table.c.open_time.in_(last_minutes))
    )
    with database.read() as connection:
        return {row.open_time // HOUR_MS: row.close for row in connection.execute(query)}
