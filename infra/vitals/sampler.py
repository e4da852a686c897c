"""Samples the process it runs in, and how late its loop is."""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psutil

from infra.vitals.record import Lag, Vitals, forget_vitals, write_vitals
from utils.clock import Clock
from utils.finishing import finish
from utils.spread import Spread

LAG_EVERY_S: Final = 0.5  # each wakes a process that may have nothing else to do

log: Final = logging.getLogger(__name__)


class SelfSampler:
    """This process, as the system and its own loop tell.

    Promise: what the system refuses to tell is None; a disk that refuses is logged once.
    """

    def __init__(
        self,
        name: str,
        run_dir: Path,
        clock: Clock,
        counters: Callable[[], dict[str, Any]] | None = None,
    ) -> None:
        """Prepare to tell of *name*; *counters* are its own, asked for at each sample."""
        self.name = name
        self.lag = Spread()
        self.newest: Vitals | None = None
        self._run_dir = run_dir
        self._clock = clock
        self._counters = counters or dict
        self._process = psutil.Process()
        self._was_refused = False
        self._process.cpu_percent(None)  # the first one only begins to measure

    def sample(self) -> Vitals:
        """Return how this process is now; CPU since the last sample."""
        process = self._process
        with process.oneshot():
            cpu_pct, rss = process.cpu_percent(None), process.memory_info().rss
            started_at = int(process.create_time() * 1000)
            threads = process.num_threads()
        lag = self.lag.figures()
        self.newest = Vitals(
            name=self.name, pid=os.getpid(), at=self._clock.now(), started_at=started_at,
            cpu_pct=cpu_pct, rss_bytes=rss, open_files=_open_files(process),
            threads=threads, lag=None if lag is None else Lag(*list(lag.values())[:4]),
            counters=self._counters(),
        )  # fmt: skip
        return self.newest

    def tell(self) -> Vitals:
        """Sample, and write that where the others read it."""
        vitals = self.sample()
        try:
            write_vitals(self._run_dir, vitals)
            self._was_refused = False
        except OSError as error:
            if not self._was_refused:
                log.warning("How this process is cannot be written: %s", error)
            self._was_refused = True
        return vitals

    def forget(self) -> None:
        """Remove the file: this process ends in order."""
        forget_vitals(self._run_dir, self.name, os.getpid())


async def watch_loop(lag: Spread, every_s: float = LAG_EVERY_S) -> None:
    """Measure how late this event loop wakes us, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every_s
        await asyncio.sleep(every_s)  # noqa: TID251 - the machine's time, not the market's
        lag.add((loop.time() - due) * 1000)


async def keep_telling(
    sampler: SelfSampler, period_s: Callable[[], float], *, with_lag: bool = True
) -> None:
    """Tell of this process until cancelled; every period is asked for anew."""
    watching = [asyncio.create_task(watch_loop(sampler.lag))] if with_lag else []
    try:
        while True:
            await finish(asyncio.to_thread(sampler.tell))  # else it would write after `forget`
            await asyncio.sleep(period_s())  # noqa: TID251 - as above
    finally:
        for task in watching:
            task.cancel()
        sampler.forget()


def _open_files(process: psutil.Process) -> int | None:
    try:
        return int(process.num_fds())
    except (psutil.Error, OSError):
        return None
