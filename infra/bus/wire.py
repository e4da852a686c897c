"""The language of the bus's sockets: length-prefixed MessagePack, without any I/O.

Each message is four bytes of length, big-endian, then the array form of one struct of
`infra.bus.base`, whose first element is its tag.
"""

from typing import Final, Generic, TypeVar

import msgspec

from core.errors import BusError
from core.stream import Frame
from infra.bus.base import CommandReply, CommandRequest, Delivery, Pulse, Welcome, Whole

PROTOCOL: Final = 1
TO_ENGINE_CAP: Final = 64 * 1024
TO_READER_CAP: Final = 32 * 1024 * 1024

_PREFIX: Final = 4


class Hello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    """A subscriber's first word: the protocol it speaks and the event id it is at, if any."""

    protocol: int
    resume: str | None


ToEngine = Hello | CommandRequest
ToReader = Welcome | Whole | Frame | Pulse | CommandReply
Message = TypeVar("Message")

_encode: Final = msgspec.msgpack.Encoder().encode


def encode(message: ToEngine | ToReader) -> bytes:
    """Return *message* as it goes over the socket."""
    body = _encode(message)
    return len(body).to_bytes(_PREFIX, "big") + body


class MessageReader(Generic[Message]):
    """Turns bytes, however they were cut, into messages of one direction.

    Promise: it never holds more than one message of at most *cap* bytes beside what it was
    last fed, and whatever is not of our language is a `BusError`.
    """

    def __init__(self, decoder: msgspec.msgpack.Decoder[Message], cap: int) -> None:
        self._decode = decoder.decode
        self._cap = cap
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Take bytes from the socket and return the messages that are complete.

        Raises:
            BusError: the bytes are not messages of this direction; the reader is of no
                further use.
        """
        held = self._held
        held += data
        messages: list[Message] = []
        start = 0
        while len(held) - start >= _PREFIX:
            length = int.from_bytes(held[start : start + _PREFIX], "big")
            if length > self._cap:
                raise BusError(f"a bus message may have {self._cap} bytes, this one says {length}")
            end = start + _PREFIX + length
            if len(held) < end:
                break
            messages.append(self._message(held[start + _PREFIX : end]))
            start = end
        del held[:start]
        return messages

    def _message(self, body: bytearray) -> Message:
        try:
            return self._decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BusError(f"a bus message could not be read: {error}") from error


def engine_side() -> MessageReader[ToEngine]:
    """Return a reader for what the engine receives."""
    return MessageReader(msgspec.msgpack.Decoder(ToEngine), TO_ENGINE_CAP)


def reader_side() -> MessageReader[ToReader]:
    """Return a reader for what subscribers and senders of commands receive."""
    return MessageReader(msgspec.msgpack.Decoder(ToReader), TO_READER_CAP)


def as_delivery(message: ToReader) -> Delivery:
    """Return *message* as what a subscription delivers.

    Raises:
        BusError: it is the answer to a wish.
    """
    if isinstance(message, Frame | Pulse | Welcome | Whole):
        return message
    raise BusError(f"a subscription delivers no {type(message).__name__}")
