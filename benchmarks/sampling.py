"""What it costs to sample the machine and our processes: CPU time of the second minute.

Each process that samples runs alone with its sampler and nothing else, so that all the CPU time it
takes is the sampling's: reading the system, the timers that measure the loops' lag, the files, and
the engine's transactions. None of them trades, serves or sends.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.deck import ROOT
from benchmarks.report import Result

WARM_S: Final = 70.0  # until the first minute was stored and old ones looked for
LASTS_S: Final = 60.0
MOST_PCT: Final = 1.0
PROCESSES: Final = ("engine", "web", "bot", "launcher")


def run() -> list[Result]:
    """Measure."""
    with TemporaryDirectory(prefix="qd") as folder:
        command = [sys.executable, "-m", "benchmarks.sampling", folder]
        children = {
            name: subprocess.Popen([*command, name], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            for name in PROCESSES
        }
        shares = {
            name: float(json.loads(child.communicate()[0])) for name, child in children.items()
        }
    note = f"process CPU time over {LASTS_S:.0f} s, a sample each 5 s"
    return [
        *(Result(f"sampling, {name}", share, "% of a core") for name, share in shares.items()),
        Result("sampling, all", sum(shares.values()), "% of a core", at_most=MOST_PCT, note=note),
    ]


def _measured(begin: Callable[[], None]) -> float:
    """Return the CPU time of this process over `LASTS_S` of what *begin* sets going, in %."""
    begin()
    time.sleep(WARM_S)  # of gevent where that is patched in
    cpu_s, began_s = time.process_time(), time.monotonic()
    time.sleep(LASTS_S)
    return 100 * (time.process_time() - cpu_s) / (time.monotonic() - began_s)


def _web(folder: Path) -> float:
    from gevent import monkey  # noqa: PLC0415 - in the process of the web alone

    monkey.patch_all()
    from infra.bus.unix_client import UnixCommands, UnixSubscriber  # noqa: PLC0415 - after it
    from infra.settings import Settings  # noqa: PLC0415
    from telegram_webapp.hub import Hub  # noqa: PLC0415
    from telegram_webapp.link import EngineLink  # noqa: PLC0415
    from telegram_webapp.meter import Meter  # noqa: PLC0415
    from telegram_webapp.mirror import Mirror  # noqa: PLC0415
    from telegram_webapp.vitals import WebVitals  # noqa: PLC0415
    from utils.backoff import Backoff  # noqa: PLC0415
    from utils.clock import SystemClock  # noqa: PLC0415

    settings, clock = Settings(data_dir=folder), SystemClock()
    mirror = Mirror(clock)
    hub = Hub(mirror, lambda _: True, max_streams=1, streams_per_client=1)
    link = EngineLink(
        mirror, hub, UnixSubscriber(settings.socket_path), UnixCommands(settings.socket_path),
        state_file=settings.state_path, delays=Backoff(1, 1, Random(1)),  # noqa: S311 - jitter
    )  # fmt: skip
    return _measured(WebVitals(lambda: settings, link, Meter(), clock).start)


async def _in_a_loop(work: "asyncio.Task[None]") -> float:
    await asyncio.sleep(WARM_S)
    cpu_s, began_s = time.process_time(), time.monotonic()
    await asyncio.sleep(LASTS_S)
    share = 100 * (time.process_time() - cpu_s) / (time.monotonic() - began_s)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    return share


async def _engine(folder: Path) -> float:
    from infra.settings import Settings  # noqa: PLC0415 - not in the process of the web
    from runner.engine_room import EngineRoom  # noqa: PLC0415
    from runner.markets import choose_tape  # noqa: PLC0415
    from runner.wiring import wire  # noqa: PLC0415
    from utils.clock import SystemClock  # noqa: PLC0415

    settings, clock = Settings(data_dir=folder, market="sim", warmup_days=0), SystemClock()
    wired = wire(settings, choose_tape(settings, clock.now()), clock, lambda _: None)
    room = EngineRoom(settings, wired.engine, wired.database, clock)
    share = await _in_a_loop(asyncio.create_task(room.run()))
    wired.close()
    return share


async def _other(folder: Path, name: str) -> float:
    from infra.vitals.sampler import SelfSampler, keep_telling  # noqa: PLC0415 - as above
    from utils.clock import SystemClock  # noqa: PLC0415

    sampler = SelfSampler(name, folder / "run", SystemClock())
    return await _in_a_loop(
        asyncio.create_task(keep_telling(sampler, lambda: 5, with_lag=name == "bot"))
    )


def _alone(folder: Path, name: str) -> float:
    if name == "web":
        return _web(folder)
    return asyncio.run(_engine(folder) if name == "engine" else _other(folder, name))


if __name__ == "__main__":
    print(json.dumps(_alone(Path(sys.argv[1]), sys.argv[2])))
    sys.stdout.flush()
