"""What charts of the server are drawn from, beside curves: never more rows than they show."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, Select, Table, case, func, select

from store import tables
from store.database import Database
from store.records import AnomalyRow
from store.rows import columns_of, read_as

TENTHS: Final = 10
# of a chart of results: reading a trade's two figures takes two microseconds
MOST_RESULTS: Final = 50_000
WISHES: Final = ("traded", "refused")
WISHED: Final = (
    "account_id", "id", "at", "symbol", "action", "confidence", "expected_pnl", "decision",
    "position_id",
)  # fmt: skip


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are meant: in [``since``, ``until``) (ms), of a symbol and a strategy if given."""

    since: int
    until: int
    symbol: str = ""
    strategy: str | None = None


class Tenth(msgspec.Struct, frozen=True, kw_only=True):
    """Predictions that told about the same chance: their mean, and how many came true.

    ``squared`` is the sum of (chance - outcome)².
    """

    number: int
    count: int
    said: float
    rose: int
    squared: float


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A signal that wanted to trade, what it expected, and what its trade came to if it is over."""

    at: int
    symbol: str
    action: str
    confidence: float
    expected_pnl: float
    decision: str
    net_pnl: float | None


def results(database: Database, account_id: int, part: Part) -> list[tuple[int, float]]:
    """Return (closed_at, net P&L) of closed trades, oldest first; of too many the newest.

    Raises:
        StoreError: the database refused.
    """
    table = tables.trades
    query = select(table.c.closed_at, table.c.net_pnl).where(
        *_of(table, account_id, part, "closed_at")
    )
    newest = query.order_by(table.c.closed_at.desc(), table.c.id.desc()).limit(MOST_RESULTS)
    rows = _rows(database, newest)
    return [(row.closed_at, float(row.net_pnl)) for row in reversed(rows)]


def anomalies(database: Database, account_id: int, part: Part, most: int) -> list[AnomalyRow]:
    """Return what was out of the ordinary, oldest first; of too many what was most so.

    Raises:
        StoreError: the database refused.
    """
    table = tables.anomalies
    query = select(*columns_of(AnomalyRow, table)).where(*_of(table, account_id, part, "at"))
    strongest = query.order_by(func.abs(table.c.z).desc(), table.c.id).limit(most)
    found = [read_as(AnomalyRow, row) for row in _rows(database, strongest)]
    return sorted(found, key=lambda row: (row.at, row.id))


def wishes(database: Database, account_id: int, part: Part, most: int) -> list[Wish]:
    """Return the newest signals that wanted to trade and told what they expected, oldest first.

    Raises:
        StoreError: the database refused.
    """
    table, trades = tables.signals, tables.trades
    newest = (
        select(*(table.c[name] for name in WISHED))
        .where(*_of(table, account_id, part, "at"))
        .where(table.c.decision.in_(WISHES), table.c.expected_pnl.is_not(None))
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(most)
        .subquery()
    )
    is_its_trade = (trades.c.account_id == newest.c.account_id) & (
        trades.c.id == newest.c.position_id
    )
    query = (
        select(newest.c.at, newest.c.symbol, newest.c.action, newest.c.confidence)
        .add_columns(newest.c.expected_pnl, newest.c.decision, trades.c.net_pnl)
        .select_from(newest.outerjoin(trades, is_its_trade))
        .order_by(newest.c.at.desc(), newest.c.id.desc())
    )
    return [
        Wish(
            at=row.at, symbol=row.symbol, action=row.action, confidence=row.confidence,
            expected_pnl=float(row.expected_pnl), decision=row.decision,
            net_pnl=None if row.net_pnl is None else float(row.net_pnl),
        )
        for row in reversed(_rows(database, query))
    ]  # fmt: skip


def tenths(database: Database, account_id: int, part: Part) -> list[Tenth]:
    """Return how predictions that are due came true, by the tenth of the chance they told.

    Raises:
        StoreError: the database refused.
    """
    table = tables.signal_predictions
    chance = table.c.up_probability
    rose = case((table.c.rose.is_(True), 1), else_=0)
    number = case(*((chance < (n + 1) / TENTHS, n) for n in range(TENTHS - 1)), else_=TENTHS - 1)
    query: Select[Any] = (
        select(number.label("number"), func.count().label("count"), func.avg(chance).label("said"))
        .add_columns(func.sum(rose).label("rose"))
        .add_columns(func.sum((chance - rose) * (chance - rose)).label("squared"))
        .where(*_of(table, account_id, part, "due_at"), table.c.rose.is_not(None))
        .group_by("number")
        .order_by("number")
    )
    return [read_as(Tenth, row) for row in _rows(database, query)]


def _of(table: Table, account_id: int, part: Part, time: str) -> list[ColumnElement[bool]]:
    columns = table.c
    found = [columns.account_id == account_id]
    found += [columns[time] >= part.since, columns[time] < part.until]
    if part.symbol:
        found.append(columns.symbol == part.symbol)
    if part.strategy is not None:
        found.append(columns.strategy == part.strategy)
    return found


def _rows(database: Database, query: Select[Any]) -> Sequence[Row[Any]]:
    with database.read() as connection:
        return connection.execute(query).all()
