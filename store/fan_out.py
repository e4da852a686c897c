"""From what happened to who is told: rows for chats, and how far that has come, in one step."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from store.access_tables import deliveries, delivery_cursors, recipients
from store.database import Database
from store.delivery import Delivery, State, values_of

FOLD_MS: Final = 120_000
KEPT_MS: Final = 30 * 24 * 3600 * 1000
KEPT_STOPPED_MS: Final = 7 * 24 * 3600 * 1000
TOO_OLD: Final = "could not be delivered for a week"


class Cursor(msgspec.Struct, frozen=True):
    """Up to which id of a source everybody's rows were written, and when that was (ms)."""

    after_id: int
    at: int


def read_cursor(database: Database, name: str) -> Cursor | None:
    """Return how far *name* has come, None before the first time.

    Raises:
        StoreError: the database refused.
    """
    columns = delivery_cursors.c
    query = select(columns.after_id, columns.at).where(columns.name == name)
    with database.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else Cursor(row.after_id, row.at)


def set_cursor(database: Database, name: str, after_id: int, now: int) -> None:
    """Begin *name* anew after *after_id*: ids from there on are another database's.

    Raises:
        StoreError: the database refused.
    """
    values = {"name": name, "after_id": after_id, "at": now}
    entry = insert(delivery_cursors).values(values)
    told = deliveries.c.source
    with database.write() as connection:
        moved = entry.on_conflict_do_update(index_elements=["name"], set_=values)
        connection.execute(moved)
        former = update(deliveries).where(told.startswith(f"{name}:"))
        connection.execute(former.values(source=f"former-{now}-" + told))


def fan_out(
    database: Database, name: str, cursor: Cursor, to: Cursor, rows: Sequence[Delivery]
) -> bool:
    """Write *rows* and move *name* on from *cursor* to *to*, both or neither.

    A row that is there already is left alone. One that says what another of the chat said at most
    `FOLD_MS` ago is folded into that one.

    Returns:
        Whether it was done: not if somebody else has moved on from *cursor* before.

    Raises:
        StoreError: the database refused, and nothing was written.
    """
    columns = delivery_cursors.c
    mine = (columns.name == name) & (columns.after_id == cursor.after_id)
    with database.write() as connection:
        move = update(delivery_cursors).where(mine)
        if not connection.execute(move.values(after_id=to.after_id, at=to.at)).rowcount:
            return False
        insert_deliveries(connection, rows)
    return True


def add_deliveries(database: Database, rows: Sequence[Delivery]) -> None:
    """Write *rows* as `fan_out` does, of what has no cursor.

    Raises:
        StoreError: the database refused, and nothing was written.
    """
    if not rows:
        return
    with database.write() as connection:
        insert_deliveries(connection, rows)


def insert_deliveries(connection: Connection, rows: Sequence[Delivery]) -> None:
    """Write *rows* as `fan_out` does, within a transaction of the caller's."""
    for row in rows:
        _add(connection, row)


def prune_deliveries(database: Database, now: int) -> None:
    """Forget what was told long ago, and give up on chats that were not reached for a week.

    Raises:
        StoreError: the database refused.
    """
    columns = deliveries.c
    stopped = select(recipients.c.chat_id).where(recipients.c.stopped_at.is_not(None))
    old = (columns.created_at < now - KEPT_STOPPED_MS) & columns.chat_id.in_(stopped)
    ended = (columns.created_at < now - KEPT_MS) & (columns.state != State.WAITING)
    with database.write(durable=False) as connection:
        given_up = update(deliveries).where(old, columns.state == State.WAITING)
        connection.execute(given_up.values(state=State.FAILED, error=TOO_OLD))
        connection.execute(delete(deliveries).where(ended))


def _add(connection: Connection, row: Delivery) -> None:
    into = _told_already(connection, row)
    values = values_of(row)
    if into is not None:
        values |= {"state": State.FOLDED, "told_by": into}
    entry = insert(deliveries).values(values).on_conflict_do_nothing()
    if connection.execute(entry).rowcount and into is not None:
        again = update(deliveries).where(deliveries.c.id == into)
        connection.execute(again.values(times=deliveries.c.times + 1))


def _told_already(connection: Connection, row: Delivery) -> int | None:
    """Return the id of the row of the same chat that said the same lately."""
    if not row.fold_key:
        return None
    columns = deliveries.c
    query = select(columns.id).where(
        columns.chat_id == row.chat_id,
        columns.fold_key == row.fold_key,
        columns.state.in_((State.WAITING, State.SENT)),
        columns.created_at > row.created_at - FOLD_MS,
        columns.created_at <= row.created_at,  # a clock may be set back
        columns.source != row.source,
    )
    return connection.execute(query.order_by(columns.id.desc()).limit(1)).scalar()
