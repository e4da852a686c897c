"""Which schema a database has, and how it gets the newest one.

Revisions are numbered modules, ``r0001_begin.py``, ``r0002_…``, one line of descent a folder.
Alembic is imported only to upgrade: a reader checks the number without it.
"""

import os
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from core.errors import ConfigError, SchemaError, StoreError

ENVIRONMENT: Final = Path(__file__).parent / "migrations"
VERSION_TABLE: Final = "alembic_version"
UPGRADE_LOCK: Final = 0x51DECC  # any number, the same in every process


def known_revisions(folder: Path) -> list[str]:
    """Return the revisions that *folder* holds, oldest first."""
    return sorted(path.name.partition("_")[0][1:] for path in folder.glob("r[0-9]*_*.py"))


def current_revision(connection: Connection, name: str) -> str | None:
    """Return the revision the database is at, or None when it is empty.

    Raises:
        ConfigError: the database *name* holds tables that we did not make.
    """
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE in tables:
        query = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a constant
        revision = connection.execute(query).scalar()
        return None if revision is None else str(revision)
    if tables:
        raise ConfigError(
            f"database {name} holds tables of another program ({', '.join(tables[:3])}): "
            f"name another one"
        )
    return None


def refuse_newer(current: str | None, known: list[str], name: str) -> None:
    """Stop when the database is at a revision that this version does not know.

    Raises:
        SchemaError: it is.
    """
    if current is not None and current not in known:
        raise SchemaError(
            f"database {name} has schema {current}, this version knows up to {known[-1]}: "
            f"upgrade Quarterdeck, or restore a backup made before that upgrade"
        )


def upgrade(connection: Connection, folder: Path) -> None:
    """Apply the revisions of *folder* that are missing, in the caller's transaction."""
    from alembic import command  # noqa: PLC0415 - 15 MB that readers must not carry
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", _escaped(ENVIRONMENT))
    config.set_main_option("version_locations", _escaped(folder))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def lock_upgrades(connection: Connection) -> None:
    """Let one process at a time upgrade a server's database; SQLite's write lock is enough."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))


def make_file(path: Path) -> None:
    """Make the SQLite file *path* if it is missing: private, empty, and in WAL mode at once.

    Two that change the mode of one new file together fail, so it appears with its mode set.

    Raises:
        ConfigError: it cannot be made.
    """
    if path.exists():
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.touch(mode=0o600)
        with closing(sqlite3.connect(partial)) as new:
            new.execute("PRAGMA journal_mode = WAL")
        with suppress(FileExistsError):
            path.hardlink_to(partial)
        partial.unlink()
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"database file {path} cannot be made: {error}") from error


def keep_wal(path: Path) -> None:
    """Set WAL mode on a file that lost it on its way through another tool.

    Raises:
        StoreError: another program holds the file.
    """
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as error:
        raise StoreError(f"database {path} cannot be set to WAL mode: {error}") from error


def back_up(path: Path, revision: str) -> Path:
    """Copy the SQLite file *path* as it is now into ``backups/`` beside it; return the copy.

    Raises:
        StoreError: the copy cannot be made.
    """
    folder = path.parent / "backups"
    partial = folder / f"{path.stem}.partial"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        partial.touch(mode=0o600)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target)
        copy = _free_name(folder, f"{path.stem}-{revision}")
        partial.rename(copy)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"database {path} was not upgraded: no backup could be made in {folder} ({error})"
        ) from error
    return copy


def _free_name(folder: Path, stem: str) -> Path:
    copy, number = folder / f"{stem}.db", 1
    while copy.exists():
        number += 1
        copy = folder / f"{stem}-{number}.db"
    return copy


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
