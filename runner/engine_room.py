"""How the machine and our processes are: gathered, kept, watched, and told to whom asks."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from core.errors import StoreError
from core.market import HOUR_MS
from infra.setting_groups import SystemSettings
from infra.settings import Settings
from infra.vitals.machine import Machine
from infra.vitals.processes import counters_of, our_processes, shown
from infra.vitals.record import sweep_vitals
from infra.vitals.sampler import SelfSampler, watch_loop
from runner.disk_outlook import DiskOutlook
from runner.engine import Engine
from runner.pipelines import BACKUPS, OUTBOX, SYSTEM, TRAINING, Run
from runner.sampled import Waiting, figures
from runner.servers import Servers
from runner.system_alarms import SystemAlarms
from store.database import Database
from store.pipelines import keep_pipelines, let_go_of_runs, pipelines
from store.system import let_go_of_samples
from utils.clock import Clock
from utils.finishing import finish

log: Final = logging.getLogger(__name__)

TITLE_OF_OUTBOX: Final = "Alerts to Telegram"
SWEEP_EVERY_MS: Final = HOUR_MS


class EngineRoom:
    """Samples every few seconds, on a thread; stores that once a minute.

    Promise: no commit of the ledger waits for it but for a transaction of milliseconds; whatever
    the system or the database refuses, trading goes on and the next sample is taken.

    Attributes:
        system: how often, how long, and of which processes; may be set anew at any time.
        now: the newest sample, empty before the first.
    """

    def __init__(
        self, settings: Settings, engine: Engine, database: Database, clock: Clock
    ) -> None:
        """Prepare; *clock* is the machine's."""
        self.system: SystemSettings = settings.system
        self.now: dict[str, Any] = {}
        self._run_dir: Path = settings.run_dir
        self._engine = engine
        self._database = database
        self._clock = clock
        self._sampler = SelfSampler("engine", settings.run_dir, clock)
        self._machine = Machine(settings.data_dir)
        self._servers = Servers(settings, database)
        self._waiting = Waiting(database)
        self._alarms = SystemAlarms()
        self._outlook = DiskOutlook(database, settings.data_dir)
        self._counts: dict[str, int] = {}
        self._sweep_at = 0
        self._heard: tuple[float, int] | None = None

    async def run(self) -> None:
        """Sample until cancelled."""
        await self._recall()
        watching = asyncio.create_task(watch_loop(self._sampler.lag))
        try:
            while True:
                with self._engine.pipelines.run(SYSTEM) as run:
                    run.rows = await self._once()
                self._engine.pipelines.due(SYSTEM, self.system.update_interval)
                await self._clock.sleep(self.system.update_interval)
        finally:
            watching.cancel()
            self._sampler.forget()
            self._servers.close()

    def answer(self, _args: Mapping[str, Any]) -> dict[str, Any]:
        """Return the newest sample, with pipelines and hops as they are at this moment."""
        return {**self.now, **self._moment()} if self.now else {}

    async def _once(self) -> int:
        """Take a sample, keep it, tell what is alarming; return how many figures it has."""
        gathered = await finish(asyncio.to_thread(self._gather))
        self._note_others(gathered["bot"])
        self.now = {**gathered, "feed": self._feed(), **self._moment()}
        found = list(figures(self.now))
        self._waiting.add(self.now["at"], found)
        if self._waiting.is_minute:
            await self._store()
        for said in self._alarms.look(self.now):
            await self._engine.alert(*said)
        return len(found)

    def _moment(self) -> dict[str, Any]:
        """Return what the engine itself knows, at no cost."""
        engine = self._engine
        return {
            "hops": engine.trip.hops(),
            "database": {
                "kind": "sqlite" if self._database.path else "postgresql",
                "commit_ms": engine.ledger.spread.figures(),
            },
            "pipelines": [msgspec.to_builtins(one) for one in engine.pipelines.listed()],
        }

    def _feed(self) -> dict[str, Any]:
        """Return how market data comes, with its messages a second since the last sample."""
        fresh, now_s = self._engine.freshness, self._engine.clock.monotonic()
        count = sum(fresh.counts.values())
        before, self._heard = self._heard, (now_s, count)
        rate = None
        if before is not None and now_s > before[0]:
            rate = round((count - before[1]) / (now_s - before[0]), 2)
        told = fresh.payload(self._engine.now())
        age_ms = None if fresh.seen_s is None else fresh.age_ms(now_s)
        return {"status": told["status"], "age_ms": age_ms, "rate_per_s": rate}

    def _gather(self) -> dict[str, Any]:
        """Sample the processes and the machine, on a thread."""
        now, period_s = self._clock.now(), self.system.update_interval
        self._sampler.tell()
        machine = self._machine.sample()
        processes = our_processes(self._run_dir, now, period_s)
        processes += self._servers.sample(now, self._clock.monotonic())
        web = counters_of(self._run_dir, "web", now, period_s) or {}
        return {
            "at": now,
            "period_s": period_s,
            "machine": {**machine, **self._outlook.look(machine["disk_free"], now)},
            "processes": shown(processes, self.system.process_filter),
            "web": web,
            "bot": counters_of(self._run_dir, "bot", now, period_s),
            "stream": web.get("stream", {}),
        }

    def _note_others(self, bot: Mapping[str, Any] | None) -> None:
        """Take note of work that others do, or that goes on all the time."""
        engine, known = self._engine, self._engine.pipelines
        now_s = engine.clock.monotonic()
        for symbol, count in engine.freshness.counts.items():
            name = f"feed:{symbol}"
            feed = known.add(name, f"Market data of {symbol}", is_summed=True)
            feed.lag_ms = engine.freshness.symbol_age_ms(now_s, symbol)
            stale = engine.freshness.stale and not engine.freshness.ended
            self._note_count(name, count, "Market data is too old." if stale else "")
        backup_at = self._outlook.backup_at
        if backup_at not in {None, known.known[BACKUPS].last_run_at}:
            known.note(BACKUPS, Run(rows=1), at=backup_at)
        if bot is not None:
            letters = known.add("outbox", "Alerts to Telegram", is_summed=True)
            letters.lag_ms = _number(bot.get("outbox_lag_ms"))
            self._note_count(
                "outbox", int(_number(bot.get("sent")) or 0), str(bot.get("error", ""))
            )

    def _note_count(self, name: str, count: int, error: str) -> None:
        """Take note of what a count of *name* grew by since the last look."""
        before = self._counts.get(name, 0)
        self._counts[name] = count
        grown = count - before if count >= before else count
        if grown or error:
            self._engine.pipelines.note(name, Run(grown, error))

    async def _store(self) -> None:
        """Store what waits, and let go of what is old."""
        known, now = self._engine.pipelines, self._clock.now()
        runs = known.take_runs()
        try:
            await asyncio.to_thread(self._waiting.store)
            await asyncio.to_thread(keep_pipelines, self._database, known.listed(), runs)
            if now - self._sweep_at >= SWEEP_EVERY_MS:
                self._sweep_at = now
                await asyncio.to_thread(self._sweep, now, list(known.known))
        except StoreError as error:
            log.debug("What was sampled is stored later: %s", error)
            known.put_back(runs)

    def _sweep(self, now: int, names: Sequence[str]) -> None:
        days = self.system.metrics_retention
        let_go_of_samples(self._database, now, days)
        if days:
            let_go_of_runs(self._database, names, now - days * 24 * HOUR_MS)
        sweep_vitals(self._run_dir, now)

    async def _recall(self) -> None:
        known = self._engine.pipelines
        known.add(SYSTEM, "System figures", is_summed=True)
        known.add(BACKUPS, "Database backups")
        known.add(OUTBOX, TITLE_OF_OUTBOX, off="No bot was seen on this machine.")
        if TRAINING not in known.known:
            known.add(TRAINING, "Predictor training", off="The strategy gru does not trade.")
        try:
            stored = await asyncio.to_thread(pipelines, self._database)
        except StoreError as error:
            log.debug("What pipelines did before this start is not known: %s", error)
            return
        known.recall(stored)


def _number(value: object) -> float | None:
    """Return what another process told as a number, None when it is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]
