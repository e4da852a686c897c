"""A demonstration history: the engine itself, run over a simulated past, with no page."""

import asyncio
import sys

from core.errors import ConfigError
from infra.settings import Settings
from runner.instance import only_engine
from runner.markets import choose_tape
from runner.past import play
from runner.wiring import Wired, wire
from utils.clock import Clock, SystemClock

MOST_DAYS = 3650


def make_demo(settings: Settings, days: int, clock: Clock | None = None) -> None:
    """Trade through the last *days* of a simulated market, into the account that has none yet.

    They end at what *clock* says, the machine's unless given.

    Raises:
        ConfigError: *days* makes no sense, an engine runs, or there is history already.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ConfigError(f"--demo must be from 1 to {MOST_DAYS} days, was {days}")
    own = settings.model_copy(
        update={"market": "sim", "replay": [], "warmup_days": days, "speed": 1.0}
    )
    clock = clock or SystemClock()
    with only_engine(settings.run_dir):
        wired = wire(own, choose_tape(own, clock.now()), clock, lambda _: None)
        try:
            _refuse_history(wired)
            with wired.engine.trader.council.patience.ticking():
                asyncio.run(_play(wired))
        finally:
            wired.close()
    trades = wired.engine.trader.tally.closed
    sys.stdout.write(f"{days} simulated days, {trades} closed trades. Now: make run\n")


def _refuse_history(wired: Wired) -> None:
    if wired.restarted:
        raise ConfigError(
            "this account has traded already: --reset-paper begins a new one at the next start, "
            "or name another folder with --data-dir"
        )


async def _play(wired: Wired) -> None:
    await play(wired.engine, wired.pulse, wired.course.until, wired.course.what)
    await wired.engine.turn("running")
    await wired.engine.settle_past()
    await wired.engine.close()
    await wired.pulse.write_state_file()
