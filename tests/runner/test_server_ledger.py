"""The commands of ``run_dashboard.py db`` on a ledger in PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from runner.launch import main
from store import recovery
from store.accounts import find_or_create_account
from store.database import TRADING_MIGRATIONS, Database
from store.lease import lease
from store.writer import Writer
from tests.services import require
from tests.store import samples

PROGRAMS = ("pg_dump", "pg_restore", "psql")


@pytest.fixture
def url(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        require("PostgreSQL's client programs", f"install {', '.join(missing)}")
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    return postgres_url


@pytest.fixture
def ledger(url: str) -> Iterator[Database]:
    with closing(Database(url)) as database:
        database.migrate()
        trade_on(database, 1)
        yield database


def trade_on(database: Database, number: int) -> None:
    account = find_or_create_account(database, "m", Decimal(1), now=1)
    Writer(database, account.id).commit(samples.batch(number))


def entries(database: Database) -> int:
    return len(list(recovery.journal(database, 1)))


def db(folder: Path, *words: str) -> int:
    command, *rest = words
    return main(["db", command, "--data-dir", str(folder), *rest])


def test_a_backup_is_put_back_and_what_was_there_is_kept(
    ledger: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert db(tmp_path, "backup", "--to", str(tmp_path / "copies")) == 0
    (copy,) = (tmp_path / "copies").iterdir()
    trade_on(ledger, 2)

    assert db(tmp_path, "restore", str(copy)) == 0

    assert entries(ledger) == 3
    (kept,) = (tmp_path / "backups").iterdir()
    assert f"What was there before is {kept}." in capsys.readouterr().out
    assert db(tmp_path, "restore", str(kept)) == 0
    assert entries(ledger) == 6


def test_nothing_is_put_back_while_an_engine_trades_on_it(
    ledger: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db(tmp_path, "backup")
    (copy,) = (tmp_path / "backups").iterdir()
    trade_on(ledger, 2)

    with lease(ledger):
        assert db(tmp_path, "restore", str(copy)) == 2

    assert "another engine trades on database" in capsys.readouterr().err
    assert entries(ledger) == 6


def test_an_older_schema_is_dumped_before_it_is_upgraded(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = tmp_path / "first"
    first.mkdir()
    shutil.copy(TRADING_MIGRATIONS / "r0001_begin.py", first)
    with closing(Database(url, first)) as old:
        old.migrate()

    assert db(tmp_path, "upgrade") == 0

    with closing(Database(url)) as database:
        database.check_version()
    (copy,) = (tmp_path / "backups").glob("*.dump")
    assert f"As it was before: {copy}" in capsys.readouterr().out
    assert db(tmp_path, "upgrade") == 0
    assert len(list((tmp_path / "backups").glob("*.dump"))) == 1
