"""Curves thinned so that what is seen of them stays: the least and the greatest of each time.

The database goes over the points, so that a year of minutes costs this process a few hundred.
"""

from itertools import groupby
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Double,
    FromClause,
    Select,
    Subquery,
    Text,
    case,
    cast,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import array

from core.ledger import EntryKind
from store import tables
from store.database import Database

Point = tuple[int, float]
Span = tuple[int, int]

# Transfers after the first are rare; a curve of more of them has its newest falls right.
MOST_TRANSFERS: Final = 50
# of slots whose every point is read for falls: more would take as long as all of them
MOST_OPEN: Final = 120


def equity_curve(
    database: Database, account_id: int, span: Span, most: int, strategy: str = ""
) -> list[Point]:
    """Return (at, equity) in *span* (ms, its end not included), oldest first.

    Of more than *most* (at least 4), the first, the last, and the least and greatest of equal
    times.

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        source = _equity(account_id, strategy, span)
        return _thinned(connection, source, source, most, _equity(account_id, strategy))


def funding_curve(
    database: Database, account_id: int, symbol: str, span: Span, most: int
) -> list[Point]:
    """Return (at, rate) of the settlements of *symbol* in *span*, as `equity_curve` does.

    Raises:
        StoreError: the database refused.
    """
    table = tables.funding_rates
    source = (
        select(table.c.at, _real(table.c.rate).label("value"))
        .where(table.c.account_id == account_id, table.c.symbol == symbol)
        .where(table.c.at >= span[0], table.c.at < span[1])
        .subquery()
    )
    with database.read() as connection:
        return _thinned(connection, source, source, most)


def drawdown_curve(
    database: Database, account_id: int, span: Span, most: int, strategy: str = ""
) -> list[Point]:
    """Return (at, fall in % from the highest equity since the span began, zero or below).

    The equity before *span* is the first peak, and a transfer moves the peak with it, as
    `core.metrics.drawdown` has it. Thinned as `equity_curve` is.

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        transfers = _transfers(connection, account_id, strategy)
        source = _equity(account_id, strategy, span)
        first = connection.execute(select(source).order_by(source.c.at).limit(1)).first()
        if first is None:
            return []
        before = _before(connection, account_id, strategy, span[0])
        known_at = first.at if before is None else before.at
        put_in = sum(amount for at, amount in transfers if at <= known_at)
        initial = (put_in or first.value) if before is None else before.value
        later = [(at, amount) for at, amount in transfers if known_at < at < span[1] and amount]
        if not later and connection.dialect.name == "sqlite":
            whole = _equity(account_id, strategy)
            quick = _quick_falls(connection, (source, whole), initial, most)
            if quick is not None:
                return quick
        falls = _falls(source, initial, later[-MOST_TRANSFERS:])
        return _thinned(connection, falls, source, most)


