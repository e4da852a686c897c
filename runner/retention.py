"""Lets go of old history beside trading, on the ledger's thread, one short step between commits."""

import logging
from dataclasses import dataclass
from typing import Final

from core.errors import StoreError
from infra.setting_groups import RetentionSettings
from runner.engine import Engine
from runner.pipelines import RETENTION
from store.database import Database
from store.retention import Limits, Sweep
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

FIRST_AFTER_S: Final = 60.0
DAILY_S: Final = 86_400.0
AGAIN_AFTER_S: Final = 3600.0
# the engine's commits go first: a sweep of years may take its time
PAUSE_S: Final = 0.05


@dataclass(slots=True)
class Retention:
    """Sweeps a minute after the start and then once a day.

    Promise: a sweep that the database refuses is logged and begun again an hour later; no commit
    waits for more than one step.
    """

    engine: Engine
    database: Database
    settings: RetentionSettings
    clock: Clock

    async def run(self) -> None:
        """Sweep until cancelled."""
        self.engine.pipelines.add(RETENTION, "Retention", DAILY_S)
        self.engine.pipelines.due(RETENTION, FIRST_AFTER_S)
        await self.clock.sleep(FIRST_AFTER_S)
        while True:
            worked = await self.sweep()
            pause_s = DAILY_S if worked else AGAIN_AFTER_S
            self.engine.pipelines.due(RETENTION, pause_s)
            await self.clock.sleep(pause_s)

    async def sweep(self) -> bool:
        """Go through everything once; return whether that worked."""
        sweep = Sweep(self.database, Limits(**dict(self.settings)))
        with self.engine.pipelines.run(RETENTION) as run:
            try:
                while not sweep.done:
                    await self.engine.ledger.run(sweep.step)
                    await self.clock.sleep(PAUSE_S)
            except StoreError as error:
                log.warning("Old history was not removed, to be tried again: %s", error)
                run.error = str(error)
                return False
            run.rows = sweep.removed.total()
        if sweep.removed:
            gone = ", ".join(f"{count} of {name}" for name, count in sorted(sweep.removed.items()))
            log.info("Removed old history: %s", gone)
        return True
