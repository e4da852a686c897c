"""Which market the engine trades on, and how its time runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.market import DAY_MS, MINUTE_MS
from exchange.base import MarketFeed
from exchange.replay.feed import ReplayFeed
from exchange.simulated.feed import SimulatedFeed
from infra.settings import Settings
from utils.clock import Clock, ScaledClock, SystemClock

AUTO_NOTE: Final = "Connections to exchanges are not part of this version, so prices are simulated."


@dataclass(slots=True)
class Tape:
    """A feed and its pace. ``speed`` is engine seconds a real second, None when flat out."""

    feed: MarketFeed
    speed: float | None
    note: str = ""


@dataclass(slots=True)
class Course:
    """How this start goes: history up to ``until`` (None: to the end), then live on ``clock``."""

    clock: Clock
    until: int | None
    plays_past: bool
    plays_live: bool
    what: str


def choose_market(settings: Settings, now: int) -> Tape:
    """Return the market the settings ask for.

    Raises:
        ConfigError: the files to replay cannot be used.
    """
    speed = None if settings.speed == "max" else float(settings.speed)
    if settings.market_kind == "replay":
        feed = ReplayFeed(settings.replay, settings.funding, speed=speed, loop=settings.replay_loop)
        return Tape(feed, speed)
    note = AUTO_NOTE if settings.market == "auto" else ""
    start = now - now % MINUTE_MS - settings.warmup_days * DAY_MS
    simulated = SimulatedFeed(
        settings.seed, settings.symbols, start=start, tick_ms=settings.tick_ms, speed=speed
    )
    return Tape(simulated, speed, note)