def _quick_falls(
    connection: Connection, curves: tuple[FromClause, FromClause], initial: float, most: int
) -> list[Point] | None:
    """Return the falls, thinned, reading few points; None where that would not be quicker.

    What a slot's falls are follows from its least and its greatest point, unless it went on to a
    new peak after its least: of those slots every point is read.
    """
    curve, whole = curves
    extremes = _thinned(connection, curve, curve, most, whole)
    if len(extremes) <= most // 2:
        return None
    first, last = extremes[0][0], extremes[-1][0]
    width = _width((first, last), most)
    peak, open_slots = initial, []
    by_slot = {slot: list(of) for slot, of in groupby(extremes, lambda p: (p[0] - first) // width)}
    for slot, points in by_slot.items():
        lowest, highest = min(points, key=_value), max(points, key=_value)
        if highest[1] > peak and lowest[0] < highest[0]:
            open_slots.append(slot)
        peak = max(peak, highest[1])
    if len(open_slots) > MOST_OPEN:
        return None
    at_slot = (curve.c.at - _ms(first)) // _ms(width)
    query = select(curve.c.at, curve.c.value).where(at_slot.in_(open_slots)).order_by(curve.c.at)
    rows = [(row.at, row.value) for row in connection.execute(query)]
    by_slot |= {slot: list(of) for slot, of in groupby(rows, lambda p: (p[0] - first) // width)}
    found: list[Point] = []
    peak = initial
    for points in by_slot.values():
        falls = []
        for at, value in points:
            peak = max(peak, value)
            falls.append((at, 100.0 * (value - peak) / peak if peak > 0 else 0.0))
        ends = {fall for fall in falls if fall[0] in (first, last)}
        found += sorted({min(falls, key=_value), max(falls, key=_value)} | ends)
    return found


def _value(point: Point) -> float:
    return point[1]


def _falls(source: Subquery, initial: float, transfers: list[Point]) -> FromClause:
    """Return the falls of the equity of *source*: without transfers nothing is added to it."""
    moved: ColumnElement[Any] = literal(0.0, Double)
    for at, amount in transfers:
        moved += case((source.c.at >= at, literal(amount, Double)), else_=literal(0.0, Double))
    own = (source.c.value - moved).label("own")
    highest = func.max(source.c.value - moved).over(order_by=source.c.at).label("highest")
    seen = select(source.c.at, own, highest, moved.label("moved")).subquery()
    start = literal(initial, Double)
    peak = case((seen.c.highest < start, start), else_=seen.c.highest)
    whole = peak + seen.c.moved
    fall = case((whole > 0, 100.0 * (seen.c.own - peak) / whole), else_=literal(0.0, Double))
    return select(seen.c.at, fall.label("value")).cte()


def _thinned(
    connection: Connection,
    curve: FromClause,
    times: FromClause,
    most: int,
    whole: FromClause | None = None,
) -> list[Point]:
    """Return the points of *curve*, thinned.

    Args:
        connection: to the database.
        curve: ``at`` and ``value``.
        times: the same times, read quickly.
        most: how many points at most.
        whole: the curve without an end or a beginning, if an index leads to its times.
    """
    points = select(curve.c.at, curve.c.value)
    some = select(times.c.at).limit(most + 1).subquery()
    count = connection.execute(select(func.count()).select_from(some)).scalar_one()
    if count <= most:
        return [(row.at, row.value) for row in connection.execute(points.order_by(curve.c.at))]
    ends = (
        select(times.c.at).order_by(order).limit(1) for order in (times.c.at, times.c.at.desc())
    )
    first, last = (connection.execute(end).scalar_one() for end in ends)
    slots, width = _slots(most), _width((first, last), most)
    if whole is not None and connection.dialect.name == "sqlite":
        # of the whole curve: within a span SQLite would go through that instead of the times
        found = whole.c.at.in_(_sought(whole, (first, last), slots, width))
        sought = select(whole.c.at, whole.c.value).where(found).order_by(whole.c.at)
        return [(row.at, row.value) for row in connection.execute(sought)]
    slot = (curve.c.at - _ms(first)) // _ms(width)
    edges = points.where(curve.c.at.in_((first, last)))
    shown: CompoundSelect[Any] = union_all(*_extremes(connection, curve, slot), edges)
    rows = connection.execute(shown)
    return sorted({int(row.at): float(row.value) for row in rows}.items())


def _slots(most: int) -> int:
    return max(1, (most - 2) // 2)


def _width(ends: Span, most: int) -> int:
    """Return how long each slot is, in ms: the last may reach beyond the end."""
    return -(-(ends[1] + 1 - ends[0]) // _slots(most))


def _sought(whole: FromClause, ends: Span, slots: int, width: int) -> CompoundSelect[Any]:
    """Return the query of the times where each slot is least and greatest, and of both ends.

    SQLite sorts what it groups; going from slot to slot by the index takes half of that time.
    """
    first, last = ends
    number = select(literal(0).label("n")).cte("slot", recursive=True)
    number = number.union_all(select(number.c.n + 1).where(number.c.n < slots - 1))
    begin = _ms(first) + number.c.n * _ms(width)
    end = case((begin + _ms(width) > _ms(last), _ms(last + 1)), else_=begin + _ms(width))
    inside = select(whole.c.at).where(whole.c.at >= begin, whole.c.at < end).limit(1)
    extremes = [inside.order_by(order) for order in (whole.c.value, whole.c.value.desc())]
    found = [select(extreme.scalar_subquery()).select_from(number) for extreme in extremes]
    return union_all(*found, select(_ms(first)), select(_ms(last)))


def _extremes(
    connection: Connection, curve: FromClause, slot: ColumnElement[Any]
) -> list[Select[Any]]:
    """Return the queries of the points where each slot is least and greatest."""
    at, value = curve.c.at, curve.c.value
    if connection.dialect.name == "sqlite":
        # a bare column is of the row that has the least, or the greatest
        # https://www.sqlite.org/lang_select.html#bareagg
        return [
            select(at, func.min(value).label("value")).group_by(slot),
            select(at, func.max(value).label("value")).group_by(slot),
        ]
    pair = array([value, cast(at, Double)])  # a time in ms is a whole double
    both = select(func.min(pair).label("low"), func.max(pair).label("high")).group_by(slot).cte()
    return [
        select(cast(pair[2], BigInteger).label("at"), pair[1].label("value"))
        for pair in (both.c.low, both.c.high)
    ]


def _equity(account_id: int, strategy: str, span: Span | None = None) -> Subquery:
    table = tables.equity
    query = select(table.c.at, _real(table.c.equity).label("value")).where(
        table.c.account_id == account_id, table.c.strategy == strategy
    )
    if span is not None:
        query = query.where(table.c.at >= span[0], table.c.at < span[1])
    return query.subquery()


def _ms(value: int) -> ColumnElement[int]:
    return literal(value, BigInteger)  # PostgreSQL would take a bare number for 32 bits


def _before(connection: Connection, account_id: int, strategy: str, since: int) -> Any:
    """Return the last point before a time, which closed what was before it."""
    table = tables.equity
    query = (
        select(table.c.at, _real(table.c.equity).label("value"))
        .where(table.c.account_id == account_id, table.c.strategy == strategy)
        .where(table.c.at < since)
        .order_by(table.c.at.desc())
        .limit(1)
    )
    return connection.execute(query).first()


def _transfers(connection: Connection, account_id: int, strategy: str) -> list[Point]:
    table = tables.journal
    query = (
        select(table.c.at, _real(table.c.amount).label("amount"))
        .where(table.c.account_id == account_id, table.c.symbol == "")
        .where(table.c.kind == EntryKind.TRANSFER.value)
        .order_by(table.c.at, table.c.id)
    )
    if strategy:
        query = query.where(table.c.strategy == strategy)
    return [(row.at, row.amount) for row in connection.execute(query)]


def _real(column: Column[Any]) -> ColumnElement[float]:
    """Return an amount as a double: what is drawn needs no more."""
    return cast(type_coerce(column, Text), Double)
