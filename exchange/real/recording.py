"""What a recording of an exchange holds: one JSON line for each thing heard, as it was heard.

A file is gzip and stands for itself: it begins with a `Head` and with what was known by then, the
markets' rules and the books, so that it can be played without the file before it. ``at`` is when
our machine heard a thing, in milliseconds since the epoch, UTC.
"""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from core.errors import DataError

FORMAT: Final = 1
SUFFIX: Final = ".raw.gz"
_CHUNK: Final = 1 << 16
_GZIP: Final = 16 + zlib.MAX_WBITS
LONGEST: Final = 1 << 26  # bytes of one line: an exchange's list of markets has a few millions

Level = tuple[float, float]


class Head(msgspec.Struct, frozen=True, tag="head", tag_field="is"):
    """The first line: which exchange, read by which ccxt, and the symbols that are followed."""

    at: int
    format: int
    exchange: str
    ccxt: str
    symbols: tuple[str, ...]


class Frame(msgspec.Struct, frozen=True, tag="ws", tag_field="is"):
    """One websocket message of the connection to ``url`` (its path); binary ones in ``data``."""

    at: int
    url: str
    text: str = ""
    data: bytes | None = None


class Answer(msgspec.Struct, frozen=True, tag="rest", tag_field="is"):
    """The answer to one public request, such as ``GET /fapi/v1/depth?symbol=BTCUSDT``.

    ``again`` marks one that an earlier file holds too, repeated for this file to stand alone.
    """

    at: int
    request: str
    status: int
    text: str
    again: bool = False


class SkewLine(msgspec.Struct, frozen=True, tag="skew", tag_field="is"):
    """From here on the exchange's clock was taken to be *ms* ahead of ours."""

    at: int
    ms: int


class BookLine(msgspec.Struct, frozen=True, tag="book", tag_field="is"):
    """The whole book of ccxt's ``symbol`` between two lines.

    ``nonce`` is its newest update, ``told_at`` the exchange's time of that.
    """

    at: int
    symbol: str
    nonce: int | None
    told_at: int | None
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


Line = Head | Frame | Answer | SkewLine | BookLine

_encoder: Final = msgspec.json.Encoder()
_decoder: Final[msgspec.json.Decoder[Line]] = msgspec.json.Decoder(Line)


def encoded(line: Line) -> bytes:
    """Return *line* as it is written, its line break included."""
    return _encoder.encode(line) + b"\n"


def decoded(line: bytes) -> Line:
    """Return what a written line says.

    Raises:
        DataError: it is no line of a recording.
    """
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{line[:80]!r} is no line of a recording: {error}") from error


def file_of(folder: Path, exchange: str, at: int) -> Path:
    """Return the file in *folder* for what is heard from *at* on: one folder a day, UTC."""
    begun = datetime.fromtimestamp(at / 1000, UTC)
    name = f"{exchange}-{begun:%Y-%m-%dT%H-%M-%S}-{at % 1000:03d}{SUFFIX}"
    return folder / f"{begun:%Y-%m-%d}" / name


class RawFile:
    """Reads one file of a recording.

    Attributes:
        cut: why the end is missing, as a machine that lost its power leaves it; empty if whole.
        read_bytes: how much of the file was read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut = ""
        self.read_bytes = 0

    def lines(self) -> Iterator[bytes]:
        """Yield the whole lines, without their breaks; a torn one at the end is left out.

        Raises:
            DataError: the file is not gzip, or a line is far too long.
            OSError: it cannot be read.
        """
        self.cut, rest, read = "", b"", 0
        for part in self._parts():
            *whole, rest = (rest + part).split(b"\n")
            read += len(whole)
            yield from whole
            if len(rest) > LONGEST:
                raise DataError(f"{self.path.name} has a line of more than {LONGEST} bytes")
        if self.cut and not read:
            raise DataError(f"{self.path.name} is no recording: {self.cut}")
        if rest and not self.cut:
            self.cut = "its last line is torn"

    def _parts(self) -> Iterator[bytes]:
        """Yield what was packed, up to the end of the file or of what of it is whole."""
        unpacker, inside = zlib.decompressobj(_GZIP), False
        with self.path.open("rb") as file:
            while packed := file.read(_CHUNK):
                self.read_bytes += len(packed)
                while packed:
                    try:
                        yield unpacker.decompress(packed)
                    except zlib.error as error:
                        self.cut = f"it is damaged, or no gzip ({error})"
                        return
                    packed, inside = unpacker.unused_data, not unpacker.eof
                    if unpacker.eof:
                        unpacker = zlib.decompressobj(_GZIP)
        if inside:
            self.cut = "its end is missing"
