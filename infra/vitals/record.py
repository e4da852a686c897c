"""What a process tells of itself, in a file of its own that the others read."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from utils.files import atomic_write, make_private_folder

FOLDER: Final = "vitals"
PERIODS: Final = 3  # older than so many periods is not of now
LEFT_MS: Final = 600_000  # after that nobody wants to know of one that is gone
MOST_BYTES: Final = 64 * 1024
NAME: Final = re.compile(r"^(engine|web|bot|launcher)-\d{1,10}\.json$")

Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
Amount = Annotated[float, msgspec.Meta(ge=0, le=1e15)]

log: Final = logging.getLogger(__name__)


class Lag(msgspec.Struct, frozen=True):
    """How late an event loop came to what was due, ms."""

    p50_ms: Amount
    p95_ms: Amount
    p99_ms: Amount
    max_ms: Amount


class Vitals(msgspec.Struct, frozen=True, kw_only=True):
    """One process at one moment; times are the wall clock's, ms.

    ``cpu_pct`` is of one core since the sample before. What a system does not tell is None.
    ``counters`` are the process's own, such as the launcher's ``restarts``.
    """

    name: str
    pid: Count
    at: Count
    started_at: Count
    cpu_pct: Amount
    rss_bytes: Count
    open_files: Count | None = None
    threads: Count = 1
    lag: Lag | None = None
    counters: dict[str, Any] = {}


_decode: Final = msgspec.json.Decoder(Vitals).decode


def vitals_folder(run_dir: Path) -> Path:
    """Return where the files of all processes are."""
    return run_dir / FOLDER


def write_vitals(run_dir: Path, vitals: Vitals) -> None:
    """Replace the file of this process.

    Raises:
        OSError: the disk refused.
    """
    folder = vitals_folder(run_dir)
    make_private_folder(folder)
    path = folder / f"{vitals.name}-{vitals.pid}.json"
    atomic_write(path, msgspec.json.encode(vitals), durable=False)


def forget_vitals(run_dir: Path, name: str, pid: int) -> None:
    """Remove the file of a process that ends."""
    with suppress(OSError):
        (vitals_folder(run_dir) / f"{name}-{pid}.json").unlink(missing_ok=True)


def read_vitals(run_dir: Path) -> Iterator[Vitals]:
    """Yield what the processes told last, however long ago.

    A file that is gone meanwhile, not to be read, or nothing of ours is passed over.
    """
    try:
        paths = sorted(vitals_folder(run_dir).iterdir())
    except OSError:
        return
    for path in paths:
        if NAME.fullmatch(path.name):
            found = _read(path)
            if found is not None:
                yield found


def sweep_vitals(run_dir: Path, now: int) -> None:
    """Remove what processes that ended long before *now* (ms) left behind."""
    with suppress(OSError):
        for path in vitals_folder(run_dir).iterdir():
            if now - path.stat().st_mtime_ns // 1_000_000 > LEFT_MS:
                path.unlink(missing_ok=True)


def newest(run_dir: Path, now: int, period_s: float) -> Mapping[str, list[tuple[Vitals, bool]]]:
    """Return of each name its processes with whether they are fresh; gone ones only if all are.

    What a newer process of the name has taken the place of is left out.
    """
    limit_ms = PERIODS * period_s * 1000
    found: dict[str, list[tuple[Vitals, bool]]] = {}
    for vitals in read_vitals(run_dir):
        found.setdefault(vitals.name, []).append((vitals, abs(now - vitals.at) <= limit_ms))
    for name, those in found.items():
        fresh = [one for one in those if one[1]]
        found[name] = fresh or [max(those, key=lambda one: one[0].at)]
    return found


def _read(path: Path) -> Vitals | None:
    try:
        with path.open("rb") as file:
            vitals = _decode(file.read(MOST_BYTES + 1))
    except (OSError, ValueError, RecursionError) as error:
        log.debug("%s is passed over: %s", path.name, error)
        return None
    return vitals if path.name == f"{vitals.name}-{vitals.pid}.json" else None
