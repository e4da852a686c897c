import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.errors import ConfigError, SchemaError, StoreError
from store import tables
from store.access import AccessStore, Role
from store.accounts import find_or_create_account
from store.backup import back_up, migrations_of, put_back, stamp_of
from store.database import ACCESS_MIGRATIONS, TRADING_MIGRATIONS, Database
from store.writer import Writer
from tests.services import require, wait_until
from tests.store import samples

NOW = 1_795_255_200_000
STAMP = "20261121T100000Z"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy, for making one takes longer than these tests."""
    path = tmp_path_factory.mktemp("empty") / "quarterdeck.db"
    with closing(Database(f"sqlite:///{path}")) as database:
        database.migrate()
    return path


@pytest.fixture
def sqlite_path(empty: Path, tmp_path: Path) -> Path:
    path = tmp_path / "data" / "quarterdeck.db"
    path.parent.mkdir()
    shutil.copy(empty, path)
    return path


def opened(path: Path) -> Database:
    return Database(f"sqlite:///{path}")


def filled(path: Path, batches: int = 3) -> None:
    with closing(opened(path)) as database:
        owner = find_or_create_account(database, "m", Decimal(1), now=1).id
        writer = Writer(database, owner, durable=False)
        for number in range(batches):
            writer.commit(samples.batch(number))


def entries(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("SELECT source_id FROM journal ORDER BY id")]


@contextmanager
def busy_writer(database: Database) -> Iterator[list[int]]:
    """Commit batches one after the other from another thread; yield the numbers committed."""
    writer = Writer(database, find_or_create_account(database, "m", Decimal(1), now=1).id)
    done, committed = threading.Event(), list[int]()

    def write() -> None:
        while not done.is_set():
            writer.commit(samples.batch(len(committed)))
            committed.append(len(committed))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield committed
    finally:
        done.set()
        thread.join()


def test_a_copy_made_under_a_busy_writer_is_one_moment_and_holds_nobody_up(
    sqlite_path: Path,
) -> None:
    with closing(opened(sqlite_path)) as database, busy_writer(database) as committed:
        wait_until(lambda: len(committed) > 20, "something is written")
        before = len(committed)

        copy = back_up(database, sqlite_path.parent / "backups", NOW)

        after = len(committed)
        wait_until(lambda: len(committed) > after, "writing goes on")
    told = entries(copy)
    whole = len(told) // 3
    assert told == [e.source_id for n in range(whole) for e in samples.batch(n).journal]
    assert before <= whole <= after + 1


def test_a_copy_is_named_private_and_leaves_nothing_else(sqlite_path: Path) -> None:
    filled(sqlite_path)
    folder = sqlite_path.parent / "backups"
    with closing(opened(sqlite_path)) as database:
        copies = [back_up(database, folder, NOW) for _ in range(2)]

    assert [copy.name for copy in copies] == [
        f"quarterdeck-{STAMP}.db", f"quarterdeck-{STAMP}-2.db",
    ]  # fmt: skip
    assert sorted(folder.iterdir()) == sorted(copies)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(copy.stat().st_mode) for copy in copies} == {0o600}
    assert stamp_of(NOW) == STAMP


def test_a_damaged_database_leaves_no_copy(sqlite_path: Path) -> None:
    filled(sqlite_path, batches=200)
    damage(sqlite_path)

    with (
        closing(opened(sqlite_path)) as database,
        pytest.raises((ConfigError, StoreError), match=r"damaged|cannot be copied"),
    ):
        back_up(database, sqlite_path.parent / "backups", NOW)

    assert not list((sqlite_path.parent / "backups").iterdir())


def damage(path: Path) -> None:
    """Write over pages in the middle of the file."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xa5" * 3 * 4096)


def test_a_folder_that_cannot_be_made_is_told(sqlite_path: Path, tmp_path: Path) -> None:
    filled(sqlite_path)
    (tmp_path / "file").touch()

    with (
        closing(opened(sqlite_path)) as database,
        pytest.raises(StoreError, match="no copy can be made in"),
    ):
        back_up(database, tmp_path / "file" / "backups", NOW)


def test_what_is_put_back_is_what_was_copied_and_the_present_is_kept(sqlite_path: Path) -> None:
    filled(sqlite_path, batches=2)
    with closing(opened(sqlite_path)) as database:
        copy = back_up(database, sqlite_path.parent / "backups", NOW)
    filled(sqlite_path, batches=5)

    kept = put_back(copy, sqlite_path, NOW)

    assert kept == copy.with_name(f"quarterdeck-{STAMP}-replaced.db")
    assert (len(entries(sqlite_path)), len(entries(kept))) == (6, 15)
    assert stat.S_IMODE(sqlite_path.stat().st_mode) == 0o600
    with closing(opened(sqlite_path)) as database, database.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.trades)).scalar() == 2
    assert sorted(p.name for p in sqlite_path.parent.iterdir()) == ["backups", "quarterdeck.db"]


