"""Messages that stand in a chat and that the bot changes by itself; kept in ``access.db``."""

from enum import StrEnum

import msgspec
from sqlalchemy import and_, delete, select
from sqlalchemy.dialects.sqlite import insert

from store.access_tables import standing_messages
from store.database import Database
from store.rows import columns_of, read_as


class Kind(StrEnum):
    """Which of a chat's messages: one of each."""

    LIVE = "live"
    SUMMARY = "summary"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One chat's message of one kind, and whether it is wished for. Times are wall clock, ms.

    Attributes:
        chat_id: of a private chat, which is the user's id.
        is_on: whether the person wishes for it.
        message_id: the one that stands there, None before it was sent.
        sent_at: when that was sent.
        changed_at: when the person said last what they wish.
    """

    chat_id: int
    kind: Kind
    is_on: bool
    message_id: int | None = None
    sent_at: int | None = None
    changed_at: int


def list_standing(database: Database, kind: Kind) -> list[Standing]:
    """Return every chat's row of *kind*, also of those who switched it off.

    Raises:
        StoreError: the database refused.
    """
    table = standing_messages
    query = select(*columns_of(Standing, table)).where(table.c.kind == kind)
    with database.read() as connection:
        found = [read_as(Standing, row) for row in connection.execute(query)]
    return sorted(found, key=lambda row: row.chat_id)


def switch(database: Database, chat_id: int, kind: Kind, *, is_on: bool, now: int) -> bool:
    """Remember whether *chat_id* wishes for it; return whether that is another wish than before.

    Raises:
        StoreError: the database refused.
    """
    table = standing_messages
    wish = {"is_on": is_on, "changed_at": now}
    mine = and_(table.c.chat_id == chat_id, table.c.kind == kind)
    entry = insert(table).values({"chat_id": chat_id, "kind": kind, **wish})
    entry = entry.on_conflict_do_update(index_elements=["chat_id", "kind"], set_=wish)
    with database.write() as connection:
        before = connection.execute(select(table.c.is_on).where(mine)).scalar_one_or_none()
        connection.execute(entry)
    return before is not is_on


def note_standing(database: Database, row: Standing, message_id: int | None, now: int) -> None:
    """Remember which message of *row* stands in its chat now, None for none.

    A row that is not there is made, for what is sent without having been asked for; what the
    person said meanwhile stays.

    Raises:
        StoreError: the database refused.
    """
    place = {"message_id": message_id, "sent_at": now if message_id is not None else None}
    values = {**msgspec.to_builtins(row), **place}
    entry = insert(standing_messages).values(values)
    entry = entry.on_conflict_do_update(index_elements=["chat_id", "kind"], set_=place)
    with database.write() as connection:
        connection.execute(entry)


def end_standing(database: Database, row: Standing) -> None:
    """Forget *row*, unless its person said something since it was read.

    Raises:
        StoreError: the database refused.
    """
    table = standing_messages
    same = and_(
        table.c.chat_id == row.chat_id, table.c.kind == row.kind,
        table.c.changed_at == row.changed_at,
    )  # fmt: skip
    with database.write() as connection:
        connection.execute(delete(table).where(same))
