"""What happened to access that a person must hear of: the bot makes messages of it.

A notice is written in the same transaction as what it tells of.
"""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, select

from store.access_tables import notices
from store.database import Database
from store.rows import columns_of, read_as

ACCESS_REQUESTED: Final = "access_requested"
NEW_SESSION: Final = "new_session"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened.

    Attributes:
        at: wall clock, ms.
        kind: `ACCESS_REQUESTED` is for the owners, `NEW_SESSION` for whose session it is.
        user_id: the Telegram user it is about, None if it is about none.
        data: ``name`` and ``username`` of who asks; ``session_id``, ``subject``, ``role``,
            ``via``, ``client`` and ``address`` of a session.
    """

    id: int = 0
    at: int
    kind: str
    user_id: int | None
    data: dict[str, Any]


def add_notice(connection: Connection, notice: Notice) -> None:
    """Store *notice* within a transaction of the caller's."""
    values = msgspec.structs.asdict(notice)
    del values["id"]
    connection.execute(notices.insert().values(values))


def read_notices(database: Database, after_id: int, limit: int) -> list[Notice]:
    """Return up to *limit* notices after *after_id*, oldest first.

    Raises:
        StoreError: the database refused.
    """
    query = select(*columns_of(Notice, notices)).where(notices.c.id > after_id)
    with database.read() as connection:
        rows = connection.execute(query.order_by(notices.c.id).limit(limit))
        return [read_as(Notice, row) for row in rows]


def newest_notice_id(database: Database) -> int:
    """Return the id of the newest notice, 0 without any.

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        return int(connection.execute(select(func.max(notices.c.id))).scalar() or 0)


def came_so_before(database: Database, notice: Notice, since: int) -> bool:
    """Return whether the person of *notice*, a new session, came by the same way since then.

    Raises:
        StoreError: the database refused.
    """
    columns = notices.c
    earlier = (columns.id < notice.id) & (columns.at >= since) & (columns.kind == notice.kind)
    query = select(columns.data).where(earlier, columns.user_id == notice.user_id)
    way = [notice.data.get(name) for name in ("via", "client")]
    with database.read() as connection:
        told = connection.execute(query).scalars().all()
    return any([data.get(name) for name in ("via", "client")] == way for data in told)