def test_commits_that_are_only_in_the_log_of_a_killed_writer_are_set_aside_too(
    sqlite_path: Path, tmp_path: Path
) -> None:
    filled(sqlite_path, batches=1)
    copy = tmp_path / "copy.db"
    shutil.copy(sqlite_path, copy)
    with closing(opened(sqlite_path)) as database:
        writer = Writer(database, find_or_create_account(database, "m", Decimal(1), now=1).id)
        writer.commit(samples.batch(7))
        killed = tmp_path / "killed"  # its folder as a kill leaves it
        shutil.copytree(sqlite_path.parent, killed)
    assert (killed / "quarterdeck.db-wal").stat().st_size

    kept = put_back(copy, killed / "quarterdeck.db", NOW)

    assert kept is not None
    assert len(entries(kept)) == 6
    assert len(entries(killed / "quarterdeck.db")) == 3


def test_a_damaged_present_file_is_replaced_and_kept_as_it_is(
    sqlite_path: Path, tmp_path: Path
) -> None:
    filled(sqlite_path)
    copy = tmp_path / "copy.db"
    shutil.copy(sqlite_path, copy)
    sqlite_path.write_bytes(b"somebody's diary " * 1000)

    kept = put_back(copy, sqlite_path, NOW)

    assert kept is not None
    assert kept.read_bytes() == b"somebody's diary " * 1000
    assert len(entries(sqlite_path)) == 9


def test_a_file_that_is_open_elsewhere_is_not_replaced(sqlite_path: Path, tmp_path: Path) -> None:
    filled(sqlite_path)
    copy = tmp_path / "copy.db"
    shutil.copy(sqlite_path, copy)
    before = entries(sqlite_path)
    with closing(opened(sqlite_path)) as reader:
        with reader.read() as connection:
            connection.execute(select(tables.accounts)).all()
        with pytest.raises(ConfigError, match="is open in another program"):
            put_back(copy, sqlite_path, NOW)

    assert entries(sqlite_path) == before
    assert not list(sqlite_path.parent.glob(".*restored*"))


def test_into_an_empty_folder_it_is_put_too(sqlite_path: Path, tmp_path: Path) -> None:
    filled(sqlite_path)

    assert put_back(sqlite_path, tmp_path / "new" / "quarterdeck.db", NOW) is None

    assert len(entries(tmp_path / "new" / "quarterdeck.db")) == 9


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def text(path: Path) -> None:
    path.write_text("no database", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (newer, "has schema 9999, this version knows up to"),
        (foreign, "is neither a ledger nor the keys"),
        (cut, "damaged|no database that can be restored"),
        (damage, "damaged|no database that can be restored"),
        (text, "no database that can be restored"),
        (Path.unlink, "does not exist"),
    ],
)
def test_a_file_that_is_not_fit_changes_nothing(
    sqlite_path: Path, tmp_path: Path, spoil: object, says: str
) -> None:
    filled(sqlite_path, batches=100)
    copy = tmp_path / "copy.db"
    shutil.copy(sqlite_path, copy)
    assert callable(spoil)
    spoil(copy)

    with pytest.raises((ConfigError, SchemaError), match=says):
        put_back(copy, sqlite_path, NOW)

    assert len(entries(sqlite_path)) == 300
    assert not (sqlite_path.parent / "backups").exists()


def test_a_file_is_known_by_its_tables(sqlite_path: Path, tmp_path: Path) -> None:
    filled(sqlite_path)
    store = AccessStore(tmp_path / "any-name.db")
    store.migrate()
    store.create_key("grafana", Role.VIEWER, NOW)
    store.close()

    assert migrations_of(sqlite_path) == TRADING_MIGRATIONS
    assert migrations_of(tmp_path / "any-name.db") == ACCESS_MIGRATIONS


def test_postgresql_is_dumped_by_its_own_program(postgres_url: str, tmp_path: Path) -> None:
    if shutil.which("pg_dump") is None:
        require("pg_dump", "install PostgreSQL's client programs")
    with closing(Database(postgres_url)) as database:
        database.migrate()
        copy = back_up(database, tmp_path / "backups", NOW)

    assert copy.name == f"{postgres_url.rpartition('/')[2]}-{STAMP}.dump"
    assert copy.read_bytes().startswith(b"PGDMP")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_without_its_program_postgresql_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with (
        closing(Database("postgresql://me@127.0.0.1:1/nothing")) as database,
        pytest.raises(ConfigError, match="postgresql-client"),
    ):
        back_up(database, tmp_path / "backups", NOW)


def test_a_dump_that_fails_leaves_nothing_and_tells_no_password(tmp_path: Path) -> None:
    if shutil.which("pg_dump") is None:
        require("pg_dump", "install PostgreSQL's client programs")
    with (
        closing(Database("postgresql://me:s3cret@127.0.0.1:1/nothing")) as database,
        pytest.raises(StoreError, match="pg_dump could not") as refusal,
    ):
        back_up(database, tmp_path / "backups", NOW)

    assert "s3cret" not in str(refusal.value)
    assert not list((tmp_path / "backups").iterdir())
