"""One database: connections, transactions, and errors in our words.

SQLite is opened in WAL mode with the driver's own transaction handling switched off, so that
a read is one snapshot and a write takes its lock at ``BEGIN IMMEDIATE`` and nowhere later.
Source: https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#sqlite-transactions
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from core.errors import ConfigError, SchemaError, StoreError
from store import schema

TRADING_MIGRATIONS: Final = Path(__file__).parent / "migrations" / "trading"
ACCESS_MIGRATIONS: Final = Path(__file__).parent / "migrations" / "access"
BUSY_TIMEOUT_S: Final = 5.0
POOL_TIMEOUT_S: Final = 30.0
WAL_LIMIT_BYTES: Final = 64 * 1024 * 1024
POOL_RECYCLE_S: Final = 1800
DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Database:
    """A SQLite file or PostgreSQL database with the migrations that make its tables.

    Promise: every database error leaves here as `StoreError`, and after one nothing of that
    transaction is stored; a damaged file leaves as `ConfigError`. Safe to share between
    threads; one pool a process.
    """

    def __init__(
        self,
        url: str,
        migrations: Path = TRADING_MIGRATIONS,
        *,
        busy_s: float = BUSY_TIMEOUT_S,
        server: Mapping[str, Any] | None = None,
        pool_timeout: float = POOL_TIMEOUT_S,
    ) -> None:
        """Prepare *url* (``sqlite:///…`` or ``postgresql://…``); nothing is opened yet.

        Args:
            url: where it is.
            migrations: what makes its tables.
            busy_s: how long a file that somebody else holds is waited for.
            server: what the driver of a server is told at each new connection.
            pool_timeout: how long a free connection to a server is waited for (s).

        Raises:
            ConfigError: the URL is not one of these, or its driver is not installed.
        """
        self.url = _parse(url)
        self.migrations = migrations
        self.engine = _create_engine(self.url, busy_s, dict(server or {}), pool_timeout)

    @property
    def name(self) -> str:
        """Return what to call this database in a sentence; never with its password."""
        return str(self.path) if self.path else self.url.render_as_string(hide_password=True)

    @property
    def path(self) -> Path | None:
        """Return the SQLite file, or None for a server."""
        if self.url.get_backend_name() != "sqlite":
            return None
        return Path(self.url.database or "")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a connection that sees one moment of the database.

        Raises:
            StoreError: the database cannot be read.
        """
        with self.errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """Lend a connection whose work is committed at the end, or undone at an error.

        Args:
            durable: wait until the disk has it; False survives our death but not the
                machine's, which is enough for a remark such as when a key was used.

        Raises:
            StoreError: nothing was committed.
        """
        with self.errors(), self.engine.connect() as connection:
            connection.execution_options(write=True, durable=durable)
            with connection.begin():
                yield connection

    def migrate(self) -> None:
        """Bring the schema to the newest revision; an older SQLite file is backed up first.

        Raises:
            ConfigError: the file is damaged, not ours, or cannot be made; it is left as it is.
            SchemaError: the schema is newer than this version.
            StoreError: the database cannot be reached or written.
        """
        if self.path:
            schema.make_file(self.path)
        known = schema.known_revisions(self.migrations)
        with self.write() as connection:
            schema.lock_upgrades(connection)
            current = schema.current_revision(connection, self.name)
            schema.refuse_newer(current, known, self.name)
            if current != known[-1]:
                if current and self.path:
                    schema.back_up(self.path, current)
                schema.upgrade(connection, self.migrations)
        if self.path:
            schema.keep_wal(self.path)

    def revision(self) -> str | None:
        """Return which schema this database has, None when it is empty or missing.

        Raises:
            ConfigError: it is damaged or is not ours.
            StoreError: the database cannot be reached.
        """
        if self.path is not None and not self.path.exists():
            return None
        with self.read() as connection:
            return schema.current_revision(connection, self.name)

    def check_version(self) -> None:
        """Make sure that this database has the schema the code knows.

        Raises:
            ConfigError: it does not exist, is damaged or is not ours.
            SchemaError: its schema is older or newer.
            StoreError: the database cannot be reached.
        """
        known = schema.known_revisions(self.migrations)
        current = self.revision()
        schema.refuse_newer(current, known, self.name)
        if current != known[-1]:
            has = f"schema {current}" if current else "no tables yet"
            raise SchemaError(
                f"database {self.name} has {has}, this version needs {known[-1]}: "
                f"start Quarterdeck once, it upgrades by itself"
            )

    def pool(self) -> tuple[int, int]:
        """Return how many connections are kept open at most, and how many are in use."""
        pool = self.engine.pool
        return (pool.size(), pool.checkedout()) if isinstance(pool, QueuePool) else (0, 0)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Let what the driver raises leave as our own words.

        Raises:
            ConfigError: the file is damaged.
            StoreError: the database refused.
        """  # noqa: DOC501 - `_translated` makes one of these two
        try:
            yield
        except SQLAlchemyError as error:
            raise _translated(error, self.name) from error


def _translated(error: SQLAlchemyError, name: str) -> StoreError | ConfigError:
    cause = getattr(error, "orig", None) or error
    reason = str(cause).strip().partition("\n")[0]
    if getattr(cause, "sqlite_errorcode", None) in DAMAGED:
        return ConfigError(
            f"database file {name} is damaged ({reason}) and was left as it is: move it away "
            f"and put the newest file of its backups folder in its place, or start without"
        )
    return StoreError(f"database {name} refused: {reason}")


class CheckedDatabase:
    """A database that is looked at once, when it is first needed."""

    def __init__(self, url: str, database: Database | None = None) -> None:
        """Prepare to read the database at *url*, or *database*; nothing is opened yet.

        Raises:
            ConfigError: the URL is not one of a database.
        """
        self.database = database or Database(url)
        self._is_checked = False

    def __call__(self) -> Database:
        """Return the database, once it was found to be of this version.

        Raises:
            ConfigError: it is not there, damaged or of another version.
            StoreError: the database refused.
        """
        if not self._is_checked:
            self.database.check_version()
            self._is_checked = True
        return self.database

    def close(self) -> None:
        """Close every connection."""
        self.database.close()


def _parse(text: str) -> URL:
    try:
        url = make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", text))
    except ArgumentError:
        raise ConfigError(
            "DATABASE_URL must look like sqlite:///path or postgresql://user@host/name"
        ) from None
    backend = url.get_backend_name()
    if backend not in {"sqlite", "postgresql"}:
        raise ConfigError(f"DATABASE_URL must be sqlite or postgresql, was {backend!r}")
    if backend == "sqlite" and url.database in {None, "", ":memory:"}:
        raise ConfigError("DATABASE_URL must name a file after sqlite:///, was empty")
    return url


def _create_engine(url: URL, busy_s: float, server: dict[str, Any], pool_timeout: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, creator=partial(_open_sqlite, url.database or "", busy_s))
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        engine = create_engine(
            url, pool_pre_ping=True, pool_recycle=POOL_RECYCLE_S, pool_timeout=pool_timeout,
            connect_args=server,
        )  # fmt: skip
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"DATABASE_URL names PostgreSQL, which needs the package {error.name}"
        ) from None
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _open_sqlite(path: str, busy_s: float) -> sqlite3.Connection:
    # Mode rw: a reader that comes before the engine must not leave an empty file behind.
    return sqlite3.connect(
        f"file:{quote(path)}?mode=rw", uri=True, timeout=busy_s, check_same_thread=False
    )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, never implied
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("write"):
        connection.exec_driver_sql("BEGIN")
        return
    level = "FULL" if options["durable"] else "NORMAL"
    connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("write"):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    elif not options["durable"]:
        connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
