"""Alerts with who has seen to them: those that wait for somebody, and all there were."""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import ColumnElement, exists, select

from core.alerts import Level
from store import history, tables
from store.database import Database
from store.history import EVERYTHING, Page, Wanted
from store.outbox import OutboxRow
from store.records import AlertAcknowledgement
from store.rows import columns_of, read_as

# what is only told waits for nobody
WAITING = (Level.WARN.value, Level.ERROR.value)


class AlertRow(OutboxRow, frozen=True, kw_only=True):
    """An alert and who has seen to it: ``acknowledged_at`` is None while it waits for somebody."""

    acknowledged_at: int | None = None
    acknowledged_by: str = ""


def alerts(
    database: Database,
    account_id: int,
    wanted: Wanted = EVERYTHING,
    owner: str = "",
    *,
    only_open: bool = False,
) -> Page[AlertRow]:
    """Return what people were told of by ``at``, see `history.alerts`.

    With *only_open* those that are warnings or worse and that nobody has acknowledged.

    Raises:
        DataError: the cursor is not one of ours.
        StoreError: the database refused.
    """
    page = history.alerts(database, account_id, wanted, owner, _is_open() if only_open else None)
    return Page(_acknowledged(database, account_id, page.items), page.next_cursor)


def read_alert(database: Database, account_id: int, alert_id: int) -> AlertRow | None:
    """Return the alert of an id, None if the account has none of it.

    Raises:
        StoreError: the database refused.
    """
    table = tables.outbox
    query = select(*columns_of(OutboxRow, table))
    query = query.where(table.c.id == alert_id, table.c.account_id == account_id)
    with database.read() as connection:
        row = connection.execute(query).first()
    found = [] if row is None else _acknowledged(database, account_id, [read_as(OutboxRow, row)])
    return found[0] if found else None


def _is_open() -> ColumnElement[bool]:
    told, seen = tables.outbox.c, tables.alert_acknowledgements.c
    is_seen = exists().where(seen.account_id == told.account_id, seen.alert_id == told.id)
    return told.level.in_(WAITING) & ~is_seen


def _acknowledged(database: Database, account_id: int, rows: Sequence[OutboxRow]) -> list[AlertRow]:
    seen = _of(database, account_id, [row.id for row in rows])
    return [_with(row, seen.get(row.id)) for row in rows]


def _of(database: Database, account_id: int, ids: Iterable[int]) -> dict[int, AlertAcknowledgement]:
    table = tables.alert_acknowledgements
    query = select(*columns_of(AlertAcknowledgement, table))
    query = query.where(table.c.account_id == account_id, table.c.alert_id.in_(list(ids)))
    with database.read() as connection:
        rows = connection.execute(query).all()
    return {row.alert_id: read_as(AlertAcknowledgement, row) for row in rows}


def _with(row: OutboxRow, seen: AlertAcknowledgement | None) -> AlertRow:
    known = msgspec.structs.asdict(row)
    if seen is None:
        return AlertRow(**known)
    return AlertRow(**known, acknowledged_at=seen.at, acknowledged_by=seen.actor)
