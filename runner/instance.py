"""One launcher and one engine for each data folder."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import filelock

from core.errors import ConfigError
from utils.files import atomic_write, make_private_folder

LOCK_NAME: Final = "launcher.lock"
NOTE_NAME: Final = "launcher.json"
ENGINE_LOCK_NAME: Final = "engine.lock"
# long enough to outlast one who only looks, see running_instance
PATIENCE_S: Final = 0.5


@contextlib.contextmanager
def only_instance(run_dir: Path, host: str, port: int) -> Iterator[bool]:
    """Hold the data folder that *run_dir* is in; the kernel lets go when this process dies.

    Yield whether the one who held it before was killed, so that its children may still be ending.

    Raises:
        ConfigError: another process holds it, or the folder cannot be written.
    """
    with _held(run_dir / LOCK_NAME, _taken):
        was_killed = (run_dir / NOTE_NAME).exists()
        try:
            note = {"pid": os.getpid(), "host": host, "port": port}
            atomic_write(run_dir / NOTE_NAME, json.dumps(note).encode())
            yield was_killed
        finally:
            (run_dir / NOTE_NAME).unlink(missing_ok=True)


@contextlib.contextmanager
def only_engine(run_dir: Path) -> Iterator[None]:
    """Hold the ledger that *run_dir* belongs to; the kernel lets go when this process dies.

    Raises:
        ConfigError: another engine holds it, or the folder cannot be written.
    """
    with _held(run_dir / ENGINE_LOCK_NAME, _traded_on):
        yield


@contextlib.contextmanager
def _held(path: Path, taken: Callable[[Path], str]) -> Iterator[None]:
    lock = filelock.FileLock(path, timeout=PATIENCE_S)
    run_dir = path.parent
    try:
        make_private_folder(run_dir)
        lock.acquire()
    except filelock.Timeout:
        raise ConfigError(taken(run_dir)) from None
    except OSError as error:
        raise ConfigError(f"data folder {run_dir.parent} cannot be used: {error}") from error
    try:
        yield
    finally:
        lock.release()


def running_instance(run_dir: Path) -> dict[str, Any] | None:
    """Return ``pid``, ``host`` and ``port`` of the launcher that holds the folder, if one does."""
    lock = filelock.FileLock(run_dir / LOCK_NAME, timeout=0)
    if not (run_dir / LOCK_NAME).exists():
        return None
    try:
        with lock:
            return None
    except filelock.Timeout:
        return _note(run_dir)


def _note(run_dir: Path) -> dict[str, Any] | None:
    with contextlib.suppress(OSError, ValueError):
        note = json.loads((run_dir / NOTE_NAME).read_text(encoding="utf-8"))
        if isinstance(note, dict):
            return note
    return None


def _traded_on(run_dir: Path) -> str:
    return f"another engine trades on data folder {run_dir.parent}"


def _taken(run_dir: Path) -> str:
    note = _note(run_dir) or {}
    who = f" as process {note['pid']} on port {note['port']}" if note else ""
    return (
        f"data folder {run_dir.parent} is in use: Quarterdeck already runs on it{who}; "
        "stop that one, or start this one with another --data-dir and --port"
    )
