"""What goes wrong in streams: messages lost, doubled, swapped, cut, silence and garbage."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiohttp import WSMsgType

if TYPE_CHECKING:
    from tests.exchange.venue.hub import Connection

FOREVER: Final = 1 << 60
Frame = tuple[bytes, WSMsgType]
_BINARY: Final = bytes(range(256))


@dataclass
class StreamFault:
    """One thing that is done to messages of fitting streams."""

    kind: str
    pattern: str
    times: int
    held: dict[int, bytes] = field(default_factory=dict)  # connection: a frame kept back


class StreamFaults:
    """Faults of messages; *stream* is a part of a stream's name, empty for all.

    Streams of accounts are called by their events, such as ``user@ACCOUNT_UPDATE``.
    """

    streams: list[StreamFault]

    def gap(self, stream: str = "@depth", times: int = 1) -> None:
        """Lose the next messages of *stream*."""
        self.streams.append(StreamFault("gap", stream, times))

    def duplicate(self, stream: str = "", times: int = 1) -> None:
        """Send the next messages of *stream* twice."""
        self.streams.append(StreamFault("duplicate", stream, times))

    def reorder(self, stream: str = "@depth", times: int = 1) -> None:
        """Send the next message of *stream* after the one that follows it."""
        self.streams.append(StreamFault("reorder", stream, times))

    def stall(self, stream: str = "") -> None:
        """Let *stream* fall silent; its connection stays open and answers pings."""
        self.streams.append(StreamFault("gap", stream, FOREVER))

    def half(self, stream: str = "", times: int = 1) -> None:
        """Cut the next messages of *stream* in the middle of their JSON."""
        self.streams.append(StreamFault("half", stream, times))

    def garbage(self, stream: str = "", times: int = 1) -> None:
        """Send a binary frame that means nothing before the next messages of *stream*."""
        self.streams.append(StreamFault("garbage", stream, times))

    def frames(self, connection: "Connection", stream: str, frame: bytes) -> list[Frame]:
        """Return what is really sent to *connection* for *frame*."""
        frames = [frame]
        extra: list[Frame] = []
        for fault in self._fitting(stream):
            if fault.kind == "garbage":
                extra.append((_BINARY, WSMsgType.BINARY))
            frames = self._changed(fault, id(connection), frames)
        return extra + [(one, WSMsgType.TEXT) for one in frames]

    def _fitting(self, stream: str) -> Iterator[StreamFault]:
        for fault in self.streams:
            if fault.times > 0 and fault.pattern in stream:
                if fault.kind != "reorder" or fault.held:
                    fault.times -= 1
                yield fault

    @staticmethod
    def _changed(fault: StreamFault, who: int, frames: list[bytes]) -> list[bytes]:
        if fault.kind == "reorder":
            if who in fault.held:
                return [*frames, fault.held.pop(who)]
            fault.held[who] = b"".join(frames)
        changed = {
            "gap": [], "reorder": [], "duplicate": [*frames, *frames],
            "half": [one[: len(one) // 2] for one in frames],
        }  # fmt: skip
        return changed.get(fault.kind, frames)
