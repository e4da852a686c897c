"""The engine's mouth: numbers events, folds them, encodes each once and hands on the frames."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from core.dashboard import EVENT_TYPES, SCHEMA_VERSION, State, apply, empty_state
from core.stream import SNAPSHOT, EventId, Frame, Ring, ended_states, sse_frame
from utils.clock import Clock

Data = dict[str, Any]
Builder = Callable[[], Data | None]

_encode: Final = msgspec.json.Encoder().encode
_KINDS: Final = {name: event["kind"] for name, event in EVENT_TYPES.items()}
_KEYS: Final = {name: event.get("key", "") for name, event in EVENT_TYPES.items()}


class Publisher:
    """Numbers and publishes events of one epoch.

    Promise: `state` is always the fold of every event so far; facts go out at once and in
    order; states wait, newest only, until `flush`, and are left out when nothing changed.
    While `quiet`, events are folded but not sent; `send_snapshot` then tells the whole.
    """

    def __init__(self, epoch: str, clock: Clock, send: Callable[[Sequence[Frame]], None]) -> None:
        self.epoch = epoch
        self.clock = clock
        self.ring = Ring()
        self.ring.reset(epoch, 0)
        self.state: State = empty_state()
        self.seq = 0
        self.quiet = False
        self._send = send
        self._pending: dict[str, tuple[str, Builder]] = {}
        self._outbox: list[Frame] = []

    def fact(self, event_type: str, data: Data) -> None:
        """Emit a fact that is already stored.

        Raises:
            ValueError: *event_type* is a state.
        """
        if _KINDS[event_type] != "fact":
            raise ValueError(f"{event_type} is not a fact")
        self._emit(event_type, "", data)

    def touch(self, event_type: str, key: str, build: Builder) -> None:
        """Mark a state as changed; *build* is asked for its value at the next `flush`.

        A builder that returns None has nothing to show any more.
        """
        self._pending[f"{event_type}:{key}" if key else event_type] = (event_type, build)

    def flush(self) -> None:
        """Emit every touched state that differs from what was last emitted."""
        pending, self._pending = self._pending, {}
        for key, (event_type, build) in pending.items():
            self._offer(event_type, key, build)
        self.deliver()

    def say(self, event_type: str, build: Builder) -> None:
        """Emit a state that has no key now; the touched ones go on waiting."""
        self._pending.pop(event_type, None)
        self._offer(event_type, event_type, build)
        self.deliver()

    def deliver(self) -> None:
        """Hand the frames made so far to the bus, in one piece."""
        if self._outbox:
            frames, self._outbox = self._outbox, []
            self._send(frames)

    def send_snapshot(self) -> None:
        """Tell the whole state as one event: readers start afresh from it."""
        self.seq += 1
        frame = sse_frame(EventId(self.epoch, self.seq), SNAPSHOT, self.snapshot())
        self._push(Frame(self.seq, SNAPSHOT, frame))
        self.deliver()

    def snapshot(self) -> bytes:
        """Return the JSON of the state at `seq`: the state file and a new reader's first event."""
        return _encode(self.snapshot_data())

    def snapshot_data(self) -> Data:
        """Return the snapshot as builtins."""
        return {
            "schema_version": SCHEMA_VERSION,
            "epoch": self.epoch,
            "seq": self.seq,
            "at": self.clock.now(),
            "state": self.state,
        }

    def _offer(self, event_type: str, key: str, build: Builder) -> None:
        data = build()
        if data is not None and self._differs(event_type, data):
            self._emit(event_type, key, data)

    def _differs(self, event_type: str, data: Mapping[str, Any]) -> bool:
        operation, section, _ = EVENT_TYPES[event_type]["fold"][0]
        held = self.state[section]
        old = held if operation == "replace" else held.get(data[_KEYS[event_type]])
        return not old or {**old, "at": 0} != {**data, "at": 0}

    def _emit(self, event_type: str, key: str, data: Data) -> None:
        self.seq += 1
        self.state = apply(self.state, event_type, data)
        if not self.quiet:
            frame = sse_frame(EventId(self.epoch, self.seq), event_type, _encode(data))
            self._push(Frame(self.seq, key, frame, ended_states(event_type, data)))

    def _push(self, frame: Frame) -> None:
        self.ring.add(frame)
        self._outbox.append(frame)
