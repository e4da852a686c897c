"""Copies of a database made while it is used, and how one is put back.

A SQLite copy is read inside one transaction, so that it is one moment however long it takes and
is not begun again by each commit; in WAL mode that holds up no writer.
Source: https://www.sqlite.org/backup.html and https://www.sqlite.org/isolation.html
"""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import URL

from core.errors import ConfigError, StoreError
from store import schema
from store.database import ACCESS_MIGRATIONS, TRADING_MIGRATIONS, Database
from utils.files import make_private_folder, sync_folder

PAGES_AT_ONCE: Final = 500
PAUSE_S: Final = 0.002
BUSY_TIMEOUT_S: Final = 5.0
DUMP_TIMEOUT_S: Final = 3600
# the tables that tell whose file it is
KINDS: Final = {"journal": TRADING_MIGRATIONS, "api_keys": ACCESS_MIGRATIONS}


def stamp_of(now: int) -> str:
    """Return *now* (ms) as it stands in names of copies, UTC."""
    return f"{datetime.fromtimestamp(now / 1000, UTC):%Y%m%dT%H%M%SZ}"


def back_up(
    database: Database, folder: Path, now: int, environment: Mapping[str, str] | None = None
) -> Path:
    """Copy *database* as it is at one moment into *folder*; return the copy, which was verified.

    Args:
        database: what to copy.
        folder: where to; made if it is missing.
        now: wall clock, ms, for the name.
        environment: what PostgreSQL's own program is to be given.

    Raises:
        ConfigError: a program that this needs is missing, or the file is damaged.
        StoreError: the copy cannot be made; nothing is left behind.
    """
    path = database.path
    if path is None:
        return _dump(database.url, folder, now, environment or {})
    if not path.exists():
        raise ConfigError(f"database {path} does not exist: start Quarterdeck once, it makes it")
    with _new_file(folder, f"{path.stem}-{stamp_of(now)}", ".db") as (partial, copy):
        try:
            _copy(path, partial, used=True)
            faults = _faults(partial, used=False)
        except sqlite3.Error as error:
            raise StoreError(f"database {path} cannot be copied to {folder}: {error}") from error
        if faults:
            raise ConfigError(f"database {path} is damaged, so no copy was kept: {faults}")
    return copy


def integrity_faults(path: Path) -> str:
    """Return what SQLite finds wrong in the file *path*, empty when it is whole.

    Raises:
        StoreError: it cannot be read now.
    """
    try:
        return _faults(path, used=True)
    except sqlite3.Error as error:
        raise StoreError(f"database {path} cannot be checked: {error}") from error


def migrations_of(path: Path) -> Path:
    """Return the migrations of the SQLite file *path*, having seen that it is whole and known.

    Raises:
        ConfigError: it is missing, damaged, not ours, or made by a newer version.
    """
    if not path.is_file():
        raise ConfigError(f"file {path} does not exist")
    try:
        with closing(_reader(path, used=False)) as reader:
            query = "SELECT name FROM sqlite_master WHERE type = 'table'"
            names = {name for (name,) in reader.execute(query)}
        faults = _faults(path, used=False)
    except sqlite3.Error as error:
        raise ConfigError(f"file {path} is no database that can be restored: {error}") from error
    if faults:
        raise ConfigError(f"file {path} is damaged and was not restored: {faults}")
    found = next((KINDS[name] for name in KINDS if name in names), None)
    if found is None or schema.VERSION_TABLE not in names:
        raise ConfigError(f"file {path} is neither a ledger nor the keys of Quarterdeck")
    _refuse_newer(path, found)
    return found


def put_back(source: Path, target: Path, now: int) -> Path | None:
    """Put a copy of *source* in the place of *target*; return where that was set aside, if it was.

    Nobody else may have *target* open. Until the very last step it is as it was.

    Raises:
        ConfigError: *source* is not fit, or another program has *target* open.
        StoreError: the disk refused; *target* is as it was.
    """
    migrations_of(source)
    stem = f"{target.stem}-{stamp_of(now)}-replaced"
    partial = target.with_name(f".{target.name}.{os.getpid()}.restored")
    try:
        make_private_folder(target.parent)
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        _copy(source, partial, used=False)
        migrations_of(partial)
        _sync(partial)
        kept = _set_aside(target, stem)
        partial.replace(target)
        sync_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{source} was not restored to {target}: {error}") from error
    finally:
        _remove(partial)
    return kept


