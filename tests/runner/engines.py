"""Real engines for tests: a real database in a temporary folder, time set by hand."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.dashboard import apply, empty_state
from core.stream import Frame, read_sse_frame
from infra.settings import Settings
from runner.engine import Engine
from runner.markets import choose_tape
from runner.past import play
from runner.wiring import Wired, wire
from utils.clock import SetClock

NOW = 1_790_000_040_000  # a whole minute
HOUR_MS = 3_600_000
TICK_MS = 15_000  # seldom enough to be quick


@dataclass
class Listener:
    """Takes frames as a reader would, and keeps what it heard."""

    state: dict[str, Any] = field(default_factory=empty_state)
    heard: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)

    def take(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            kind, data = read_sse_frame(frame.frame)
            body = json.loads(data)
            self.state = apply(self.state, kind, body)
            self.heard.append((frame.seq, kind, body))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [body for _, heard, body in self.heard if heard == kind]


def settings(folder: Path, **changes: Any) -> Settings:
    """Return settings of a simulated market with one day of past, in *folder*."""
    given: dict[str, Any] = {"market": "sim", "warmup_days": 1, "tick_ms": TICK_MS}
    return Settings(data_dir=folder, **given | changes)


def open_engine(wanted: Settings, listener: Listener | None = None, now: int = NOW) -> Wired:
    """Wire an engine whose wall clock reads *now*."""
    wanted.data_dir.mkdir(parents=True, exist_ok=True)
    send = (listener or Listener()).take
    return wire(wanted, choose_tape(wanted, now), SetClock(now), send)


async def warm(wired: Wired) -> Engine:
    """Play what is past, quietly."""
    engine = wired.engine
    if wired.course.plays_past:
        await play(engine, wired.pulse, wired.course.until, "Playing the past")
    return engine


async def follow(engine: Engine, until: int) -> None:
    """Trade live on a clock that jumps to each step, up to *until* (ms)."""
    await engine.turn("running")
    async for step in engine.feed.live(engine.clock):
        await engine.on_step(step)
        await engine.flush()
        if step.at >= until:
            return


def play_on(wired: Wired, hours: int) -> None:
    """Play the past, some live hours and the end."""

    async def run() -> None:
        engine = await warm(wired)
        await follow(engine, engine.now() + hours * HOUR_MS)
        await engine.close()
        await wired.pulse.write_state_file()

    asyncio.run(run())


def played(folder: Path, hours: int, **changes: Any) -> tuple[Listener, Wired]:
    """Play a day of past and some live hours; return what was heard and the engine."""
    listener = Listener()
    wired = open_engine(settings(folder, **changes), listener)
    play_on(wired, hours)
    return listener, wired
