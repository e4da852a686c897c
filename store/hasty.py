"""A database that whoever reads it waits for only a moment: for readers that people wait for."""

import os
import socket
from contextlib import suppress
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy import NullPool, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from store.database import Database

STATEMENT_MS: Final = 1500
LOCK_MS: Final = 1000
CONNECT_S: Final = 2  # the least that libpq knows
POOL_WAIT_S: Final = 1.0
BUSY_S: Final = 1.5
SERVER: Final[dict[str, Any]] = {
    "connect_timeout": CONNECT_S,
    "options": f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={LOCK_MS}",
}


class HastyDatabase(Database):
    """A database whose statements and locks are given up after a second or so.

    Promise: a server that takes connections and says nothing can be told from one that works,
    and what waits for it can be set free. Safe to share between threads.
    """

    def __init__(self, url: str) -> None:
        """Prepare to read the database at *url*; nothing is opened yet.

        Raises:
            ConfigError: the URL is not one of a database, or its driver is not installed.
        """
        super().__init__(url, busy_s=BUSY_S, server=SERVER, pool_timeout=POOL_WAIT_S)
        self._open: WeakSet[Any] = WeakSet()
        self._probe = None
        if self.is_server:
            self._probe = create_engine(self.url, poolclass=NullPool, connect_args=SERVER)
            event.listen(self._probe, "connect", self._note)
            event.listen(self.engine, "connect", self._note)

    @property
    def is_server(self) -> bool:
        """Return whether it is a server, which may be away, and no file."""
        return self.path is None

    def answers(self) -> bool:
        """Return whether a new connection is answered; this may take seconds, or for ever."""
        if self._probe is None:
            return True
        try:
            with self._probe.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    def hang_up(self) -> None:
        """Cut every connection, so that whoever waits for one gets an error at once."""
        refused = self.engine.dialect.loaded_dbapi.Error  # of a connection that is closed by now
        for connection in list(self._open):
            with suppress(OSError, refused):
                _cut(connection.pgconn.socket)

    def _note(self, connection: Any, _record: Any) -> None:
        self._open.add(connection)


def _cut(number: int) -> None:
    with socket.socket(fileno=os.dup(number)) as line:
        line.shutdown(socket.SHUT_RDWR)
