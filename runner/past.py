"""Playing history flat out: the same trading, committed in large batches, told in snapshots."""

import asyncio
import logging
import sys
from typing import Final

from runner.engine import Engine
from runner.pulse import Pulse
from utils.clock import Clock, SetClock

log: Final = logging.getLogger(__name__)

CHUNK_STEPS: Final = 300
TOLD_EVERY_S: Final = 1.0
BAR_WIDTH: Final = 30
LINE_WIDTH: Final = 78


class Progress:
    """Says how far the history is: a bar in place on a terminal, a line each tenth otherwise."""

    def __init__(self, what: str, clock: Clock) -> None:
        self._what = what
        self._clock = clock
        self._began_s = clock.monotonic()
        self._told = -1
        self._tty = sys.stderr.isatty()

    def say(self, share: float) -> None:
        """Say that *share* (0 to 1) is done, and about how long the rest takes."""
        percent = min(100, int(share * 100))
        if percent == self._told or (not self._tty and percent // 10 == self._told // 10):
            return
        self._told = percent
        if not self._tty:
            sys.stderr.write(f"{self._what}: {percent} %\n")
        else:
            done = "█" * (BAR_WIDTH * percent // 100)
            end = "\n" if share >= 1 else ""
            rest = self._rest(share)
            line = f"{self._what} {done:░<{BAR_WIDTH}} {percent:3d} %{rest}"
            sys.stderr.write(f"\r{line:<{LINE_WIDTH}}{end}")
        sys.stderr.flush()

    def _rest(self, share: float) -> str:
        spent_s = self._clock.monotonic() - self._began_s
        if share <= 0 or share >= 1 or spent_s < TOLD_EVERY_S:
            return ""
        left_s = int(spent_s * (1 - share) / share)
        return f"  {left_s // 60}:{left_s % 60:02d} left"


async def play(
    engine: Engine, pulse: Pulse, until: int | None, what: str, *, is_news: bool = False
) -> int:
    """Run *engine* over its feed's past up to *until* (ms) or the tape's end; return the steps.

    With *is_news* people hear of what happens in it: it is what was missed, not a history.

    Commits every `CHUNK_STEPS` steps, so a kill costs at most the last chunk, which is then
    played again. Readers get the whole state about once a second.
    """
    clock, past_clock = engine.publisher.clock, SetClock(engine.feed.next_at)
    engine.publisher.clock = past_clock
    engine.publisher.quiet = engine.trader.record.quiet = True
    engine.trader.record.is_news = is_news
    progress = Progress(what, engine.clock)
    try:
        steps = await _play(engine, pulse, until, past_clock, progress)
    finally:
        clock.not_before(past_clock.at)
        engine.publisher.clock = clock
        engine.publisher.quiet = engine.trader.record.quiet = False
        engine.trader.record.is_news = False
        engine.publisher.send_snapshot()
    await _tell(engine, pulse, 1.0 if steps else None, progress)
    return steps


async def _play(
    engine: Engine, pulse: Pulse, until: int | None, clock: SetClock, progress: Progress
) -> int:
    began, steps, told_s = engine.feed.next_at, 0, engine.clock.monotonic()
    try:
        for step in engine.feed.past(until):
            clock.at = step.at
            engine.take(step)
            steps += 1
            if steps % CHUNK_STEPS:
                continue
            await engine.settle_past()
            await asyncio.sleep(0)  # noqa: TID251 - lets the bus and signals have their turn
            if engine.clock.monotonic() - told_s >= TOLD_EVERY_S:
                told_s = engine.clock.monotonic()
                share = engine.feed.progress()
                if share is None and until is not None:
                    share = (step.at - began) / (until - began)
                await _tell(engine, pulse, share, progress)
    finally:
        await engine.settle_past()  # also when the tape breaks off
    return steps


async def _tell(engine: Engine, pulse: Pulse, share: float | None, progress: Progress) -> None:
    if share is not None:
        engine.status.progress_pct = round(100 * share, 1)
        progress.say(share)
    await engine.tell_whole()
    await pulse.write_state_file()
