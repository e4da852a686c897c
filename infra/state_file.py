"""Reading the state an engine left on disk, for the time it is away."""

import logging
from pathlib import Path
from typing import Any, Final

import msgspec

from core.dashboard import SCHEMA_VERSION, empty_state
from core.errors import BusError

log = logging.getLogger(__name__)


class SnapshotData(msgspec.Struct, frozen=True):
    """A snapshot event's data, which is also what the state file holds."""

    schema_version: int
    epoch: str
    seq: int
    at: int
    state: dict[str, Any]


class _Version(msgspec.Struct):
    schema_version: int


_decode: Final = msgspec.json.Decoder(SnapshotData).decode


def read_snapshot(data: bytes) -> SnapshotData:
    """Return the whole state with which a subscription begins.

    Raises:
        BusError: it is not a snapshot of the version this process knows.
    """
    try:
        whole = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BusError(f"the engine's snapshot could not be read: {error}") from error
    if whole.schema_version != SCHEMA_VERSION:
        raise BusError(
            f"the engine speaks schema {whole.schema_version}, this process {SCHEMA_VERSION}"
        )
    return whole


def read_state_file(path: Path) -> tuple[SnapshotData, int] | None:
    """Return the state in *path* and when it was written (wall clock, ms), or None.

    A file that is not a state of our schema is said and ignored; the next engine, whose file
    it is, keeps it aside.
    """
    try:
        text = path.read_bytes()
        written_at = path.stat().st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("The state file %s cannot be read: %s", path, error.strerror)
        return None
    try:
        return _validated(text), written_at
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        log.warning("The state file %s is not usable and is left as it is: %s", path, error)
        return None


def _validated(text: bytes) -> SnapshotData:
    version = msgspec.json.decode(text, type=_Version).schema_version
    if version != SCHEMA_VERSION:
        raise ValueError(f"its schema_version must be {SCHEMA_VERSION}, was {version}")
    whole = msgspec.json.decode(text, type=SnapshotData)
    for section, empty in empty_state().items():
        held = whole.state.get(section)
        if type(held) is not type(empty):
            kind = type(empty).__name__
            raise ValueError(f"its section {section} must be a {kind}, was a {type(held).__name__}")
    return whole
