"""The web process's copy of what the engine says: state, ring and how old both are."""

import threading
from typing import Any, Final

import msgspec

from core.dashboard import SCHEMA_VERSION, State, apply
from core.errors import BusError
from core.stream import SNAPSHOT, EventId, Frame, Ring, read_sse_frame, sse_frame
from infra.bus.base import Welcome
from infra.state_file import SnapshotData, read_snapshot
from utils.clock import Clock

_encode: Final = msgspec.json.Encoder().encode

Packed = dict[str, bytes]


class Snapshot(msgspec.Struct, frozen=True):
    """The newest whole state, with its age.

    Attributes:
        bytes: JSON of the snapshot event's data, ``null`` if nothing was ever heard.
        etag: changes whenever ``bytes`` or ``stale`` does.
        data: the same as ``bytes``, parsed; not to be changed.
        packed: ``bytes`` by encoding, as they were compressed before; for whoever compresses them
            to put in.
        stale: whether the engine is away, so that this is only the last that was heard.
        away_since: wall clock in ms, or None while the engine is there.
        engine_age_ms: time since the engine's last sign of life, None if there was none.
    """

    bytes: bytes
    etag: str
    data: dict[str, Any] | None
    stale: bool
    away_since: int | None
    engine_age_ms: int | None
    packed: Packed


_decode_data: Final = msgspec.json.Decoder().decode


class Mirror:
    """The dashboard as last heard from the engine.

    Promise: `state` is the fold of everything up to `place`; a snapshot is encoded at most
    once for each place, however many ask for it. Who reads a place and acts on it, or moves
    it and tells others, holds `lock` for that long, and does not wait meanwhile.
    """

    def __init__(self, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.ring = Ring()
        self.place: EventId | None = None
        self.state: State = {}
        self.at = 0
        self.engine_at: int | None = None
        self.away_since: int | None = clock.now()
        self.clock = clock
        self._heard: float | None = None
        self._encoded: tuple[EventId, bytes, Packed] | None = None

    @property
    def is_up(self) -> bool:
        """Return whether the engine is connected."""
        return self.away_since is None

    def recall(self, whole: SnapshotData, written_at: int) -> None:
        """Take the state an engine left on disk at *written_at*, wall clock in ms."""
        self._set(whole)
        self.ring.reset(whole.epoch, whole.seq)
        self.away_since = min(written_at, self.clock.now())  # the clock may have been set back
        self._heard = self.clock.monotonic() - (self.clock.now() - self.away_since) / 1000

    def begin(self, welcome: Welcome, data: bytes) -> None:
        """Take the whole state with which a new subscription begins.

        Raises:
            BusError: it is not a snapshot of the version this process knows.
        """
        whole = read_snapshot(data)
        self._set(whole)
        # What was folded without being told, the ring lacks: nobody may resume across it.
        told = whole.seq == welcome.seq
        self.ring.reset(whole.epoch, welcome.floor if told else whole.seq)

    def take(self, frame: Frame) -> bool:
        """Fold a frame, or only ring it if the state holds it already; return whether folded.

        Raises:
            BusError: the frame cannot be folded.
        """
        try:
            if self.place is None or frame.seq <= self.place.seq:
                if frame.seq > self.ring.seq:
                    self.ring.add(frame)
                return False
            event_type, text = read_sse_frame(frame.frame)
            data = _decode_data(text)
            self.state = apply(self.state, event_type, data)
            self.place = EventId(self.place.epoch, frame.seq)
            self.at = self.engine_at = data["at"]
            self.ring.add(frame)
        except (ValueError, KeyError, TypeError, msgspec.DecodeError) as error:
            raise BusError(f"frame {frame.seq} of the engine cannot be folded: {error}") from error
        return True

    def heard(self, engine_at: int | None) -> None:
        """Note a sign of life and the engine clock, if it was said."""
        self._heard = self.clock.monotonic()
        if engine_at is not None:
            self.engine_at = engine_at

    def up(self) -> None:
        """Note that the engine is connected."""
        self.away_since = None

    def away(self) -> None:
        """Note that the engine is not connected any more."""
        if self.away_since is None:
            self.away_since = self.clock.now()

    def missed(self, place: EventId | None) -> list[Frame]:
        """Return what a reader at *place* needs: the frames it missed, else one snapshot.

        Empty as well when nothing was ever heard.
        """
        if self.place is None:
            return []
        whole_ring = self.ring.seq == self.place.seq
        frames = self.ring.since(place) if whole_ring else None
        return [self._snapshot_frame(self.place)] if frames is None else frames

    def snapshot(self) -> Snapshot:
        """Return the newest whole state, with its age."""
        place = self.place
        state = "" if self.is_up else "-away"
        encoded, packed = self._encoded_state(place) if place else (b"null", {})
        return Snapshot(
            bytes=encoded,
            etag=f"{place or 'none'}{state}",
            data=self._whole(place) if place else None,
            stale=not self.is_up,
            away_since=self.away_since,
            engine_age_ms=self._age_ms(),
            packed=packed,
        )

    def heartbeat(self, role: str) -> bytes:
        """Return the heartbeat event for readers of *role*; what is unknown is left out."""
        data = {
            "at": self.clock.now(),
            "engine": "up" if self.is_up else "away",
            "engine_age_ms": self._age_ms(),
            "engine_at": self.engine_at,
            "away_since": self.away_since,
            "role": role,
        }
        known = {name: value for name, value in data.items() if value is not None}
        return sse_frame(None, "heartbeat", _encode(known))

    def _set(self, whole: SnapshotData) -> None:
        self.place = EventId(whole.epoch, whole.seq)
        self.state = whole.state
        self.at = self.engine_at = whole.at
        self._encoded = None

    def _age_ms(self) -> int | None:
        if self._heard is None:
            return None
        return int((self.clock.monotonic() - self._heard) * 1000)

    def _whole(self, place: EventId) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "epoch": place.epoch,
            "seq": place.seq,
            "at": self.at,
            "state": self.state,
        }

    def _snapshot_frame(self, place: EventId) -> Frame:
        return Frame(place.seq, SNAPSHOT, sse_frame(place, SNAPSHOT, self._encoded_state(place)[0]))

    def _encoded_state(self, place: EventId) -> tuple[bytes, Packed]:
        if self._encoded is None or self._encoded[0] is not place:
            self._encoded = place, _encode(self._whole(place)), {}
        return self._encoded[1:]
