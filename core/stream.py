"""The recent past of the event stream, so that a reader who was away gets what it missed.

Facts are kept in order up to a cap; of each state only the newest is kept. The same ring
serves the engine's bus and every web process's hub.
"""

from collections import OrderedDict, deque
from typing import Final

import msgspec

RING_FACTS: Final = 4096


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One encoded event: ``frame`` is the SSE text, ``key`` is empty for a fact.

    Two states with the same key replace each other.
    """

    seq: int
    key: str
    frame: bytes

    @property
    def is_fact(self) -> bool:
        """Return whether this frame must reach every reader."""
        return not self.key


class EventId(msgspec.Struct, frozen=True):
    """A place in the stream; its text is the SSE id ``<epoch>-<seq>``."""

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"

    @classmethod
    def parse(cls, text: str | None) -> "EventId | None":
        """Return the id in *text*, or None if there is none or it is not of our form."""
        epoch, dash, seq = (text or "").rpartition("-")
        if not dash or not epoch or len(seq) > 15 or not (seq.isascii() and seq.isdigit()):
            return None
        return cls(epoch, int(seq))


def sse_frame(event_id: EventId | None, event_type: str, data: bytes) -> bytes:
    """Encode one Server-Sent Event; *data* is JSON without a line break.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    head = b"id: %s\n" % str(event_id).encode() if event_id else b""
    return b"%sevent: %s\ndata: %s\n\n" % (head, event_type.encode(), data)


class Ring:
    """Frames that can still be replayed, in rising ``seq``.

    Promise: `since` gives every fact after a place and the newest of each state, or None when
    a fact after that place is no longer held (or the place is not of this stream).
    """

    def __init__(self, cap: int = RING_FACTS) -> None:
        self._cap = cap
        self._facts: deque[Frame] = deque()
        self._states: OrderedDict[str, Frame] = OrderedDict()
        self._floor = 0
        self._seq = 0
        self.epoch = ""

    @property
    def seq(self) -> int:
        """Return the number of the newest frame, or where the stream was entered."""
        return self._seq

    @property
    def floor(self) -> int:
        """Return the lowest place that can be resumed from."""
        return self._floor

    def reset(self, epoch: str, seq: int) -> None:
        """Forget everything; the stream now begins after *seq* of *epoch*."""
        self._facts.clear()
        self._states.clear()
        self.epoch, self._floor, self._seq = epoch, seq, seq

    def add(self, frame: Frame) -> None:
        """Take the next frame; its ``seq`` must be above every earlier one.

        Raises:
            ValueError: the frame does not rise.
        """
        if frame.seq <= self._seq:
            raise ValueError(f"frame {frame.seq} does not follow {self._seq}")
        self._seq = frame.seq
        if not frame.is_fact:
            self._states[frame.key] = frame
            self._states.move_to_end(frame.key)
            return
        self._facts.append(frame)
        if len(self._facts) > self._cap:
            self._floor = self._facts.popleft().seq

    def forget(self, key: str) -> None:
        """Drop the state *key*: what it described is gone."""
        self._states.pop(key, None)

    def since(self, place: EventId | None) -> list[Frame] | None:
        """Return what a reader at *place* misses, or None if it needs a snapshot."""
        if place is None or place.epoch != self.epoch:
            return None
        if not self._floor <= place.seq <= self._seq:
            return None
        missed = [f for f in self._facts if f.seq > place.seq]
        missed += [f for f in self._states.values() if f.seq > place.seq]
        return sorted(missed, key=lambda f: f.seq)
