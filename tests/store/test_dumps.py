import shutil
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from core.errors import ConfigError, SchemaError, StoreError
from store import recovery
from store.accounts import current_account, find_or_create_account
from store.backup import back_up
from store.database import TRADING_MIGRATIONS, Database
from store.dumps import put_back_dump
from store.schema import known_revisions
from store.writer import Writer
from tests.services import require
from tests.store import samples

NOW = 1_795_255_200_000
PROGRAMS = ("pg_dump", "pg_restore", "psql")


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[Database]:
    """A ledger in PostgreSQL that was traded on."""
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        require("PostgreSQL's client programs", f"install {', '.join(missing)}")
    with closing(Database(postgres_url)) as database:
        database.migrate()
        trade_on(database, 1)
        yield database


def trade_on(database: Database, number: int) -> None:
    account = find_or_create_account(database, "m", Decimal(1), now=1)
    Writer(database, account.id).commit(samples.batch(number))


def entries(database: Database) -> int:
    return len(list(recovery.journal(database, 1)))


def run_sql(database: Database, statement: str) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(statement)


def test_what_was_dumped_is_what_is_there_again(ledger: Database, tmp_path: Path) -> None:
    dump = back_up(ledger, tmp_path, NOW)
    trade_on(ledger, 2)
    assert entries(ledger) == 6

    put_back_dump(ledger, dump, {})

    ledger.check_version()
    assert entries(ledger) == 3
    account = current_account(ledger)
    assert account is not None
    assert account.initial_balance == Decimal(1)
    trade_on(ledger, 3)
    assert entries(ledger) == 6


def test_a_dump_of_an_older_schema_is_put_back_and_can_be_upgraded(
    ledger: Database, postgres_url: str, tmp_path: Path
) -> None:
    first = tmp_path / "first"
    first.mkdir()
    shutil.copy(TRADING_MIGRATIONS / "r0001_begin.py", first)
    name = postgres_url.rpartition("/")[2]
    url = postgres_url.replace("+psycopg", "")
    server = f"{url.rpartition('/')[0]}/postgres"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}_old".encode())
        with closing(Database(f"{url}_old", first)) as old:
            old.migrate()
            run_sql(old, "INSERT INTO accounts VALUES (1, 'old', '77', 5, 5, NULL)")
            dump = back_up(old, tmp_path, NOW)
        admin.execute(f"DROP DATABASE {name}_old WITH (FORCE)".encode())

    put_back_dump(ledger, dump, {})
    ledger.migrate()

    ledger.check_version()
    account = current_account(ledger)
    assert account is not None
    assert (account.market_id, account.initial_balance) == ("old", Decimal(77))
    assert entries(ledger) == 0


def test_a_dump_of_a_newer_schema_is_refused(ledger: Database, tmp_path: Path) -> None:
    run_sql(ledger, "UPDATE alembic_version SET version_num = '9999'")
    dump = back_up(ledger, tmp_path, NOW)
    newest = known_revisions(TRADING_MIGRATIONS)[-1]
    run_sql(ledger, f"UPDATE alembic_version SET version_num = '{newest}'")  # noqa: S608

    with pytest.raises(SchemaError, match=f"has schema 9999, this version knows up to {newest}"):
        put_back_dump(ledger, dump, {})

    assert entries(ledger) == 3


def test_a_file_that_is_no_dump_of_a_ledger_changes_nothing(
    ledger: Database, tmp_path: Path
) -> None:
    text, foreign = tmp_path / "text.dump", tmp_path / "foreign"
    text.write_text("not a dump", encoding="utf-8")
    run_sql(ledger, "ALTER TABLE alembic_version RENAME TO theirs")
    dump = back_up(ledger, foreign, NOW)
    run_sql(ledger, "ALTER TABLE theirs RENAME TO alembic_version")

    for file, sentence in (
        (tmp_path / "missing.dump", "does not exist"),
        (text, "cannot be restored: pg_restore"),
        (dump, "is no ledger of Quarterdeck"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            put_back_dump(ledger, file, {})

    ledger.check_version()
    assert entries(ledger) == 3


def test_a_server_that_refuses_halfway_leaves_everything_as_it_was(
    ledger: Database, tmp_path: Path
) -> None:
    dump = back_up(ledger, tmp_path, NOW)
    trade_on(ledger, 2)
    run_sql(ledger, "CREATE VIEW theirs AS SELECT id FROM trades")

    with pytest.raises(StoreError, match=r"refused: .*cannot drop"):
        put_back_dump(ledger, dump, {})

    ledger.check_version()
    assert entries(ledger) == 6


def test_without_its_programs_it_is_said_what_to_install(
    ledger: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = back_up(ledger, tmp_path, NOW)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ConfigError, match="needs the program pg_restore: install"):
        put_back_dump(ledger, dump, {})
