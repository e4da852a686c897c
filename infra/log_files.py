"""What each process said lately, kept beside the data: two files a process, never more."""

import fcntl
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from typing_extensions import override

from utils.files import make_private_folder

PROCESSES: Final = ("engine", "web", "bot", "tunnel", "launcher")
HALF_BYTES: Final = 4 * 1024 * 1024
PRIVATE: Final = 0o600


def log_paths(folder: Path, process: str) -> tuple[Path, Path]:
    """Return the files of *process* in *folder*: what it says now, and what it said before."""
    return folder / f"{process}.log", folder / f"{process}.log.1"


class LogFile:
    """The newest lines of one process, also when it has forked: each part opens it anew.

    Promise: it raises nothing, for a full disk may cost lines, never the process; of one process
    there are at most twice *half_bytes* and the last line.
    """

    def __init__(self, folder: Path, process: str, half_bytes: int = HALF_BYTES) -> None:
        self._path, self._older = log_paths(folder, process)
        self._half_bytes = half_bytes
        self._open: tuple[int, int] | None = None  # whose descriptor, and which

    def write(self, line: str) -> None:
        """Add *line*, which no secret may be in."""
        with suppress(OSError):
            os.write(self._descriptor(), f"{line}\n".encode("utf-8", "replace"))

    def close(self) -> None:
        """Let go of the file; the next line opens it again."""
        if self._open is not None:
            with suppress(OSError):
                os.close(self._open[1])
            self._open = None

    def _descriptor(self) -> int:
        """Return where the next line goes.

        Raises:
            OSError: the disk or the folder refuses.
        """
        if self._open is not None and self._open[0] != os.getpid():
            self.close()  # the parent keeps its own: a lock on one they share would hold nothing
        if self._open is not None and not self._is_full(self._open[1]):
            return self._open[1]
        self.close()
        make_private_folder(self._path.parent)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._path, flags, PRIVATE)
        self._open = os.getpid(), descriptor
        return descriptor

    def _is_full(self, descriptor: int) -> bool:
        """Return whether another file must be opened: this one is full, or it is put away."""
        if not self._is_current(descriptor):
            return True
        if os.fstat(descriptor).st_size < self._half_bytes:
            return False
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if self._is_current(descriptor):  # else another part of the process was first
            self._path.replace(self._older)
        return True

    def _is_current(self, descriptor: int) -> bool:
        try:
            return self._path.stat().st_ino == os.fstat(descriptor).st_ino
        except FileNotFoundError:
            return False


class LogFileHandler(logging.Handler):
    """Adds each record to a `LogFile`, in the words of the handler's formatter."""

    def __init__(self, file: LogFile) -> None:
        super().__init__()
        self._file = file

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Write *record*."""
        self._file.write(self.format(record))

    @override
    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        super().close()
