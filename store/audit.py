"""The record of everything people and programs asked for, and what came of it."""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select, update

from store.access_tables import audit
from store.database import Database
from store.rows import columns_of, read_as

ASKED: Final = "asked"
DONE: Final = "done"
AUDIT_LIMIT: Final = 100


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked for what, when (wall clock, ms), and the result.

    ``result`` is `ASKED` until it is known, so that a wish whose answer was lost shows; then
    `DONE` or the code of the refusal.
    """

    id: int = 0
    at: int
    actor: str
    role: str
    action: str
    detail: dict[str, Any] = {}
    result: str = ASKED


class AuditLog:
    """Rows are added and their result filled in once; nothing is ever taken out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, row: AuditRow) -> int:
        """Store *row* and return the id it got.

        Raises:
            StoreError: the database refused.
        """
        with self._database.write() as connection:
            return add(connection, row)

    def finish(self, row_id: int, result: str, detail: dict[str, Any]) -> None:
        """Fill in the result of a row that was asked, and what is known of it by now.

        Raises:
            StoreError: the database refused.
        """
        asked = (audit.c.id == row_id) & (audit.c.result == ASKED)
        with self._database.write() as connection:
            connection.execute(update(audit).where(asked).values(result=result, detail=detail))

    def newest(self, limit: int = AUDIT_LIMIT, before_id: int | None = None) -> list[AuditRow]:
        """Return the last rows, newest first; of those before *before_id* if it is given.

        Raises:
            StoreError: the database refused.
        """
        query = select(*columns_of(AuditRow, audit)).order_by(audit.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(audit.c.id < before_id)
        with self._database.read() as connection:
            return [read_as(AuditRow, row) for row in connection.execute(query)]


def add(connection: Connection, row: AuditRow) -> int:
    """Add *row* within a transaction of the caller's; return its id."""
    values = {name: getattr(row, name) for name in AuditRow.__struct_fields__ if name != "id"}
    return int(connection.execute(audit.insert().values(values).returning(audit.c.id)).scalar_one())
