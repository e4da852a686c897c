"""What the migrations make of an empty file, as plain SQL: it is the same each time.

Alembic takes 60 ms for it, and hundreds of tests begin with an empty file.
"""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, inspect

from store import schema
from store.database import Database

real_upgrade = schema.upgrade


def upgrade(connection: Connection, folder: Path) -> None:
    """Stand in for `store.schema.upgrade`, which does what is not an empty file of SQLite."""
    if connection.dialect.name != "sqlite" or inspect(connection).get_table_names():
        real_upgrade(connection, folder)
        return
    for statement in _statements(folder):
        connection.exec_driver_sql(statement)


@cache
def _statements(folder: Path) -> list[str]:
    with TemporaryDirectory() as place:
        path = Path(place) / "made.db"
        schema.make_file(path)
        database = Database(f"sqlite:///{path}", folder)
        with database.write() as connection:
            real_upgrade(connection, folder)
        database.close()
        with closing(sqlite3.connect(path)) as made:
            lines = list(made.iterdump())
    return [line for line in lines if line not in {"BEGIN TRANSACTION;", "COMMIT;"}]
