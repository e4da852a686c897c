"""Lines of a recorded file: plain, gzipped or zipped, and how far it has been read."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

from core.errors import ConfigError


class TextFile:
    """Reads one file's lines; a broken archive is a sentence, not a traceback."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = max(1, _size(path))
        self.read_bytes = 0

    def lines(self) -> Iterator[str]:
        """Yield the lines without a byte order mark.

        Raises:
            ConfigError: the file cannot be read or is not what its name says.
        """
        try:
            with ExitStack() as stack:
                raw = stack.enter_context(self.path.open("rb"))
                text = io.TextIOWrapper(self._open(raw, stack), "utf-8-sig")
                yield from self._counted(raw, stack.enter_context(text))
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{self.path.name} cannot be read as CSV, gzip or zip of CSV ({error}): "
                "fetch it again, or leave it out"
            ) from error
        self.read_bytes = self.size

    def _counted(self, raw: IO[bytes], text: io.TextIOWrapper) -> Iterator[str]:
        for number, line in enumerate(text):
            if number % 1024 == 0:
                self.read_bytes = raw.tell()
            yield line

    def _open(self, raw: IO[bytes], stack: ExitStack) -> IO[bytes]:
        if self.path.suffix == ".gz":
            return cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=raw)))
        if self.path.suffix != ".zip":
            return raw
        archive = stack.enter_context(zipfile.ZipFile(raw))
        names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
        if len(names) != 1:
            raise ConfigError(f"{self.path.name} must hold one CSV file, it holds {len(names)}")
        return stack.enter_context(archive.open(names[0]))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
