"""``data/dashboard_state.json``: the snapshot on disk, whole at every instant."""

from pathlib import Path

import msgspec

from core.dashboard import SCHEMA_VERSION
from core.errors import ConfigError
from utils.files import atomic_write, remove_unfinished


class _Head(msgspec.Struct):
    schema_version: int
    epoch: str
    seq: int
    state: dict[str, object]


class StateFile:
    """Writes snapshots; a file it cannot vouch for is kept aside, never overwritten."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written_seq = -1

    def set_aside(self, at: int) -> str:
        """Keep a broken or newer file under another name; return a sentence about it, or ''.

        Raises:
            ConfigError: it cannot be renamed.
        """
        try:
            head = msgspec.json.decode(self.path.read_bytes(), type=_Head)
        except FileNotFoundError:
            return ""
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
            reason = f"it cannot be read ({error})"
        else:
            if head.schema_version <= SCHEMA_VERSION:
                return ""
            reason = (
                f"its schema version is {head.schema_version}, this program knows {SCHEMA_VERSION}"
            )
        try:
            aside = self.path.rename(self._free_name(at))
        except OSError as error:
            raise ConfigError(
                f"{self.path} is no state file of this program, for {reason}, and it cannot be "
                f"set aside ({error.strerror}): move it away"
            ) from error
        return f"{self.path.name} was set aside as {aside.name}: {reason}. A new one is written."

    def _free_name(self, at: int) -> Path:
        name = f"{self.path.name}.kept-{at}"
        aside, number = self.path.with_name(name), 1
        while aside.exists():
            number += 1
            aside = self.path.with_name(f"{name}-{number}")
        return aside

    def sweep(self) -> None:
        """Remove what a killed engine left of a file it was writing."""
        remove_unfinished(self.path)

    def write(self, seq: int, snapshot: bytes) -> None:
        """Replace the file by *snapshot*, or leave the old one as it is.

        Raises:
            OSError: the disk refused; the old file is still whole.
        """
        atomic_write(self.path, snapshot)
        self.written_seq = seq
