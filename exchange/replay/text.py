"""Lines of a recorded file: plain, gzipped or zipped."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final, cast

from core.errors import ConfigError

MOST_SAID: Final = 200

# What a broken file makes the readers raise; zipfile says a password is needed by RuntimeError.
_BROKEN: Final = (
    OSError, EOFError, RuntimeError, UnicodeDecodeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of *path* without a byte order mark.

    Raises:
        ConfigError: the file cannot be read or is not what its name says.
    """
    try:
        with ExitStack() as stack:
            raw = stack.enter_context(path.open("rb"))
            yield from stack.enter_context(io.TextIOWrapper(_open(path, raw, stack), "utf-8-sig"))
    except _BROKEN as error:
        why = str(error)[:MOST_SAID]  # it may quote the file
        raise ConfigError(
            f"{path.name} cannot be read as CSV, gzip or zip of CSV in UTF-8 ({why}): "
            "fetch it again, or leave it out"
        ) from error


def _open(path: Path, raw: IO[bytes], stack: ExitStack) -> IO[bytes]:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=raw)))
    if suffix != ".zip":
        return raw
    archive = stack.enter_context(zipfile.ZipFile(raw))
    names = [
        name
        for name in archive.namelist()
        if name.lower().endswith(".csv") and not name.startswith("__MACOSX/")
    ]
    if len(names) != 1:
        raise ConfigError(f"{path.name} must hold one CSV file, it holds {len(names)}")
    return stack.enter_context(archive.open(names[0]))