def _copy(source: Path, target: Path, *, used: bool) -> None:
    with closing(_reader(source, used=used)) as reader, closing(sqlite3.connect(target)) as writer:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()  # its moment begins here
        reader.backup(writer, pages=PAGES_AT_ONCE, progress=lambda *_: time.sleep(PAUSE_S))


def _reader(path: Path, *, used: bool) -> sqlite3.Connection:
    """Open *path* to read; a copy that nobody uses gets no files beside it."""
    alone = not used and not path.with_name(f"{path.name}-wal").exists()
    how = "mode=ro&immutable=1" if alone else "mode=rw"
    return sqlite3.connect(
        f"file:{quote(str(path))}?{how}", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
    )


def _faults(path: Path, *, used: bool) -> str:
    with closing(_reader(path, used=used)) as reader:
        told = [str(line) for (line,) in reader.execute("PRAGMA integrity_check(3)")]
    return "" if told == ["ok"] else "; ".join(told)


def _refuse_newer(path: Path, migrations: Path) -> None:
    with closing(_reader(path, used=False)) as reader:
        row = reader.execute(f"SELECT version_num FROM {schema.VERSION_TABLE}").fetchone()  # noqa: S608 - a constant
    known = schema.known_revisions(migrations)
    schema.refuse_newer(None if row is None else str(row[0]), known, str(path))


def _set_aside(target: Path, stem: str) -> Path | None:
    """Give the present file a second name under ``backups/``, with all that belongs to it.

    Raises:
        ConfigError: another program has it open.
    """
    if not target.exists():
        return None
    folder = target.parent / "backups"
    make_private_folder(folder)
    _fold_wal(target)
    kept = _free_name(folder, stem, ".db")
    kept.hardlink_to(target)
    for tail in ("-wal", "-shm"):  # left only by a file that is damaged
        beside = target.with_name(target.name + tail)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + tail))
    sync_folder(folder)
    return kept


def _fold_wal(target: Path) -> None:
    """Bring everything into the file itself, which SQLite grants only to one who is alone.

    Raises:
        ConfigError: another program has it open.
    """
    try:
        with closing(sqlite3.connect(target, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise ConfigError(
                f"database {target} is open in another program: stop that one first"
            ) from error
    except sqlite3.DatabaseError:
        return  # damaged: it is kept as it is


@contextmanager
def _new_file(folder: Path, stem: str, suffix: str) -> Iterator[tuple[Path, Path]]:
    """Lend a private file to fill and the name it gets at the end; after an error none is left.

    Raises:
        StoreError: the folder or the disk refused.
    """
    partial = folder / f".{stem}.{os.getpid()}.partial"
    try:
        make_private_folder(folder)
        partial.touch(mode=0o600)
        copy = _free_name(folder, stem, suffix)
        yield partial, copy
        _sync(partial)
        partial.rename(copy)
        sync_folder(folder)
    except OSError as error:
        raise StoreError(f"no copy can be made in {folder}: {error}") from error
    finally:
        _remove(partial)


def _free_name(folder: Path, stem: str, suffix: str) -> Path:
    copy, number = folder / f"{stem}{suffix}", 1
    while copy.exists():
        number += 1
        copy = folder / f"{stem}-{number}{suffix}"
    return copy


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _remove(partial: Path) -> None:
    for tail in ("", "-journal", "-wal", "-shm"):
        with suppress(OSError):
            partial.with_name(partial.name + tail).unlink()


def _dump(url: URL, folder: Path, now: int, environment: Mapping[str, str]) -> Path:
    """Have PostgreSQL's own program copy the database; the password is never on a command line.

    Raises:
        ConfigError: the program is missing.
        StoreError: it could not.
    """
    program = shutil.which("pg_dump")
    if program is None:
        raise ConfigError(
            "a backup of PostgreSQL needs the program pg_dump: install PostgreSQL's client "
            "programs (on Debian and Ubuntu the package postgresql-client)"
        )
    place = url.set(drivername="postgresql", password=None).render_as_string()
    secret = {"PGPASSWORD": url.password} if url.password else {}
    with _new_file(folder, f"{url.database}-{stamp_of(now)}", ".dump") as (partial, copy):
        command = [program, "--format=custom", "--no-password", f"--file={partial}", place]
        try:
            done = subprocess.run(  # noqa: S603 - a program of the path, our own words
                command, env={**environment, **secret}, capture_output=True, text=True,
                timeout=DUMP_TIMEOUT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise StoreError(f"pg_dump did not end within {DUMP_TIMEOUT_S} s") from error
        if done.returncode:
            raise StoreError(f"pg_dump could not copy the database: {done.stderr.strip()}")
    return copy
