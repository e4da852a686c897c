"""What the engine does on the beat: flush states, watch the feed, write the file, check itself."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final

from core.errors import LedgerError, StoreError
from runner.calm import Calm
from runner.engine import Engine
from runner.ledger_check import LedgerCheck
from runner.state_file import StateFile
from utils.finishing import finish

log: Final = logging.getLogger(__name__)

STATE_FILE_S: Final = 1.0
WATCH_S: Final = 1.0
LEDGER_CHECK_S: Final = 60.0


@dataclass(slots=True)
class Pulse:
    """The engine's housekeeping, in real seconds whatever the market's speed.

    Promise: a state file or a check that fails raises one alert and stops nothing.
    """

    engine: Engine
    state_file: StateFile
    ledger_check: LedgerCheck
    beat_s: float
    _file_failed: bool = False
    _calm: Calm = field(default_factory=Calm)

    async def run(self) -> None:
        """Beat until cancelled."""
        next_file = next_check = next_watch = 0.0
        while True:
            await asyncio.sleep(self.beat_s)  # noqa: TID251 - the machine's time, not the market's
            now_s = self.engine.clock.monotonic()
            await self.watch_feed(now_s)
            await self.engine.flush()
            if now_s >= next_watch:
                next_watch = now_s + WATCH_S
                await self.engine.watch()
            if now_s >= next_file:
                next_file = now_s + STATE_FILE_S
                await self.write_state_file()
            if now_s >= next_check:
                next_check = now_s + LEDGER_CHECK_S
                await self.check_ledger()

    async def watch_feed(self, now_s: float) -> None:
        """Tell once when market data becomes too old, and once when it is back to stay."""
        engine = self.engine
        if engine.freshness.turned(now_s):
            engine.telling.touch_all()
            await engine.flush()
        if not self._calm.turned(now_s, is_so=engine.freshness.stale):
            return
        if engine.freshness.stale:
            age_s = engine.freshness.age_ms(now_s) // 1000
            detail = "New entries are stopped. Stops still stand."
            await engine.alert("warn", "feed_stale", f"Prices are {age_s}s old", detail)
        else:
            await engine.alert("info", "feed_back", "Prices are live again")

    async def write_state_file(self) -> None:
        """Bring the state file up to date; a disk that refuses raises one alert."""
        publisher = self.engine.publisher
        if self.state_file.written_seq == publisher.seq:
            return
        seq, snapshot = publisher.seq, publisher.snapshot()
        try:
            await finish(asyncio.to_thread(self.state_file.write, seq, snapshot))
        except OSError as error:
            if not self._file_failed:
                self._file_failed = True
                title = f"{self.state_file.path.name} cannot be written"
                detail = f"{error.strerror}. Trading and the ledger go on."
                await self.engine.alert("error", "state_file", title, detail)
        else:
            self._file_failed = False

    async def check_ledger(self) -> None:
        """Compare the journal's fold with what is in memory; a difference is one alert."""
        difference = ""
        try:
            await finish(asyncio.to_thread(self.ledger_check.catch_up))
            async with self.engine.lock:
                await self.engine.ledger.run(self.ledger_check.run)
        except StoreError as error:
            log.warning("The ledger was not checked: %s", error)
        except LedgerError as error:
            difference = str(error)
        if difference and not self.ledger_check.told:
            self.ledger_check.told = True
            title = "Ledger and memory differ"
            await self.engine.alert("error", "ledger_mismatch", title, difference)
