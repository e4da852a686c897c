"""The report, written once a UTC day by a process of its own."""

import asyncio
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.market import DAY_MS
from infra.settings import ROOT, Settings, child_environment
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

LOOKED_EVERY_S: Final = 60.0
AGAIN_AFTER_S: Final = 3600.0


@dataclass(slots=True)
class DailyReport:
    """Looks every minute whether today has its report, and has it written.

    Promise: a report that cannot be written is logged, tried again an hour later, and disturbs
    nothing.
    """

    settings: Settings
    clock: Clock

    async def run(self) -> None:
        """Write reports until cancelled."""
        while True:
            await self.clock.sleep(LOOKED_EVERY_S)
            wanted = self.settings.daily_report and self._is_due()
            if wanted and not await self.write():
                await self.clock.sleep(AGAIN_AFTER_S)

    def _is_due(self) -> bool:
        return is_due(self.settings.report_path, self.clock.now())

    async def write(self) -> bool:
        """Write the report now; return whether it worked."""
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "reports", cwd=ROOT, env=child_environment(self.settings),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            _, said = await child.communicate()
        finally:
            if child.returncode is None:  # cancelled while it wrote
                child.kill()
                await child.wait()
        if child.returncode:
            log.warning("The report was not written: %s", said.decode(errors="replace").strip())
        return child.returncode == 0


def is_due(path: Path, now: int) -> bool:
    """Tell whether the report at *path* is missing or of a UTC day before that of *now* (ms)."""
    try:
        written = int(path.stat().st_mtime * 1000)
    except OSError:
        return True
    return written // DAY_MS < now // DAY_MS
