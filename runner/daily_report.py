"""The report, written once a UTC day by a process of its own."""

import asyncio
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.market import DAY_MS
from infra.settings import ROOT, Settings, child_environment
from runner.pipelines import REPORT, Pipelines
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

LOOKED_EVERY_S: Final = 60.0
DAY_S: Final = DAY_MS / 1000
AGAIN_AFTER_S: Final = 3600.0


@dataclass(slots=True)
class DailyReport:
    """Looks every minute whether today has its report, and has it written.

    Promise: a report that cannot be written is logged, tried again an hour later, and disturbs
    nothing.
    """

    settings: Settings
    clock: Clock
    pipelines: Pipelines

    async def run(self) -> None:
        """Write reports until cancelled."""
        self.pipelines.add(REPORT, "Daily report", DAY_S)
        while True:
            await self.clock.sleep(LOOKED_EVERY_S)
            wanted = self.settings.daily_report and self._is_due()
            if wanted and not await self.write():
                await self.clock.sleep(AGAIN_AFTER_S)

    def _is_due(self) -> bool:
        return is_due(self.settings.report_path, self.clock.now())

    async def write(self) -> bool:
        """Write the report now; return whether it worked."""
        with self.pipelines.run(REPORT) as run:
            run.error = await self._write()
        return not run.error

    async def _write(self) -> str:
        """Write the report now; return why that did not work."""
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
        if not child.returncode:
            return ""
        why = said.decode(errors="replace").strip()
        log.warning("The report was not written: %s", why)
        return f"The report was not written: {why.splitlines()[-1] if why else child.returncode}"


def is_due(path: Path, now: int) -> bool:
    """Tell whether the report at *path* is missing or of a UTC day before that of *now* (ms)."""
    try:
        written = int(path.stat().st_mtime * 1000)
    except OSError:
        return True
    return written // DAY_MS < now // DAY_MS
