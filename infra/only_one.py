"""Lets only one process at a time do what two would do twice."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from core.errors import QuarterdeckError


@contextlib.contextmanager
def only_one(path: Path, refusal: str) -> Iterator[None]:
    """Hold the lock file *path*; the system lets go of it however this process ends.

    Raises:
        OSError: the folder or the disk refused.
        QuarterdeckError: another holds it; *refusal* is what it says.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise QuarterdeckError(refusal) from None
        yield
