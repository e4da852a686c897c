"""The bot's copy of what the engine says: the fold of its events, and how old that is."""

import json
import logging
from contextlib import aclosing
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from core.dashboard import State, apply
from core.errors import BusError
from core.stream import EventId, Frame, read_sse_frame
from infra.bus.base import AsyncBusSubscriber, Delivery, Pulse, Welcome, Whole
from infra.state_file import SnapshotData, read_snapshot, read_state_file
from telegram_bot.changes import Changes
from utils.backoff import Backoff
from utils.clock import Clock

BASE_S: Final = 0.2
CAP_S: Final = 2.0

log = logging.getLogger(__name__)


class Snapshot(msgspec.Struct, frozen=True):
    """The newest whole state, with its age.

    Attributes:
        state: sections by name, as `core.dashboard.apply` folds them and not to be changed;
            None if nothing was ever heard.
        at: engine clock, ms, of the newest event.
        is_up: whether the engine is connected; else this is the last that was heard.
        age_ms: time since the engine's last sign of life, None if there was none.
    """

    state: State | None
    at: int | None
    is_up: bool
    age_ms: int | None

    @property
    def badge(self) -> str:
        """Return what kind of money it is, SIMULATED, LIVE and so on; empty if not known."""
        engine = (self.state or {}).get("engine") or {}
        return str(engine.get("badge", ""))


class Follower:
    """Folds the engine's events for as long as it runs.

    Promise: it reconnects by itself for ever, and misses no fact that the engine's ring still
    holds; while the engine is away the last state stays, at first that of the state file.
    """

    def __init__(self, subscriber: AsyncBusSubscriber, state_file: Path, clock: Clock) -> None:
        self.changed = Changes()
        self._subscriber = subscriber
        self._state_file = state_file
        self._clock = clock
        self._backoff = Backoff(BASE_S, CAP_S, Random())  # noqa: S311 - jitter
        self._state: State | None = None
        self._at: int | None = None
        self._place: EventId | None = None
        self._has_followed = False
        self._is_up = False
        self._was_told = False
        self._heard_s: float | None = None

    def snapshot(self) -> Snapshot:
        """Return the newest whole state, with its age."""
        age_ms = None
        if self._heard_s is not None:
            age_ms = max(0, int((self._clock.monotonic() - self._heard_s) * 1000))
        return Snapshot(self._state, self._at, self._is_up, age_ms)

    async def run(self) -> None:
        """Follow until cancelled."""
        self._recall()
        while True:
            try:
                await self._follow()
            except BusError as error:
                self._lose(str(error))
            except Exception:
                log.exception("Following the engine failed")
                self._has_followed = False
                self._lose("an unexpected error")
            await self._clock.sleep(self._backoff.next())

    async def _follow(self) -> None:
        resume = self._place if self._has_followed else None
        async with aclosing(self._subscriber.deliveries(resume)) as batches:
            async for batch in batches:
                try:
                    for delivery in batch:
                        self._take(delivery)
                except BusError:
                    self._has_followed = False  # whatever broke, only a fresh start mends it
                    raise
                self._heard_s = self._clock.monotonic()
                self.changed.tell()

    def _take(self, delivery: Delivery) -> None:
        match delivery:
            case Frame():
                self._fold(delivery)
            case Welcome(resumed=True):
                self._gain("resumed")
            case Whole():
                self._begin(delivery.data)
                self._gain("began")
            case Pulse(at=at) if at is not None:
                self._at = max(at, self._at or 0)
            case _:
                pass

    def _begin(self, data: bytes) -> None:
        """Take the whole state with which a subscription begins.

        Raises:
            BusError: it is not a snapshot of the version this process knows.
        """
        whole = read_snapshot(data)
        self._set(whole)
        self._has_followed = True

    def _fold(self, frame: Frame) -> None:
        """Fold a frame, unless the state holds it already.

        Raises:
            BusError: it cannot be folded.
        """
        if self._place is None or self._state is None:
            raise BusError("a subscription must begin with a welcome")
        if frame.seq <= self._place.seq:
            return
        try:
            event_type, text = read_sse_frame(frame.frame)
            data = json.loads(text)
            self._state = apply(self._state, event_type, data)
            self._at = data["at"]
        except (ValueError, KeyError, TypeError) as error:
            raise BusError(f"frame {frame.seq} of the engine cannot be folded: {error}") from error
        self._place = EventId(self._place.epoch, frame.seq)

    def _set(self, whole: SnapshotData) -> None:
        self._place = EventId(whole.epoch, whole.seq)
        self._state = whole.state
        self._at = whole.at

    def _gain(self, how: str) -> None:
        self._is_up = self._was_told = True
        self._backoff.reset()
        log.info("Following the engine: %s at %s", how, self._place)

    def _lose(self, why: str) -> None:
        if self._is_up or not self._was_told:
            log.warning("The engine is away: %s", why)
        self._was_told = True
        if self._is_up:
            self._is_up = False
            self.changed.tell()

    def _recall(self) -> None:
        """Take the state on disk."""
        found = read_state_file(self._state_file)
        if found is not None:
            whole, written_at = found
            self._set(whole)
            age_s = max(0, self._clock.now() - written_at) / 1000
            self._heard_s = self._clock.monotonic() - age_s
