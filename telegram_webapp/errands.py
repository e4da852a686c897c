"""Work that takes much memory for a moment, done by a short-lived child of the web worker.

Alembic and a thorough compression would double what the worker holds for as long as it lives.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from core.errors import ConfigError, SchemaError, StoreError
from infra.settings import ROOT
from store.access import access_database
from telegram_webapp.compression import THOROUGH

EXIT_CONFIG: Final = 2
_UPGRADE: Final = "upgrade"
_PACK: Final = "pack"


def upgrade_apart(path: Path) -> None:
    """Make or upgrade the database of credentials at *path*, unless it is as it should be.

    Raises:
        ConfigError: the file is damaged, not ours, newer than this version, or cannot be made.
        StoreError: the database refused.
    """
    database = access_database(path)
    try:
        database.check_version()
    except SchemaError:
        child = _child(_UPGRADE, str(path))
        if child.returncode == EXIT_CONFIG:
            raise ConfigError(_last_words(child)) from None
        if child.returncode:
            raise StoreError(f"database {path} was not upgraded: {_last_words(child)}") from None
    finally:
        database.close()


def pack_apart(path: Path, encoding: str) -> bytes:
    """Return the file *path* compressed thoroughly as *encoding*.

    Raises:
        OSError: it could not be done.
    """
    child = _child(_PACK, str(path), encoding)
    if child.returncode:
        raise OSError(f"compressing {path} failed: {_last_words(child)}")
    return child.stdout


def main(name: str, path: Path, *encoding: str) -> int:
    """Do one errand; return the exit code."""
    if name == _PACK:
        sys.stdout.buffer.write(THOROUGH[encoding[0]](path.read_bytes()))
        return 0
    try:
        access_database(path).migrate()
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    return 0


def _child(*errand: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "telegram_webapp.errands", *errand]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603 (ours)


def _last_words(child: "subprocess.CompletedProcess[bytes]") -> str:
    last = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return last or f"exit code {child.returncode}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:]))
