"""Whose chats are written to, and which are not reached any more; kept in ``access.db``."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from sqlalchemy import delete, insert, select, update

from store.access_tables import deliveries, recipients
from store.database import Database
from store.delivery import Delivery, State, values_of
from store.rows import columns_of, read_as

GONE: Final = "may not come in any more"


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """A person who is told things in a private chat.

    Attributes:
        chat_id: the chat, which is the user's id.
        owner: as `Identity.owner_id` has it.
        since: from when on they are told (wall clock, ms).
        stopped_at: when Telegram said that they are not to be reached; None while they are.
        stopped_why: in its words.
    """

    chat_id: int
    owner: str
    since: int
    stopped_at: int | None = None
    stopped_why: str = ""


def list_recipients(database: Database) -> list[Recipient]:
    """Return everybody who is told things, reachable or not.

    Raises:
        StoreError: the database refused.
    """
    query = select(*columns_of(Recipient, recipients)).order_by(recipients.c.chat_id)
    with database.read() as connection:
        return [read_as(Recipient, row) for row in connection.execute(query)]


def find_recipient(database: Database, chat_id: int) -> Recipient | None:
    """Return whose chat it is, None if nothing is told there.

    Raises:
        StoreError: the database refused.
    """
    query = select(*columns_of(Recipient, recipients)).where(recipients.c.chat_id == chat_id)
    with database.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else read_as(Recipient, row)


def settle_recipients(
    database: Database, added: Sequence[Recipient], removed: Collection[int]
) -> None:
    """Tell *added* from now on, and *removed* nothing more, not even what waits for them.

    Raises:
        StoreError: the database refused.
    """
    if not added and not removed:
        return
    with database.write() as connection:
        connection.execute(delete(recipients).where(recipients.c.chat_id.in_(removed)))
        waits = deliveries.c.chat_id.in_(removed) & (deliveries.c.state == State.WAITING)
        dropped = update(deliveries).where(waits)
        connection.execute(dropped.values(state=State.FAILED, error=GONE))
        for one in added:
            connection.execute(insert(recipients).values(msgspec.to_builtins(one)))


def stop_chat(
    database: Database, chat_id: int, why: str, now: int, tell: Sequence[Delivery] = ()
) -> bool:
    """Write no more to *chat_id*, and let others be told of it; what waits goes on waiting.

    Returns:
        Whether it was written to until now; if not, nobody is told again.

    Raises:
        StoreError: the database refused.
    """
    mine = (recipients.c.chat_id == chat_id) & recipients.c.stopped_at.is_(None)
    with database.write() as connection:
        stopped = update(recipients).where(mine).values(stopped_at=now, stopped_why=why)
        if not connection.execute(stopped).rowcount:
            return False
        for row in tell:
            connection.execute(deliveries.insert().values(values_of(row)))
    return True


def resume_chat(database: Database, chat_id: int) -> None:
    """Write to *chat_id* again.

    Raises:
        StoreError: the database refused.
    """
    mine = update(recipients).where(recipients.c.chat_id == chat_id)
    with database.write() as connection:
        connection.execute(mine.values(stopped_at=None, stopped_why=""))
