"""The machine that this process runs on."""

from pathlib import Path
from typing import Any

import psutil


class Machine:
    """CPU, load, memory and the disk that holds a folder.

    Promise: what the system refuses to tell is None.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cores = psutil.cpu_count() or 1
        psutil.cpu_percent(None)  # the first one only begins to measure

    def sample(self) -> dict[str, Any]:
        """Return how it is now; CPU of all cores since the last sample, bytes elsewhere."""
        memory = psutil.virtual_memory()
        return {
            "cpu_pct": psutil.cpu_percent(None),
            "cores": self._cores,
            "load_1m": _load(),
            "memory_used": memory.total - memory.available,
            "memory_total": memory.total,
            **_disk(self._folder),
        }


def _load() -> float | None:
    try:
        return round(psutil.getloadavg()[0], 2)
    except OSError:
        return None


def _disk(folder: Path) -> dict[str, int | None]:
    try:
        disk = psutil.disk_usage(str(folder))
    except OSError:
        return dict.fromkeys(("disk_used", "disk_total", "disk_free"))
    # what is kept for the system's own use is free to nobody here
    return {"disk_used": disk.used, "disk_total": disk.used + disk.free, "disk_free": disk.free}
