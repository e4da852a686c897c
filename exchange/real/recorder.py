"""Records what an exchange sends, as it comes, so that any day can be played again.

Only what everybody may hear is recorded: no account's stream, no signed request, and no line in
which a key of this process is found.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from core.market import HOUR_MS
from exchange.real.recording import (
    FORMAT,
    Answer,
    BookLine,
    Frame,
    Head,
    Line,
    SkewLine,
    encoded,
    file_of,
)
from exchange.real.recording_pen import RESERVE_BYTES, Pen
from exchange.real.taps import RawMessage, Tap
from utils.clock import Clock
from utils.hidden import without_hidden

TURN_MS: Final = 10_000  # after the hour, when the candles of the hour before are closed
# What a file needs to stand alone: what is asked of all markets at once, such as exchangeInfo.
_OF_ALL: Final = re.compile(r"info|instruments|markets|symbols|contracts|products", re.IGNORECASE)


class Heard(Protocol):
    """What a recorder needs of an `exchange.real.client.ExchangeClient`."""

    api: Any
    clock: Clock

    @property
    def taps(self) -> list[Tap]:
        """Who listens on the wire."""
        ...

    @property
    def skew_ms(self) -> int | None:
        """The exchange's clock minus ours."""
        ...


class Recorder:
    """Listens to one client and writes what it hears into files of an hour each.

    Promise: it raises nothing and waits for nothing while it listens; when it cannot go on, it
    stops and all else goes on. What it wrote can be read.

    Attributes:
        lines: how many were taken.
        private: how many were left out, for they are an account's.
    """

    def __init__(
        self, folder: Path, client: Heard, *, days: int, reserve_bytes: int = RESERVE_BYTES
    ) -> None:
        """Listen to *client*; the first file is begun when the first thing is heard.

        Args:
            folder: gets a folder for each day.
            client: what is heard.
            days: how long recordings are kept.
            reserve_bytes: what is left free on the disk.
        """
        self.lines = 0
        self.private = 0
        self._folder = folder
        self._client = client
        self._symbols: tuple[str, ...] = ()
        self._pen = Pen(client.clock.monotonic, days, reserve_bytes)
        self._turned = -1
        self._skew_ms: int | None = None
        self._known: dict[str, Answer] = {}
        self._books_due: list[str] = []
        client.taps.append(self.hear)

    @property
    def stopped(self) -> str:
        """Return why it stopped, empty while it records."""
        return self._pen.fault

    @property
    def file(self) -> Path | None:
        """Return the file that is written."""
        return self._pen.file

    @property
    def written_bytes(self) -> int:
        """Return how much was written, before it is packed."""
        return self._pen.written

    def follow(self, symbols: Iterable[str]) -> None:
        """Note which of our symbols are followed from now on; a new file begins with them."""
        symbols = tuple(symbols)
        if symbols != self._symbols:
            self._symbols = symbols
            self._turned = -1

    def hear(self, message: RawMessage) -> None:
        """Take what came over the wire."""
        if message.private:
            self.private += 1
            return
        if self.stopped:
            return
        if (message.at - TURN_MS) // HOUR_MS != self._turned:
            self._turn(message.at)
        self._note_skew(message.at)
        if self._books_due:
            self._write_book(self._books_due.pop(), message.at)
        line = _line(message)
        self._write(line)
        if isinstance(line, Answer) and _OF_ALL.search(line.request):
            self._known[line.request] = line

    def close(self) -> None:
        """Stop listening and bring the rest to the disk."""
        if self.hear in self._client.taps:
            self._client.taps.remove(self.hear)
        self._pen.close()

    def _turn(self, at: int) -> None:
        """Begin a new file with what was known before it."""
        import ccxt  # noqa: PLC0415 - loaded with the exchange that is heard

        api = self._client.api
        self._turned = (at - TURN_MS) // HOUR_MS
        self._pen.begin(file_of(self._folder, api.id, at))
        self._write(Head(at, FORMAT, api.id, ccxt.__version__, self._symbols))
        for answer in self._known.values():
            self._write(Answer(at, answer.request, answer.status, answer.text, again=True))
        self._skew_ms = None
        # one with each thing heard: together they would keep the loop too long
        self._books_due = [name for name, book in _books(api).items() if book.get("nonce")]

    def _note_skew(self, at: int) -> None:
        skew_ms = self._client.skew_ms
        if skew_ms is not None and skew_ms != self._skew_ms:
            self._skew_ms = skew_ms
            self._write(SkewLine(at, skew_ms))

    def _write_book(self, symbol: str, at: int) -> None:
        book = _books(self._client.api).get(symbol)
        if book is not None and book.get("nonce"):
            sides = (tuple((row[0], row[1]) for row in book[side]) for side in ("bids", "asks"))
            self._write(BookLine(at, symbol, book["nonce"], book.get("timestamp"), *sides))

    def _write(self, line: Line) -> None:
        written = encoded(line)
        text = written.decode()
        if without_hidden(text) != text:
            self.private += 1
            return
        self._pen.write(written)
        self.lines += 1


def _line(message: RawMessage) -> Frame | Answer:
    address = urlsplit(message.url)
    if message.kind == "ws":
        if isinstance(message.data, bytes):
            return Frame(message.at, address.path, data=message.data)
        return Frame(message.at, address.path, message.data)
    query = f"?{address.query}" if address.query else ""
    text = message.data if isinstance(message.data, str) else message.data.decode(errors="replace")
    return Answer(message.at, f"{message.method} {address.path}{query}", message.status, text)


def _books(api: Any) -> Mapping[str, Any]:
    return api.orderbooks or {}
