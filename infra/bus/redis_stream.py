"""The event stream as Redis keeps it: names of keys, what an entry says, where a reader begins.

Nothing here does I/O; the engine's end and both readers' ends share it.

- ``quarterdeck:stream`` names the stream that is written now. It is another one after each start
  of the engine and after each time that Redis was away, so that no reader sees a gap.
- ``quarterdeck:frames:<name>`` is that stream, capped. An entry's id is ``<seq>-<n>``, ``m`` its
  frames or pulse in the bus's language. Its first entry fills a new reader's ring.
- ``quarterdeck:whole:<name>`` is a snapshot, written anew every `WHOLE_S` seconds.
- ``quarterdeck:wishes`` is the stream of commands, read by the group ``engine`` and acknowledged;
  each answer goes to a list of its own.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from core.errors import BusError
from core.stream import EventId, Frame
from infra.bus.base import CommandReply, CommandRequest, Delivery, Pulse, Welcome, Whole

STREAM: Final = "quarterdeck:stream"
ENGINE: Final = "quarterdeck:engine"  # whose Redis database it is
WISHES: Final = "quarterdeck:wishes"
GROUP: Final = "engine"
ENTRIES_CAP: Final = 20_000
WISHES_CAP: Final = 1_000
PULSE_S: Final = 2.0
WHOLE_S: Final = 2.0
ENGINE_LIFE_S: Final = 15  # without a sign of life the engine is away
LEFT_LIFE_S: Final = 60  # of a stream that is not written any more
CONNECT_S: Final = 2.0
BATCH: Final = 500  # entries of one read

_LAST: Final = 2**64 - 1  # the highest second part of an entry's id

Entry = tuple[bytes, dict[bytes, bytes]]


class Begin(msgspec.Struct, frozen=True, array_like=True, tag="begin"):
    """The first entry of a stream: what its ring held, so that places above *floor* resume."""

    epoch: str
    floor: int
    frames: list[Frame]


class Batch(msgspec.Struct, frozen=True, array_like=True, tag="batch"):
    """Frames that were published together."""

    frames: list[Frame]


class Over(msgspec.Struct, frozen=True, array_like=True, tag="over"):
    """The last entry: another stream is written from here on."""


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """The whole state at ``seq``."""

    epoch: str
    seq: int
    data: bytes


class Wish(msgspec.Struct, frozen=True, array_like=True):
    """A command, the list that waits for its answer, and for how many seconds it waits."""

    request: CommandRequest
    reply_to: str
    waits_s: float


Told = Begin | Batch | Pulse | Over

encode: Final = msgspec.msgpack.Encoder().encode
_told: Final[msgspec.msgpack.Decoder[Told]] = msgspec.msgpack.Decoder(Told)
_snapshot: Final = msgspec.msgpack.Decoder(Snapshot)
_wish: Final = msgspec.msgpack.Decoder(Wish)
_reply: Final = msgspec.msgpack.Decoder(CommandReply)


def frames_key(stream: str) -> str:
    """Return the key of the frames of *stream*."""
    return f"quarterdeck:frames:{stream}"


def whole_key(stream: str) -> str:
    """Return the key of the newest snapshot of *stream*."""
    return f"quarterdeck:whole:{stream}"


def entry(message: Told) -> dict[Any, Any]:
    """Return the fields of an entry that says *message*."""
    return {"m": encode(message)}


def read_wish(fields: dict[bytes, bytes]) -> Wish:
    """Return the wish in an entry.

    Raises:
        BusError: it is not of our language.
    """
    try:
        return _wish.decode(fields.get(b"m", b""))
    except msgspec.DecodeError as error:
        raise BusError(f"a wish in Redis could not be read: {error}") from error


def read_reply(body: bytes) -> CommandReply:
    """Return the answer to a wish.

    Raises:
        BusError: it is not of our language.
    """
    try:
        return _reply.decode(body)
    except msgspec.DecodeError as error:
        raise BusError(f"an answer in Redis could not be read: {error}") from error


class Reading:
    """One subscription: where it is, and what it makes of the entries it is given."""

    def __init__(self, stream: str, resume: EventId | None) -> None:
        """Begin to read *stream*, if possible from *resume* on."""
        self.stream = stream
        self.key = frames_key(stream)
        self.place: bytes | str = "0"
        self._resume = resume
        self._has = -1  # the number of the newest frame that the reader was given

    def begin(self, whole: bytes | None, first: Sequence[Entry], last: Sequence[Entry]) -> Welcome:
        """Return the welcome, and go to where its frames begin.

        Args:
            whole: the newest snapshot, as it is stored.
            first: the oldest entry that is held.
            last: the newest one.

        Raises:
            BusError: the stream ended while it was looked at.
        """
        if whole is None or not first or not last:
            raise BusError("the engine began another stream")
        snapshot = _decode_whole(whole)
        floor = _floor(first[0])
        newest = int(last[0][0].partition(b"-")[0])
        resume = self._resume
        resumed = resume is not None and resume.epoch == snapshot.epoch
        if resume is None or not resumed or not floor <= resume.seq <= newest:
            return Welcome(snapshot.epoch, snapshot.seq, floor, resumed=False)
        self._has = resume.seq
        self.place = f"{resume.seq}-{_LAST}"
        return Welcome(snapshot.epoch, newest, floor, resumed=True)

    def opening(self, welcome: Welcome, whole: bytes) -> list[Delivery]:
        """Return what is delivered before any frame."""
        if welcome.resumed:
            return [welcome]
        return [welcome, Whole(_decode_whole(whole).data)]

    def take(self, entries: Iterable[Entry]) -> list[Delivery]:
        """Return what *entries* deliver: no frame twice, none that the reader has.

        Raises:
            BusError: the stream is over, or an entry is not of our language.
        """
        found: list[Delivery] = []
        for place, fields in entries:
            self.place = place
            told = _decode(fields)
            if isinstance(told, Over):
                raise BusError("the engine began another stream")
            if isinstance(told, Pulse):
                found.append(told)
                continue
            for frame in told.frames:
                if frame.seq > self._has:
                    self._has = frame.seq
                    found.append(frame)
        return found


def _floor(oldest: Entry) -> int:
    told = _decode(oldest[1])
    if isinstance(told, Begin):
        return told.floor
    return int(oldest[0].partition(b"-")[0])


def _decode(fields: dict[bytes, bytes]) -> Told:
    try:
        return _told.decode(fields.get(b"m", b""))
    except msgspec.DecodeError as error:
        raise BusError(f"an entry in Redis could not be read: {error}") from error


def _decode_whole(body: bytes) -> Snapshot:
    try:
        return _snapshot.decode(body)
    except msgspec.DecodeError as error:
        raise BusError(f"the snapshot in Redis could not be read: {error}") from error
