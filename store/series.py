"""What charts draw: equity and candles, thinned in the database so that little is carried."""

from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, select, union_all

from core.market import MINUTE_MS
from store import tables
from store.database import Database
from store.records import PerformancePoint
from store.rows import columns_of, read_as
from store.writer import EquityPoint

EQUITY_POINTS: Final = 600

# (open_time in ms, open, high, low, close, volume in base): one row of a chart's JSON.
Candle = tuple[int, float, float, float, float, float]


def equity(
    database: Database,
    account_id: int,
    since: int | None = None,
    until: int | None = None,
    max_points: int = EQUITY_POINTS,
    *,
    strategy: str = "",
) -> list[EquityPoint]:
    """Return equity from *since* on and before *until* (ms), oldest first.

    Of the whole account, or of a *strategy*'s sub-account.

    When there are more than *max_points* (at least 2), the span is cut into equal times and
    each gives its last point; the very first and last points are always among them.

    Raises:
        StoreError: the database refused.
    """
    table = tables.equity
    mine = (table.c.account_id == account_id) & (table.c.strategy == strategy)
    query = select(table).where(mine).order_by(table.c.at)
    if since is not None:
        query = query.where(table.c.at >= since)
    if until is not None:
        query = query.where(table.c.at < until)
    with database.read() as connection:
        rows = connection.execute(query.limit(max_points + 1)).all()
        if len(rows) > max_points:
            backwards = query.order_by(None).order_by(table.c.at.desc()).limit(1)
            span = (rows[0].at, connection.execute(backwards).one().at)
            rows = connection.execute(_thinned(mine, span, max_points)).all()
    return [EquityPoint(row.at, row.equity, row.balance, row.strategy) for row in rows]


def last_moment(database: Database, account_id: int) -> int | None:
    """Return the time (ms) of the newest point of equity or closed trade, None without any.

    Raises:
        StoreError: the database refused.
    """
    points, trades = tables.equity, tables.trades
    newest = (
        select(func.max(points.c.at)).where(
            points.c.account_id == account_id, points.c.strategy == ""
        ),
        select(func.max(trades.c.closed_at)).where(trades.c.account_id == account_id),
    )
    with database.read() as connection:
        found = [connection.execute(query).scalar() for query in newest]
    return max((at for at in found if at is not None), default=None)


def candles(
    database: Database,
    account_id: int,
    symbol: str,
    since: int,
    until: int,
    interval_ms: int = MINUTE_MS,
) -> list[Candle]:
    """Return candles of *interval_ms* that open in [*since*, *until*) (ms), oldest first.

    They are made of the 1-minute candles there are: beside a gap one holds fewer, and the last
    may still be forming.

    Raises:
        StoreError: the database refused.
    """
    table = tables.candles
    start = -(-since // interval_ms) * interval_ms  # a candle that began before is left out
    slot = table.c.open_time // interval_ms
    slots = (
        select(
            func.min(table.c.open_time).label("first"),
            func.max(table.c.open_time).label("last"),
            func.max(table.c.high).label("high"),
            func.min(table.c.low).label("low"),
            func.sum(table.c.volume).label("volume"),
        )
        .where(table.c.account_id == account_id, table.c.symbol == symbol)
        .where(table.c.open_time >= start, table.c.open_time < until)
        .group_by(slot)
        .subquery()
    )
    query = select(
        slots,
        _at_minute("open", account_id, symbol, slots.c.first),
        _at_minute("close", account_id, symbol, slots.c.last),
    ).order_by(slots.c.first)
    with database.read() as connection:
        rows = connection.execute(query).all()
    return [
        (r.first // interval_ms * interval_ms, r.open, r.high, r.low, r.close, round(r.volume, 8))
        for r in rows
    ]


def performance(
    database: Database, account_id: int, strategy: str = "", newest: int = 5000, symbol: str = ""
) -> list[PerformancePoint]:
    """Return the *newest* hourly headline figures, oldest first.

    Of a *strategy*, of a *symbol*, or of the whole account.

    Raises:
        StoreError: the database refused.
    """
    table = tables.performance_metrics
    query = (
        select(*columns_of(PerformancePoint, table))
        .where(table.c.account_id == account_id)
        .where(table.c.strategy == strategy, table.c.symbol == symbol)
        .order_by(table.c.at.desc())
        .limit(newest)
    )
    with database.read() as connection:
        rows = connection.execute(query).all()
    return [read_as(PerformancePoint, row) for row in reversed(rows)]


def candle_span(
    database: Database, account_id: int, symbol: str, since: int, until: int
) -> tuple[int, int] | None:
    """Return the open times of the first and last minute in [*since*, *until*), if there is one.

    Raises:
        StoreError: the database refused.
    """
    table = tables.candles
    time = table.c.open_time
    query = (
        select(func.min(time).label("first"), func.max(time).label("last"))
        .where(table.c.account_id == account_id, table.c.symbol == symbol)
        .where(time >= since, time < until)
    )
    with database.read() as connection:
        row = connection.execute(query).one()
    return None if row.first is None else (row.first, row.last)


def _at_minute(
    price: str, account_id: int, symbol: str, open_time: ColumnElement[int]
) -> ColumnElement[float]:
    minute = tables.candles.alias()
    return (
        select(minute.c[price])
        .where(minute.c.account_id == account_id, minute.c.symbol == symbol)
        .where(minute.c.open_time == open_time)
        .scalar_subquery()
        .label(price)
    )


def _ms(value: int) -> ColumnElement[int]:
    return literal(value, BigInteger)  # PostgreSQL would take a bare number for 32 bits


def _thinned(mine: ColumnElement[bool], span: tuple[int, int], max_points: int) -> Select[Any]:
    """Seek the last point of each slot: hundreds of look-ups instead of a scan of years."""
    table = tables.equity
    first, last = span
    slots = max_points - 1
    width = -(-(last - first) // slots)  # rounded up, so that the last slot ends at or after last
    number = select(literal(0).label("n")).cte("slot", recursive=True)
    number = number.union_all(select(number.c.n + 1).where(number.c.n < slots - 1))
    start = _ms(first) + number.c.n * _ms(width)
    newest = (
        select(func.max(table.c.at))
        .where(mine)
        .where(table.c.at > start, table.c.at <= start + _ms(width), table.c.at <= last)
        .scalar_subquery()
    )
    shown = union_all(select(newest).select_from(number), select(_ms(first)))
    return select(table).where(mine, table.c.at.in_(shown)).order_by(table.c.at)
