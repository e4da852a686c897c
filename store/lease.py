"""Who may trade on a database: one engine at a time, from whatever folder or machine.

On SQLite it is a locked file beside the database, on PostgreSQL an advisory lock of a session
kept for that alone; a pooler in between must leave sessions whole.
Source: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

import filelock
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from core.errors import ConfigError
from store.database import Database
from utils.files import make_private_folder

ENGINE_LOCK: Final = 0x51DECD  # any number but that of upgrades, the same in every engine
LOCK_NOT_AVAILABLE: Final = "55P03"
PATIENCE_S: Final = 2.0


class Lease:
    """The right to trade on *database*, from `take` to `release`.

    Promise: two never have it. The kernel or the server takes it back when this process dies.
    """

    def __init__(self, database: Database, patience_s: float = PATIENCE_S) -> None:
        """Prepare to take it, waiting up to *patience_s* for another to let go."""
        self._database = database
        self._patience_s = patience_s
        self._session: Connection | None = None
        self._file = _file_lock(database.path) if database.path else None

    def take(self) -> Self:
        """Take it; return this lease.

        Raises:
            ConfigError: another has it, or the lock's file cannot be made.
            StoreError: the database cannot be reached.
        """
        if self._file is not None:
            self._lock_file(self._file)
        elif self._session is None:
            self._open_session()
        return self

    def renew(self) -> None:
        """Make sure that it is still ours; a session that the server ended is opened again.

        Raises:
            ConfigError: another has it now: stop trading.
            StoreError: the database cannot be reached; nothing can be written either.
        """
        if self._session is None:
            self.take()
            return
        try:
            self._session.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            self.release()
            self.take()

    def release(self) -> None:
        """Let another have it."""
        if self._file is not None:
            self._file.release()
        session, self._session = self._session, None
        if session is not None:
            with suppress(SQLAlchemyError):
                session.close()

    def _lock_file(self, lock: filelock.BaseFileLock) -> None:
        if lock.is_locked:
            return
        try:
            make_private_folder(Path(lock.lock_file).parent)
            lock.acquire(timeout=self._patience_s)
        except filelock.Timeout:
            raise self._taken() from None
        except OSError as error:
            raise ConfigError(f"{lock.lock_file} cannot be made: {error}") from error

    def _open_session(self) -> None:
        with self._database.errors():
            session = self._database.engine.connect()
            try:
                session.execution_options(write=True, durable=True, isolation_level="AUTOCOMMIT")
                session.detach()
                session.exec_driver_sql(f"SET lock_timeout = {int(self._patience_s * 1000)}")
                session.exec_driver_sql(f"SELECT pg_advisory_lock({ENGINE_LOCK})")
            except SQLAlchemyError as error:
                session.close()
                if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
                    raise self._taken() from None
                raise
        self._session = session

    def _taken(self) -> ConfigError:
        return ConfigError(
            f"another engine trades on database {self._database.name}: stop that one, or give "
            "this one a database of its own in DATABASE_URL"
        )


@contextmanager
def lease(database: Database) -> Iterator[Lease]:
    """Hold the right to trade on *database*.

    Raises:
        ConfigError: another engine has it.
        StoreError: the database cannot be reached.
    """
    held = Lease(database).take()
    try:
        yield held
    finally:
        held.release()


def _file_lock(path: Path) -> filelock.BaseFileLock:
    real = path.resolve()  # two names of one file are one lock
    # held by the process, whichever of its threads asks
    return filelock.FileLock(f"{real}.engine.lock", thread_local=False)
