"""The files of a recording, in the order they were written."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigError, DataError
from exchange.real.recording import FORMAT, SUFFIX, Frame, Head, Line, RawFile, decoded


@dataclass(frozen=True, slots=True)
class Part:
    """One file and how it begins."""

    path: Path
    head: Head
    size: int


def is_raw(path: Path) -> bool:
    """Return whether *path* is a recording of an exchange, or a folder, which may hold some."""
    return path.is_dir() or path.name.endswith(SUFFIX)


def parts_of(paths: Sequence[Path]) -> list[Part]:
    """Return the files among *paths*, and in the folders among them, oldest first.

    Raises:
        ConfigError: there is none, one cannot be read, or they are of several exchanges.
    """
    files: set[Path] = set()
    for path in paths:
        files.update(path.rglob(f"*{SUFFIX}") if path.is_dir() else [path])
    if not files:
        raise ConfigError(
            f"{', '.join(path.name for path in paths)} holds no recording (*{SUFFIX}): name a "
            "folder in which --record has written"
        )
    parts = sorted((_part(path) for path in files), key=lambda part: part.head.at)
    exchanges = sorted({part.head.exchange for part in parts})
    if len(exchanges) > 1:
        raise ConfigError(
            f"the recordings are of {' and '.join(exchanges)}: replay one exchange at a time"
        )
    return parts


def _part(path: Path) -> Part:
    try:
        line = decoded(next(RawFile(path).lines(), b""))
        size = path.stat().st_size
    except (DataError, OSError) as error:
        raise ConfigError(f"{path.name} cannot be replayed: {error}. Leave it out") from error
    if not isinstance(line, Head):
        raise ConfigError(f"{path.name} does not begin as a recording does: leave it out")
    if line.format != FORMAT:
        raise ConfigError(
            f"{path.name} is of format {line.format}, this version reads {FORMAT}: use the one "
            "that wrote it"
        )
    return Part(path, line, size)


def opening(part: Part) -> Iterator[Line]:
    """Yield what *part* holds before the first frame.

    Raises:
        ConfigError: a line cannot be read.
    """
    try:
        for written in RawFile(part.path).lines():
            line = decoded(written)
            if isinstance(line, Frame):
                return
            yield line
    except (DataError, OSError) as error:
        raise ConfigError(f"{part.path.name} cannot be replayed: {error}") from error


def identity(parts: Sequence[Part]) -> str:
    """Return a short name for a set of files: by names and sizes, whatever their folder."""
    text = "\n".join(sorted(f"{part.path.name} {part.size}" for part in parts))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
