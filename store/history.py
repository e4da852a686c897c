"""Lists that people look back on, newest first, a page at a time.

A cursor is the key of a page's last item in our own writing; hand it back to go on. Items
that are added meanwhile neither repeat nor hide others.
"""

import base64
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic

import msgspec
from sqlalchemy import ColumnElement, Table, select, tuple_

from core.errors import DataError
from core.ledger import Entry, EntryKind
from core.orders import Order
from core.trades import Trade
from store import tables
from store.database import Database
from store.outbox import OutboxRow
from store.records import AnomalyRow, PredictionRow, SignalRow
from store.rows import Item, columns_of, read_as
from store.writer import EquityPoint, Fact

PAGE_LIMIT: Final = 100
NARROWING: Final = ("symbol", "strategy", "action", "decision", "measure", "severity", "model")

# Where a page ended: its last time and what broke the tie; only what both databases can hold.
Number = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
Place = tuple[Number, Number | Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which items of a list, and how many; what is None or empty does not narrow it.

    ``since`` is included, ``until`` is not (ms). A list of facts has no symbol or strategy, a
    list of trades no types; only signals have an action and a decision, only anomalies a measure
    and a severity, only predictions a model.
    """

    symbol: str | None = None
    strategy: str | None = None
    action: str | None = None
    decision: str | None = None
    measure: str | None = None
    severity: str | None = None
    model: str | None = None
    types: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    cursor: str | None = None
    limit: int = PAGE_LIMIT


EVERYTHING: Final = Wanted()


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items and where the next ones begin; without a cursor there are no more."""

    items: list[Item]
    next_cursor: str | None


def trades(database: Database, account_id: int, wanted: Wanted = EVERYTHING) -> Page[Trade]:
    """Return closed trades by ``closed_at``.

    Raises:
        DataError: the cursor is not one of ours.
        StoreError: the database refused.
    """
    return _page(database, account_id, wanted, _List(tables.trades, Trade, "closed_at", "id"))


def orders(database: Database, account_id: int, wanted: Wanted = EVERYTHING) -> Page[Order]:
    """Return orders, resting and final, by ``created_at``.

    Raises:
        DataError: the cursor is not one of ours.
        StoreError: the database refused.
    """
    return _page(database, account_id, wanted, _List(tables.orders, Order, "created_at", "id"))


def facts(database: Database, account_id: int, wanted: Wanted = EVERYTHING) -> Page[Fact]:
    """Return facts by ``at``.

    Raises:
        DataError: the cursor is not one of ours.
        StoreError: the database refused.
    """
    return _page(database, account_id, wanted, _List(tables.facts, Fact, "at", "number"))


def fills(database: Database, account_id: int, wanted: Wanted = EVERYTHING) -> Page[Entry]:
    """Return the fills of the journal by ``at``: what a price chart marks.

    Raises:
        DataError: the cursor is not one of ours.
        StoreError: the database refused.
    """
    only = tables.journal.c.kind == EntryKind.FILL.value
    return _page(database, account_id, wanted, _List(tables.journal, Entry, "at", "id", only))


def signals(database: Database, account_id: int, wanted: Wanted = EVERYTHING) -> Page[SignalRow]:
    """Return signals with the decisions on them by ``at``.

    Raises:
        DataError: the cursor is not one of ours.
        StoreError: the database refused.
    """
    return _page(database, account_id, wanted, _List(tables.signals, SignalRow, "at", "id"))


def anomalies(database: Database, account_id: int, wanted: Wanted = EVERYTHING) -> Page[AnomalyRow]:
    """Return what was out of the ordinary by ``at``.

    Raises:
        DataError: the cursor is not one of ours.
        StoreError: the database refused.
    """
    return _page(database, account_id, wanted, _List(tables.anomalies, AnomalyRow, "at", "id"))


def predictions(
    database: Database, account_id: int, wanted: Wanted = EVERYTHING
) -> Page[PredictionRow]:
    """Return predictions, with what came true of those whose time has come, by ``due_at``.

    Raises:
        DataError: the cursor is not one of ours.
        StoreError: the database refused.
    """
    of = _List(tables.signal_predictions, PredictionRow, "due_at", "id")
    return _page(database, account_id, wanted, of)


def alerts(
    database: Database,
    account_id: int,
    wanted: Wanted = EVERYTHING,
    owner: str = "",
    among: ColumnElement[bool] | None = None,
) -> Page[OutboxRow]:
    """Return what people were told of by ``at``: what concerns everybody, and *owner*'s own.

    Args:
        database: where they are.
        account_id: of which account.
        wanted: which of them.
        owner: whose own.
        among: what else their rows must be.

    Raises:
        DataError: the cursor is not one of ours.
        StoreError: the database refused.
    """
    only: ColumnElement[bool] = tables.outbox.c.owner.in_({"", owner})
    if among is not None:
        only &= among
    return _page(database, account_id, wanted, _List(tables.outbox, OutboxRow, "at", "id", only))


def equity(database: Database, account_id: int, wanted: Wanted = EVERYTHING) -> Page[EquityPoint]:
    """Return every point of equity by ``at``: of a strategy, or of the whole account without one.

    Raises:
        DataError: the cursor is not one of ours.
        StoreError: the database refused.
    """
    wanted = msgspec.structs.replace(wanted, strategy=wanted.strategy or "")
    return _page(database, account_id, wanted, _List(tables.equity, EquityPoint, "at", "at"))


@dataclass(frozen=True, slots=True)
class _List(Generic[Item]):
    """A table as a list: what its rows are, its time, and what breaks a tie."""

    table: Table
    kind: type[Item]
    time: str
    tie: str
    only: ColumnElement[bool] | None = None


def _page(database: Database, account_id: int, wanted: Wanted, of: _List[Item]) -> Page[Item]:
    columns, time, tie = of.table.c, of.table.c[of.time], of.table.c[of.tie]
    query = select(*columns_of(of.kind, of.table), time.label("_time"), tie.label("_tie"))
    query = query.where(columns.account_id == account_id, *conditions(of.table, of.time, wanted))
    if of.only is not None:
        query = query.where(of.only)
    if wanted.cursor is not None:
        query = query.where(tuple_(time, tie) < tuple_(*_read_cursor(wanted.cursor, tie)))
    query = query.order_by(time.desc(), tie.desc()).limit(wanted.limit + 1)
    with database.read() as connection:
        rows = connection.execute(query).all()
    shown = rows[: wanted.limit]
    more = len(rows) > len(shown) > 0
    cursor = _write_cursor(*shown[-1][-2:]) if more else None
    return Page([read_as(of.kind, row) for row in shown], cursor)


def conditions(table: Table, time: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return what rows of *table*, whose time is the column *time*, must be; but for the cursor."""
    columns = table.c
    given = {name: getattr(wanted, name) for name in NARROWING}
    found = [columns[name] == value for name, value in given.items() if value is not None]
    if wanted.types:
        found.append(columns.type.in_(wanted.types))
    if wanted.since is not None:
        found.append(columns[time] >= wanted.since)
    if wanted.until is not None:
        found.append(columns[time] < wanted.until)
    return found


def _write_cursor(time: int, tie: str | int) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((time, tie))).decode().rstrip("=")


def _read_cursor(cursor: str, tie: ColumnElement[Any]) -> tuple[int, int | str]:
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"==")
        place: tuple[int, int | str] | None = msgspec.json.decode(text, type=Place)
    except (ValueError, msgspec.MsgspecError):
        place = None
    if place is None or not isinstance(place[1], tie.type.python_type):
        raise DataError(f"cursor must be one that a page gave, was {cursor[:80]!r}")
    return place
