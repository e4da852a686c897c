"""Files that are never seen half-written."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def atomic_write(path: Path, data: bytes, mode: int = 0o600, *, durable: bool = True) -> None:
    """Replace *path* by *data* so that a reader sees the old bytes or the new, never a part.

    The bytes are on the disk when this returns: the file is synced before it takes its name,
    its folder after. What is not *durable* may be lost with the machine, and waits for no disk.

    Raises:
        OSError: the folder or the disk refused; *path* is as it was and nothing is left behind.
    """
    prefix, suffix = _unfinished(path)
    descriptor, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    if durable:
        sync_folder(path.parent)


def remove_unfinished(path: Path) -> None:
    """Remove what processes that were killed in `atomic_write` of *path* left behind.

    Call it while no other process writes *path*.
    """
    prefix, suffix = _unfinished(path)
    for left in path.parent.glob(f"{prefix}*{suffix}"):
        left.unlink(missing_ok=True)


def _unfinished(path: Path) -> tuple[str, str]:
    """Return how the names of files that are to become *path* begin and end."""
    return f".{path.name}.", ".new"


def make_private_folder(path: Path) -> None:
    """Create *path* and its parents, readable by their owner alone; leave what exists as it is.

    Raises:
        OSError: it cannot be created, or something that is no folder has its name.
    """
    if not path.parent.exists():
        make_private_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Bring the names in *folder* to the disk.

    Raises:
        OSError: the disk refused.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
