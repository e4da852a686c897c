"""Which market the engine trades on, and how its time runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.market import DAY_MS, MINUTE_MS
from exchange.base import MarketFeed
from exchange.replay.choice import is_replay, replay_feed
from exchange.simulated.feed import SimulatedFeed
from infra.settings import Settings
from runner.exchange_wiring import Outpost
from utils.clock import Clock, ScaledClock


@dataclass(slots=True)
class Tape:
    """A feed and its pace: ``speed`` is engine seconds a real second, None when flat out.

    ``clock`` is the market's own where it has one; ``outpost`` is our side of the exchange that it
    is on, or that it stands in for.
    """

    feed: MarketFeed
    speed: float | None
    note: str = ""
    clock: Clock | None = None
    outpost: Outpost | None = None


@dataclass(slots=True)
class Course:
    """How this start goes: history before ``until`` (None: to the end), then live on ``clock``.

    Either part may be missing; ``what`` names the history for a person who waits.
    """

    clock: Clock
    until: int | None
    plays_past: bool
    plays_live: bool
    what: str


def choose_tape(settings: Settings, now: int) -> Tape:
    """Return the market the settings ask for, the simulator where that may be an exchange.

    Raises:
        ConfigError: the files to replay cannot be used.
    """
    speed = None if settings.speed == "max" else float(settings.speed)
    if settings.market_kind == "replay":
        feed = replay_feed(
            settings.replay, settings.funding, speed=speed, loop=settings.replay_loop
        )
        return Tape(feed, speed)
    start = now - now % MINUTE_MS - settings.warmup_days * DAY_MS
    simulated = SimulatedFeed(
        settings.seed, settings.symbols, start=start, tick_ms=settings.tick_ms, speed=speed
    )
    return Tape(simulated, speed)


def set_course(
    tape: Tape, saved: Mapping[str, Any] | None, settings: Settings, clock: Clock
) -> Course:
    """Put the feed where the last commit left it and say how to go on from there.

    Engine time never goes back: when the machine's clock was set back, it goes on from the last
    stored time.
    """
    last_at = saved["at"] if saved else 0
    flat_out = tape.speed is None
    if is_replay(tape.feed):
        tape.feed.resume(saved["feed"] if saved else None, last_at)
        tape_clock = ScaledClock(clock, max(tape.feed.next_at, last_at), tape.speed or 1.0)
        return Course(tape_clock, None, flat_out, not flat_out, "Playing the tape")
    clock = tape.clock or clock
    clock.not_before(last_at)
    now = clock.now()
    if tape.feed.kind == "exchange":
        tape.feed.resume(saved["feed"] if saved else None, last_at)
        return Course(clock, None, plays_past=True, plays_live=True, what="Fetching history")
    unfinished = saved is None or bool(saved["warming_up"])
    if saved is not None:
        tape.feed.resume(saved["feed"], saved["next_at"] if unfinished else now)
    if flat_out:
        return Course(clock, None, plays_past=True, plays_live=False, what="Simulating")
    if tape.speed != 1.0:
        clock = ScaledClock(clock, now, tape.speed or 1.0)
    what = f"Playing the last {settings.warmup_days} days"
    return Course(clock, now, unfinished, plays_live=True, what=what)
