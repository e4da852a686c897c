"""How the database grows and where that leads, and when it was copied last."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from core.disk_forecast import LOOKED_BACK_MS, Forecast, forecast
from core.errors import StoreError
from core.market import HOUR_MS, MINUTE_MS
from store.database import Database
from store.system import database_bytes, minute_stretches

log: Final = logging.getLogger(__name__)

EVERY_MS: Final = 10 * MINUTE_MS
SIZE: Final = "machine.database_bytes"
ENDINGS: Final = (".db", ".dump")


class DiskOutlook:
    """Looks every ten minutes, on the thread of whoever samples.

    Attributes:
        backup_at: when (ms) the newest copy was made, None without any.
    """

    def __init__(self, database: Database, data_dir: Path) -> None:
        self.backup_at: int | None = None
        self._database = database
        self._folders = [data_dir / "backups"]
        if database.path is not None:
            self._folders.append(database.path.parent / "backups")
        self._size: int | None = None
        self._ahead = Forecast(note="There is no history yet.")
        self._looked_at = 0

    def look(self, free: int | None, now: int) -> dict[str, Any]:
        """Return what the machine's figures say of it, at *now* (ms) with *free* bytes left."""
        if now - self._looked_at >= EVERY_MS:
            self._looked_at = now
            self._look_back(free, now)
        full_at = self._ahead.full_at
        return {
            "database_bytes": self._size,
            "database_bytes_per_day": self._ahead.bytes_per_day,
            "disk_full_at": full_at if free is not None and (full_at or 0) > now else None,
            "disk_note": self._ahead.note,
        }

    def _look_back(self, free: int | None, now: int) -> None:
        self.backup_at = newest_backup(self._folders)
        try:
            self._size = database_bytes(self._database)
            hours = minute_stretches(self._database, SIZE, now - LOOKED_BACK_MS, now, HOUR_MS)
        except StoreError as error:
            log.debug("How the database grows is not known: %s", error)
            self._ahead = Forecast(note="The database cannot be asked how large it was.")
            return
        self._ahead = forecast([(one.at, int(one.value)) for one in hours], free, now)


def newest_backup(folders: Sequence[Path]) -> int | None:
    """Return when (ms) the newest backup of a database in *folders* was made, None without any."""
    made: list[int] = []
    for folder in folders:
        with suppress(OSError):
            made += [
                one.stat().st_mtime_ns // 1_000_000
                for one in folder.iterdir()
                if one.suffix in ENDINGS
            ]
    return max(made, default=None)
