"""Work that takes much memory for a moment, done by a short-lived child of the web worker.

Alembic, SciPy, a thorough compression or a very long history would double what the worker holds
for as long as it lives.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from core.errors import ConfigError, QuarterdeckError, SchemaError, StoreError
from infra.settings import ROOT
from store.access import access_database
from store.database import Database
from store.figures import Asked, Moment, earliest, performance
from store.results import closed_trades
from telegram_webapp.compression import THOROUGH

EXIT_CONFIG: Final = 2
MOST_TRADES: Final = 300_000  # of which a child holds half a gigabyte
PATIENCE_S: Final = 90.0

Child = subprocess.CompletedProcess[bytes]


class LongHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Which figures of a very long history are wanted; the URL may hold a password."""

    database_url: str
    account_id: int
    asked: Asked
    moment: Moment


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two strategies and what each of their trades made, in %."""

    names: tuple[str, str]
    returns: tuple[list[float], list[float]]


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
        child = _child("upgrade", str(path))
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
    child = _child("pack", str(path), encoding)
    if child.returncode:
        raise OSError(f"compressing {path} failed: {_last_words(child)}")
    return child.stdout


def compare_apart(pair: Pair) -> bytes:
    """Return the JSON of `core.comparison.Comparison` of two strategies.

    Raises:
        StoreError: it could not be worked out.
    """
    return _worked_out("compare", pair)


def figures_apart(wanted: LongHistory) -> bytes:
    """Return the JSON of the figures of a history that is too long to hold here.

    Raises:
        StoreError: it is too long for anybody, or the database refused.
    """
    return _worked_out("figures", wanted)


def _worked_out(name: str, wanted: msgspec.Struct) -> bytes:
    """Return what the child *name* answers to *wanted*, which it reads from its input.

    Raises:
        StoreError: it failed, or took too long.
    """
    try:
        child = _child(name, given=msgspec.json.encode(wanted))
    except subprocess.TimeoutExpired:
        raise StoreError(f"the figures were not worked out within {PATIENCE_S:.0f} s") from None
    if child.returncode:
        raise StoreError(_last_words(child))
    return child.stdout


def _pack(path: str, encoding: str) -> None:
    sys.stdout.buffer.write(THOROUGH[encoding](Path(path).read_bytes()))


def _upgrade(path: str) -> None:
    access_database(Path(path)).migrate()


def _compare() -> None:
    # here, so that what only sends errands stays small
    from core.comparison import compare  # noqa: PLC0415

    pair = msgspec.json.decode(sys.stdin.buffer.read(), type=Pair)
    sys.stdout.buffer.write(msgspec.json.encode(compare(pair.names, *pair.returns)))


def _figures() -> None:
    """Work out what is asked for.

    Raises:
        StoreError: the history is too long, or the database refused.
    """
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=LongHistory)
    database = Database(wanted.database_url)
    since = earliest(wanted.asked, wanted.moment)
    trades = closed_trades(database, wanted.account_id, since, limit=MOST_TRADES + 1)
    if len(trades) > MOST_TRADES:
        raise StoreError(f"more than {MOST_TRADES:,} trades are too many: choose a shorter range")
    body = performance(database, wanted.account_id, trades, wanted.asked, wanted.moment)
    sys.stdout.buffer.write(body)


ERRANDS: Final[Mapping[str, Callable[..., None]]] = {
    "upgrade": _upgrade, "pack": _pack, "compare": _compare, "figures": _figures,
}  # fmt: skip


def main(name: str, *given: str) -> int:
    """Do one errand; return the exit code."""
    try:
        ERRANDS[name](*given)
    except QuarterdeckError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG if isinstance(error, ConfigError) else 1
    return 0


def _child(*errand: str, given: bytes | None = None) -> Child:
    command = [sys.executable, "-m", "telegram_webapp.errands", *errand]
    return subprocess.run(  # noqa: S603 (ours)
        command, cwd=ROOT, input=given, capture_output=True, check=False,
        timeout=None if given is None else PATIENCE_S,
    )  # fmt: skip


def _last_words(child: Child) -> str:
    last = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return last or f"exit code {child.returncode}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
