"""The servers that others run for us: the database's and the bus's."""

import logging
from typing import Any, Final

from core.errors import StoreError
from infra.settings import Settings
from infra.vitals.processes import Family, server_process, silent_process
from infra.vitals.redis_info import RedisInfo
from store.database import Database
from store.system import database_server

log: Final = logging.getLogger(__name__)

EVERY_S: Final = 30.0  # they are asked over their own connections, and many processes looked at
IN_FILE: Final = "SQLite: a file that the engine and the page open themselves."
ELSEWHERE: Final = "PostgreSQL {version}, on another machine or not to be looked at."
HERE: Final = "PostgreSQL {version}, with all its processes."


class Servers:
    """Looks at them twice a minute, on the thread of whoever samples."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._family = Family()
        self._redis = None if settings.redis_url is None else RedisInfo(settings.redis_url)
        self._asked_s: float | None = None
        self._told: list[dict[str, Any]] = []

    def sample(self, now: int, now_s: float) -> list[dict[str, Any]]:
        """Return how they are at *now* (ms)."""
        if self._asked_s is None or now_s - self._asked_s >= EVERY_S:
            self._asked_s = now_s
            self._told = [self._server(now, now_s)]
            if self._redis is not None:
                told = self._redis.sample(now_s)
                self._told.append({**silent_process("redis", "unknown", ""), **told})
        return self._told

    def close(self) -> None:
        """Let go of what is open."""
        if self._redis is not None:
            self._redis.close()

    def _server(self, now: int, now_s: float) -> dict[str, Any]:
        if self._database.path:
            return {**silent_process("database", "up", IN_FILE)}
        try:
            server = database_server(self._database)
        except StoreError as error:
            log.debug("The database does not say how it is: %s", error)
            server = None
        if server is None:
            return silent_process("database", "away", "The database does not answer.")
        seen = self._family.sample(server.backend_pid, now_s) if server.is_local else {}
        note = (HERE if seen else ELSEWHERE).format(version=server.version)
        return server_process("database", note, server.started_at, now, seen)
