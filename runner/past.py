"""Playing history flat out: the same trading, committed in large batches, told in snapshots."""

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import Final

from runner.engine import Engine
from utils.clock import SetClock

log: Final = logging.getLogger(__name__)

CHUNK_STEPS: Final = 300
TOLD_EVERY_S: Final = 1.0


class Progress:
    """Says how far the history is: in place on a terminal, a line each tenth otherwise."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._told = -1
        self._tty = sys.stderr.isatty()

    def say(self, share: float) -> None:
        """Say that *share* (0 to 1) is done."""
        percent = min(100, int(share * 100))
        if percent == self._told or (not self._tty and percent // 10 == self._told // 10):
            return
        self._told = percent
        end = "\n" if not self._tty or percent == 100 else ""
        start = "\r" if self._tty else ""
        sys.stderr.write(f"{start}{self._what}: {percent} %{end}")
        sys.stderr.flush()


async def play(
    engine: Engine, until: int | None, what: str, stop: Callable[[], bool] = lambda: False
) -> int:
    """Run *engine* over its feed's past up to *until* (ms) or the tape's end; return the steps.

    Commits every `CHUNK_STEPS` steps, so a kill costs at most the last chunk, which is then
    played again. Readers get the whole state about once a second.
    """
    trader, publisher = engine.trader, engine.publisher
    clock = publisher.clock
    past_clock = SetClock()
    publisher.clock = past_clock
    publisher.quiet = trader.record.quiet = True
    progress, started, steps = Progress(what), None, 0
    told_s = engine.clock.monotonic()
    for step in engine.feed.past(until):
        started = step.at if started is None else started
        past_clock.at = step.at
        trader.on_step(step)
        steps += 1
        if steps % CHUNK_STEPS:
            continue
        await engine.settle_past()
        now_s = engine.clock.monotonic()
        if now_s - told_s >= TOLD_EVERY_S:
            told_s = now_s
            share = engine.feed.progress()
            if share is None:
                share = (step.at - started) / max(1, (until or step.at) - started)
            engine.status.progress_pct = round(100 * share, 1)
            progress.say(share)
            await engine.tell_whole()
        if stop():
            break
        await asyncio.sleep(0)  # noqa: TID251 - lets the bus and signals have their turn
    await engine.settle_past()
    if steps:
        progress.say(1.0)
    publisher.clock = clock
    publisher.quiet = trader.record.quiet = False
    await engine.tell_whole()
    return steps
