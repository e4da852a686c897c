"""Small notes that processes of one instance leave for each other in its run folder.

The tunnel leaves its URL, the bot its name. A note counts while the one who wrote it lives.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from utils.files import atomic_write

TUNNEL: Final = "tunnel"
BOT: Final = "bot"


def write_note(run_dir: Path, name: str, /, **said: str) -> None:
    """Leave a note, in place of this process's last one of that *name*.

    Raises:
        OSError: the folder or the disk refused.
    """
    note = {"pid": os.getpid(), **said}
    atomic_write(_place(run_dir, name), json.dumps(note).encode())


def remove_note(run_dir: Path, name: str) -> None:
    """Take this process's note *name* back, if there is one; another's stays."""
    note = _read(_place(run_dir, name))
    if note is not None and note.get("pid") == os.getpid():
        with contextlib.suppress(OSError):
            _place(run_dir, name).unlink()


@contextlib.contextmanager
def note(run_dir: Path, name: str, /, **said: str) -> Iterator[None]:
    """Leave a note for as long as this lasts.

    Raises:
        OSError: the folder or the disk refused.
    """
    write_note(run_dir, name, **said)
    try:
        yield
    finally:
        remove_note(run_dir, name)


def read_note(run_dir: Path, name: str) -> dict[str, Any] | None:
    """Return the note *name*, if whoever wrote it still lives."""
    found = _read(_place(run_dir, name))
    return found if found is not None and _lives(found.get("pid")) else None


def _place(run_dir: Path, name: str) -> Path:
    return run_dir / f"{name}.json"


def _read(path: Path) -> dict[str, Any] | None:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_bytes())
        if isinstance(found, dict):
            return found
    return None


def _lives(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it lives, and is another user's
        return True
    return True
