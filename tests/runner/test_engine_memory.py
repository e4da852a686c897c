"""An engine does not grow with what it has seen."""

import asyncio
import gc
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest
from typing_extensions import override

from core.market import DAY_MS
from core.stream import Frame
from runner.past import play
from runner.wiring import Wired
from tests.runner.engines import Listener, open_engine, settings
from utils.clock import SetClock

MOST_GROWTH = 2_000  # objects; a trade makes some thirty
LIVE_STEPS = 150


class Deaf(Listener):
    """Remembers nothing."""

    @override
    def take(self, frames: Sequence[Frame]) -> None:
        pass


@pytest.mark.usefixtures("own_strategies")
def test_an_accelerated_week_does_not_grow_the_memory(tmp_path: Path) -> None:
    wanted = settings(
        tmp_path, warmup_days=0, strategies=["churn"], symbols=["BTC/USDT"],
        risk={"risk_per_trade_pct": "0.01", "daily_loss_pct": 100},
    )  # fmt: skip
    wired = open_engine(wanted, Deaf())
    sizes: list[int] = []

    async def run() -> None:
        for days in (2, 2, 3):
            await play_days(wired, days)
            await live(wired)
            sizes.append(objects(wired))

    asyncio.run(run())

    assert wired.engine.trader.tally.closed > 1000
    assert sizes[2] - sizes[1] < MOST_GROWTH, f"{sizes} objects after two, four and seven days"
    wired.close()


def objects(wired: Wired) -> int:
    wired.engine.publisher.send_snapshot()  # empties the ring, which has a bound of its own
    gc.collect()
    return sys.getallocatedblocks()


async def play_days(wired: Wired, days: int) -> None:
    until = wired.engine.feed.next_at + days * DAY_MS
    await play(wired.engine, wired.pulse, until, "Playing")
    await wired.pulse.check_ledger()


async def live(wired: Wired) -> None:
    """Trade step by step on bars, telling all, with the housekeeping of a beat."""
    engine = wired.engine
    engine.publisher.clock = SetClock()
    await engine.turn("running")
    for step in islice(engine.feed.past(None), LIVE_STEPS):
        await engine.on_step(step)
        await engine.flush()
    await wired.pulse.write_state_file()
