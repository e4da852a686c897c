import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from core.errors import ConfigError, QuarterdeckError, SchemaError, StoreError
from store import recovery, tables
from store.accounts import current_account, find_or_create_account
from store.database import TRADING_MIGRATIONS, Database
from store.schema import known_revisions
from store.writer import Writer
from tests.store import samples

KNOWN = known_revisions(TRADING_MIGRATIONS)
NEWEST = KNOWN[-1]
NEXT = f"{int(NEWEST) + 1:04}"
LATER = f"""
from alembic import op
from sqlalchemy import Column, Text

revision = "{NEXT}"
down_revision = "{NEWEST}"


def upgrade() -> None:
    op.add_column("accounts", Column("nickname", Text, server_default="old friend"))
"""
BROKEN = LATER + "    raise ValueError('this revision does not work')\n"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, sqlite_path: Path) -> Iterator[Database]:
    """A database without tables."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{sqlite_path}"
    database = Database(url)
    yield database
    database.close()


def later_migrations(folder: Path, text: str = LATER) -> Path:
    """Return *folder* with the revisions of today and one more."""
    shutil.copytree(TRADING_MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / f"r{NEXT}_nickname.py").write_text(text, encoding="utf-8")
    return folder


def later(database: Database, folder: Path, text: str = LATER) -> Database:
    url = database.engine.url.render_as_string(hide_password=False)
    return Database(url, later_migrations(folder, text))


def in_use(database: Database) -> None:
    """Make *database* one that has been traded with."""
    database.migrate()
    account = find_or_create_account(database, "m", Decimal(1), now=1)
    Writer(database, account.id).commit(samples.batch(1))


def nickname(database: Database) -> str:
    with database.read() as connection:
        return str(connection.exec_driver_sql("SELECT nickname FROM accounts").scalar_one())


def test_an_empty_database_gets_every_table_the_code_knows(empty: Database) -> None:
    empty.migrate()

    empty.check_version()
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_migrating_again_changes_nothing(empty: Database) -> None:
    in_use(empty)

    empty.migrate()

    assert len(list(recovery.journal(empty, 1))) == 3


def test_an_older_database_is_upgraded_with_its_rows(empty: Database, tmp_path: Path) -> None:
    in_use(empty)
    newer = later(empty, tmp_path / "later")
    with pytest.raises(SchemaError, match=f"has schema {NEWEST}, this version needs {NEXT}"):
        newer.check_version()

    newer.migrate()

    newer.check_version()
    assert nickname(newer) == "old friend"
    assert len(list(recovery.journal(newer, 1))) == 3
    newer.close()


def test_a_newer_database_is_refused_in_one_sentence(empty: Database, tmp_path: Path) -> None:
    newer = later(empty, tmp_path / "later")
    newer.migrate()

    sentence = f"has schema {NEXT}, this version knows up to {NEWEST}"
    for act in (empty.migrate, empty.check_version):
        with pytest.raises(SchemaError, match=sentence):
            act()

    newer.check_version()
    newer.close()


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    empty: Database, tmp_path: Path
) -> None:
    in_use(empty)
    broken = later(empty, tmp_path / "later", BROKEN)

    with pytest.raises(ValueError, match="does not work"):
        broken.migrate()

    empty.check_version()
    assert len(list(recovery.journal(empty, 1))) == 3
    broken.close()


def test_two_processes_that_start_at_once_make_one_schema(empty: Database) -> None:
    url = empty.engine.url.render_as_string(hide_password=False)
    failures: list[BaseException] = []

    def start() -> None:
        database = Database(url)
        try:
            database.migrate()
        except QuarterdeckError as error:
            failures.append(error)
        database.close()

    starts = [threading.Thread(target=start) for _ in range(6)]
    for thread in starts:
        thread.start()
    for thread in starts:
        thread.join()

    assert failures == []
    empty.check_version()


def test_an_older_file_is_backed_up_before_each_upgrade(sqlite_path: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{sqlite_path}")
    in_use(database)
    broken = later(database, tmp_path / "broken", BROKEN)
    with pytest.raises(ValueError, match="does not work"):
        broken.migrate()
    newer = later(database, tmp_path / "later")
    newer.migrate()

    copies = sorted((sqlite_path.parent / "backups").iterdir())
    assert [copy.name for copy in copies] == [
        f"quarterdeck-{NEWEST}-2.db",
        f"quarterdeck-{NEWEST}.db",
    ]
    for copy in copies:
        assert copy.stat().st_mode & 0o777 == 0o600
        old = Database(f"sqlite:///{copy}")
        old.check_version()
        assert len(list(recovery.journal(old, 1))) == 3
        old.close()
    for used in (database, broken, newer):
        used.close()


def test_a_first_start_makes_a_private_file_and_no_backup(sqlite_path: Path) -> None:
    database = Database(f"sqlite:///{sqlite_path}")
    database.migrate()
    database.close()

    assert sqlite_path.stat().st_mode & 0o777 == 0o600
    assert not (sqlite_path.parent / "backups").exists()


def test_a_reader_does_not_make_the_file_it_misses(sqlite_path: Path) -> None:
    sqlite_path.parent.mkdir()
    database = Database(f"sqlite:///{sqlite_path}")

    with pytest.raises(SchemaError, match="has no tables yet"):
        database.check_version()
    with pytest.raises(StoreError, match="unable to open"):
        current_account(database)

    assert not sqlite_path.exists()


def test_without_a_backup_nothing_is_upgraded(sqlite_path: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{sqlite_path}")
    in_use(database)
    (sqlite_path.parent / "backups").write_text("in the way", encoding="utf-8")
    newer = later(database, tmp_path / "later")

    with pytest.raises(StoreError, match="was not upgraded: no backup could be made"):
        newer.migrate()

    database.check_version()
    newer.close()
    database.close()


@pytest.mark.parametrize("name", ["with space", "50%", "a#b", "ünïcode"])
def test_a_data_folder_may_have_any_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / name / "quarterdeck.db"
    database = Database(f"sqlite:///{path}")

    in_use(database)

    assert path.exists()
    assert len(list(recovery.journal(database, 1))) == 3
    database.close()


def random_bytes(path: Path) -> None:
    path.write_bytes(bytes(range(7, 256)) * 100)


def cut_in_half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def overwritten_inside(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:20_000] = b"\xa5" * 19_900
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [random_bytes, cut_in_half, overwritten_inside])
def test_a_damaged_file_is_named_and_left_as_it_is(
    damage: Callable[[Path], None], sqlite_path: Path
) -> None:
    database = Database(f"sqlite:///{sqlite_path}")
    in_use(database)
    database.close()
    damage(sqlite_path)
    bad = sqlite_path.read_bytes()

    def read() -> None:
        current_account(database)

    for act in (database.migrate, database.check_version, read):
        with pytest.raises(ConfigError, match=r"quarterdeck\.db is damaged .* left as it is"):
            act()
    database.close()

    assert sqlite_path.read_bytes() == bad


def test_the_file_of_another_program_is_refused(sqlite_path: Path) -> None:
    sqlite_path.parent.mkdir()
    with closing(sqlite3.connect(sqlite_path)) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    theirs = sqlite_path.read_bytes()
    database = Database(f"sqlite:///{sqlite_path}")

    for act in (database.migrate, database.check_version):
        with pytest.raises(ConfigError, match=r"tables of another program \(recipes\)"):
            act()
    database.close()

    assert sqlite_path.read_bytes() == theirs


def test_a_file_that_went_through_another_tool_is_set_to_wal_again(sqlite_path: Path) -> None:
    database = Database(f"sqlite:///{sqlite_path}")
    in_use(database)
    database.close()
    with closing(sqlite3.connect(sqlite_path)) as tool:
        assert tool.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)

    database.migrate()
    database.close()

    with closing(sqlite3.connect(sqlite_path)) as tool:
        assert tool.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"quarterdeck\.db cannot be made"):
        Database(f"sqlite:///{tmp_path}/file/quarterdeck.db").migrate()
