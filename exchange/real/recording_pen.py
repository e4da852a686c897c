"""The thread that brings a recording to the disk, so that a slow or full disk stops no trading."""

import errno
import logging
import os
import queue
import shutil
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Final

from exchange.real.recording import SUFFIX
from utils.files import make_private_folder

log: Final = logging.getLogger(__name__)

RESERVE_BYTES: Final = 512 << 20  # what a recording leaves free: the ledger needs it more
MOST_WAITING: Final = 64 << 20  # bytes: the disk has been too slow for minutes
FLUSH_S: Final = 1.0
_GZIP: Final = 16 + zlib.MAX_WBITS
_LEVEL: Final = 6


class Pen:
    """Writes lines into files, in order, on a thread of its own.

    Promise: no call waits for the disk but `close`. Once ``fault`` says why, nothing more is
    written, and what was written before can be read.

    Attributes:
        fault: why it stopped, in words; empty while it writes.
        written: bytes of lines that were taken, before they are packed.
        file: the file that is written, None before the first.
    """

    def __init__(
        self, monotonic: Callable[[], float], days: int, reserve_bytes: int = RESERVE_BYTES
    ) -> None:
        """Begin; whenever a file is begun, those older than *days* days are deleted."""
        self.fault = ""
        self.written = 0
        self.file: Path | None = None
        self._given = 0
        self._days = days
        self._reserve = reserve_bytes
        self._monotonic = monotonic
        self._page: _Page | None = None
        self._things: queue.SimpleQueue[bytes | Path | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    def begin(self, path: Path) -> None:
        """Go on in a new file at *path*; its folder is one of days and may be missing."""
        self._things.put(path)

    def write(self, line: bytes) -> None:
        """Write *line* next."""
        if self.fault:
            return
        self._given += len(line)
        if self._given - self.written > MOST_WAITING:
            self.fault = f"the disk is too slow: {MOST_WAITING >> 20} MiB are waiting for it"
            return
        self._things.put(line)

    def close(self) -> None:
        """Write what was given, end the file and the thread."""
        self._things.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while (thing := self._next()) is not None:
                if isinstance(thing, Path):
                    self._turn(thing)
                elif self._page is not None:
                    self._page.write(thing)
                    self.written += len(thing)
            if self._page is not None:
                self._page.end()
        except OSError as error:
            self.fault = f"{self.file} cannot be written: {error.strerror or error}"
            log.error("Recording stopped: %s", self.fault)  # noqa: TRY400 - a person can mend it
        finally:
            if self._page is not None:
                self._page.close()

    def _next(self) -> bytes | Path | None:
        """Return the next thing; about once a second let the disk have what is packed."""
        while True:
            try:
                thing = self._things.get(timeout=FLUSH_S)
            except queue.Empty:
                self._flush()
            else:
                page = self._page
                if page is not None and self._monotonic() - page.flushed_s >= FLUSH_S:
                    self._flush()
                return thing

    def _flush(self) -> None:
        page = self._page
        if page is None:
            return
        page.flush()
        page.flushed_s = self._monotonic()
        free = shutil.disk_usage(page.path.parent).free
        if free < self._reserve:
            text = f"the disk has {free >> 20} MiB left, and {self._reserve >> 20} stay free"
            raise OSError(errno.ENOSPC, text)

    def _turn(self, path: Path) -> None:
        if self._page is not None:
            self._page.end()
        self.file = path
        make_private_folder(path.parent)
        _sweep(path.parent, self._days)
        self._page = _Page(path)
        self._flush()


class _Page:
    """One file while it is written: gzip, of which what was flushed can be read at any time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.flushed_s = 0.0
        self._packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
        self._dirty = False
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file: IO[bytes] = os.fdopen(descriptor, "wb")

    def write(self, line: bytes) -> None:
        self._file.write(self._packer.compress(line))
        self._dirty = True

    def flush(self) -> None:
        if self._dirty:
            self._file.write(self._packer.flush(zlib.Z_SYNC_FLUSH))
            self._dirty = False
        self._file.flush()

    def end(self) -> None:
        self._file.write(self._packer.flush())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def close(self) -> None:
        with suppress(OSError):  # what it could not write it tries again
            self._file.close()


def _sweep(today: Path, days: int) -> None:
    """Delete the recordings in the folders of days beside *today* that are older than *days*."""
    try:
        oldest = date.fromisoformat(today.name) - timedelta(days=days)
    except (ValueError, OverflowError):
        return
    for folder in today.parent.iterdir():
        with suppress(ValueError, OSError):  # no folder of a day; or it will be gone tomorrow
            if date.fromisoformat(folder.name) < oldest:
                for file in folder.glob(f"*{SUFFIX}"):
                    file.unlink()
                folder.rmdir()
