"""The recent past of the event stream, so that a reader who was away gets what it missed.

Facts are kept in order up to a cap; of each state only the newest is kept. The same ring
serves the engine's bus and every web process's hub, and the same backlog every slow reader.
"""

from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from typing_extensions import override

from core.dashboard import EVENT_TYPES, FOLD_TABLE

RING_FACTS: Final = 4096
SNAPSHOT: Final = "snapshot"
_SEQ_DIGITS: Final = 15


class Frame(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="frame"):
    """One encoded event: ``frame`` is the SSE text, ``key`` is empty for a fact.

    Two states with the same key replace each other; a frame with the key `SNAPSHOT` replaces
    everything before it; ``ends`` names the states that are over with this fact. Its array
    form is also how the bus carries it.
    """

    seq: int
    key: str
    frame: bytes
    ends: tuple[str, ...] = ()

    @property
    def is_fact(self) -> bool:
        """Return whether this frame must reach every reader."""
        return not self.key


class EventId(msgspec.Struct, frozen=True):
    """A place in the stream; its text is the SSE id ``<epoch>-<seq>``."""

    epoch: str
    seq: int

    @override
    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"

    @classmethod
    def parse(cls, text: str | None) -> "EventId | None":
        """Return the id in *text*, or None if there is none or it is not of our form."""
        epoch, dash, seq = (text or "").rpartition("-")
        if not dash or not epoch or len(seq) > _SEQ_DIGITS or not (seq.isascii() and seq.isdigit()):
            return None
        return cls(epoch, int(seq))


def sse_frame(event_id: EventId | None, event_type: str, data: bytes) -> bytes:
    """Encode one Server-Sent Event; *data* is JSON without a line break.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    head = b"id: %s\n" % str(event_id).encode() if event_id else b""
    return b"%sevent: %s\ndata: %s\n\n" % (head, event_type.encode(), data)


def read_sse_frame(frame: bytes) -> tuple[str, bytes]:
    """Return the event type and the JSON of a frame that `sse_frame` made with an id.

    Raises:
        ValueError: *frame* is not of that form.
    """
    lines = frame.split(b"\n")
    shape = [line.split(b": ", 1)[0] for line in lines]
    if shape != [b"id", b"event", b"data", b"", b""]:
        raise ValueError(f"a frame must be an id, an event and its data, was {frame[:80]!r}")
    return lines[1][7:].decode(), lines[2][6:]


def _state_types(section: str) -> list[str]:
    return [
        name
        for name, operations in FOLD_TABLE.items()
        if EVENT_TYPES[name]["kind"] == "state"
        and any(operation == "put" and into == section for operation, into, _ in operations)
    ]


_ENDS: Final = {
    name: [
        (state_type, str(field))
        for operation, section, field in operations
        if operation == "remove"
        for state_type in _state_types(section)
    ]
    for name, operations in FOLD_TABLE.items()
}


def ended_states(event_type: str, data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys of the states that are over with this event: its `Frame.ends`.

    What a fact removes from the fold, no late state may bring back: a closed trade ends
    ``position:<id>``.
    """
    return tuple(f"{state}:{data[field]}" for state, field in _ENDS.get(event_type, ()))


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

        A snapshot empties the ring: a reader of an earlier place is given the whole state.

        Raises:
            ValueError: the frame does not rise.
        """
        if frame.seq <= self._seq:
            raise ValueError(f"frame {frame.seq} does not follow {self._seq}")
        if frame.key == SNAPSHOT:
            self.reset(self.epoch, frame.seq)
            return
        self._seq = frame.seq
        for key in frame.ends:
            self._states.pop(key, None)
        if not frame.is_fact:
            self._states[frame.key] = frame
            self._states.move_to_end(frame.key)
            return
        self._facts.append(frame)
        if len(self._facts) > self._cap:
            self._floor = self._facts.popleft().seq

    def since(self, place: EventId | None) -> list[Frame] | None:
        """Return what a reader at *place* misses, or None if it needs a snapshot."""
        if place is None or place.epoch != self.epoch:
            return None
        if not self._floor <= place.seq <= self._seq:
            return None
        missed = [f for f in self._facts if f.seq > place.seq]
        missed += [f for f in self._states.values() if f.seq > place.seq]
        return sorted(missed, key=lambda f: f.seq)


class Backlog:
    """What one slow reader has still to take: every fact, the newest of each state.

    Promise: frames leave in rising ``seq``; a newer state removes the older of its key, a
    fact the states it ends, a snapshot everything.
    """

    __slots__ = ("_frames", "_places", "size")

    def __init__(self) -> None:
        self._frames: dict[int, Frame] = {}
        self._places: dict[str, int] = {}
        self.size = 0

    def __bool__(self) -> bool:
        return bool(self._frames)

    def add(self, frame: Frame) -> int:
        """Queue the next frame and return how many older ones it made needless."""
        before = len(self._frames)
        if frame.key == SNAPSHOT:
            self._frames.clear()
            self._places.clear()
            self.size = 0
        for key in (frame.key, *frame.ends):
            self._drop(key)
        dropped = before - len(self._frames)
        self._frames[frame.seq] = frame
        self.size += len(frame.frame)
        if frame.key:
            self._places[frame.key] = frame.seq
        return dropped

    def take(self, limit: int) -> bytes:
        """Remove and return the first whole frames, up to *limit* bytes but at least one."""
        taken: list[bytes] = []
        room = limit
        for frame in self._frames.values():
            room -= len(frame.frame)
            if room < 0 and taken:
                break
            taken.append(frame.frame)
        for seq in list(self._frames)[: len(taken)]:
            frame = self._frames.pop(seq)
            self._places.pop(frame.key, None)
            self.size -= len(frame.frame)
        return b"".join(taken)

    def _drop(self, key: str) -> None:
        seq = self._places.pop(key, None)
        if seq is not None:
            self.size -= len(self._frames.pop(seq).frame)
