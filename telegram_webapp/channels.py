"""Streams of one rate: the live one is told every event, a thin one now and then what changed."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from core.changes import CHANGES, Event, changes
from core.dashboard import State
from core.stream import SNAPSHOT, EventId, Frame, read_sse_frame, sse_frame
from telegram_webapp.mirror import Mirror
from telegram_webapp.subscription import Subscription

WHOLE_AGAIN_S: Final = 10.0

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class Rate(StrEnum):
    """How often a stream is told of states; of facts it is told at once."""

    LIVE = "live"
    BALANCED = "balanced"
    SAVER = "saver"


PERIODS_S: Final = {Rate.BALANCED: 3.0, Rate.SAVER: 5.0}


class Channel:
    """The streams of one rate, and how many events they were told together."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.streams: dict[int, Subscription] = {}
        self.events = 0

    def deliver(self, frames: Sequence[Frame]) -> int:
        """Send the next frames to every stream; return how many older ones they replaced."""
        joined = b"".join([frame.frame for frame in frames])
        self.events += len(frames)
        replaced = 0
        for stream in list(self.streams.values()):
            replaced += stream.deliver(frames, joined)
        return replaced


class ThinChannel(Channel):
    """Streams that are told changes: one event, encoded once for all of them.

    Promise: every stream of it stands at the same place, and has there the state that a live
    one has; a fact goes out with its consequences as soon as it is heard, and in one event,
    so that nobody can stop between them. The caller holds the mirror's lock.
    """

    def __init__(self, rate: Rate, mirror: Mirror) -> None:
        super().__init__(rate)
        self._mirror = mirror
        self._period_s = PERIODS_S[rate]
        self._told: State = {}
        self._place: EventId | None = None
        self._facts: list[Frame] = []
        self._afresh = False
        self._next_s = 0.0

    def begin(self) -> None:
        """Take the state as it is now for the first stream, which is about to be given it."""
        self._told, self._place = self._mirror.state, self._mirror.place
        self._facts.clear()
        self._afresh = False
        self._next_s = self._mirror.clock.monotonic() + self._period_s

    def hear(self, frames: Sequence[Frame]) -> list[Frame]:
        """Take the next frames, already in the mirror; return what must be told at once."""
        for frame in frames:
            if frame.key == SNAPSHOT:
                self._facts.clear()
                self._afresh = True
            elif frame.is_fact:
                self._facts.append(frame)
        if self._facts or self._is_another():
            return self.flush()
        return []

    def due(self) -> list[Frame]:
        """Return what is to be told now, if it is time."""
        wait_s = WHOLE_AGAIN_S - self._period_s if self._afresh else 0
        if self._mirror.clock.monotonic() < self._next_s + wait_s:
            return []
        return self.flush()

    def flush(self) -> list[Frame]:
        """Return what brings the streams to the mirror's place; nothing if they are there."""
        before, place = self._place, self._mirror.place
        if place is None or place == before:
            return []
        told = None if self._afresh or before is None or self._is_another() else self._changes()
        self.begin()
        if told is None or before is None:
            return self._mirror.missed(None)
        told["n"] = place.seq - before.seq
        return [Frame(place.seq, "", sse_frame(place, CHANGES, _encode(told)))]

    def _changes(self) -> dict[str, Any] | None:
        facts: list[Event] = []
        for frame in self._facts:
            event_type, text = read_sse_frame(frame.frame)
            facts.append((event_type, _decode(text)))
        return changes(self._told, self._mirror.state, facts, self._mirror.at)

    def _is_another(self) -> bool:
        """Return whether the mirror follows another stream of events than was told."""
        place = self._mirror.place
        return place is not None and (self._place is None or self._place.epoch != place.epoch)
