"""``run_dashboard.py db …`` as a person uses it: on what runs, and on what has stopped."""

import shutil
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError, SchemaError
from infra.settings import Settings
from runner.arguments import Arguments, parse
from runner.database_commands import database_command
from runner.instance import only_engine, only_instance
from store.access import AccessStore, Role
from store.accounts import all_accounts, find_or_create_account
from store.database import ACCESS_MIGRATIONS, TRADING_MIGRATIONS, Database
from store.imported import add_trades, imported_account
from store.lease import lease
from store.schema import known_revisions
from store.writer import Batch, Writer
from tests.runner.engine_process import EngineProcess
from tests.runner.engines import played, settings
from tests.runner.test_launch import launch
from tests.services import require
from tests.store import samples

NOW = 1_795_255_200_000
TRADING, ACCESS = (known_revisions(m)[-1] for m in (TRADING_MIGRATIONS, ACCESS_MIGRATIONS))
STAMP = "20261121T100000Z"
BUSY: dict[str, Any] = {"SPEED": "20000", "STRATEGIES": "churn", "RISK__RISK_PER_TRADE_PCT": "0.01"}


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that an engine has left."""
    folder = tmp_path_factory.mktemp("traded")
    played(folder, hours=1, warmup_days=2, tick_ms=60_000)[1].close()
    store = AccessStore(folder / "access.db")
    store.migrate()
    store.create_key("grafana", Role.VIEWER, NOW)
    store.close()
    return folder


@pytest.fixture
def here(traded: Path, tmp_path: Path) -> Settings:
    """The settings of a copy of that folder, to spoil."""
    shutil.copytree(traded, tmp_path / "data")
    return settings(tmp_path / "data")


def do(wanted: Settings, *words: str) -> int:
    return database_command(wanted, parse(["db", *words]), NOW)


def spoil(wanted: Settings, statement: str) -> None:
    with closing(sqlite3.connect(wanted.data_dir / "quarterdeck.db")) as database:
        database.execute(statement)
        database.commit()


def money(wanted: Settings) -> list[Any]:
    with closing(sqlite3.connect(wanted.data_dir / "quarterdeck.db")) as database:
        return database.execute("SELECT id, amount FROM journal ORDER BY id").fetchall()


def test_the_command_line_says_what_is_wanted() -> None:
    assert parse(["db", "backup", "--to", "here"]) == Arguments("db backup", {}, to="here")
    assert parse(["db", "restore", "x.db"]) == Arguments("db restore", {}, file="x.db")
    for words in (["db"], ["db", "restore"], ["db", "drop"]):
        with pytest.raises(SystemExit) as refusal:
            parse(words)
        assert refusal.value.code == 2


def test_copies_are_made_and_checked_while_an_engine_trades(tmp_path: Path) -> None:
    with EngineProcess(tmp_path / "data", churn=True, **BUSY) as engine:
        engine.wait_for("trade_closed", 3)
        checked = launch(engine.folder, "db", "check")
        copied = launch(engine.folder, "db", "backup", "--to", str(tmp_path / "copies"))
        refused = launch(engine.folder, "db", "restore", copied.stdout.strip())
        told = len(engine.heard.of("order_filled"))
        engine.wait_for("order_filled", told + 1)

    assert (checked.returncode, checked.stderr) == (0, "")
    assert "The ledger adds up: " in checked.stdout
    assert (copied.returncode, copied.stderr) == (0, "")
    (copy,) = (tmp_path / "copies").iterdir()
    assert copied.stdout == f"{copy}\n"
    assert refused.returncode == 2
    assert refused.stderr.startswith("another engine trades on data folder")
    assert refused.stderr.count("\n") == 1


def test_check_tells_how_much_it_looked_at(
    here: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Database(here.database)) as database:
        books = imported_account(database, "books", Decimal(0), NOW)
        add_trades(database, books.id, [samples.trade(1)])

    assert do(here, "check") == 0

    ledger, keys, files, last = capsys.readouterr().out.splitlines()
    assert ledger == f"{here.data_dir}/quarterdeck.db is whole and has schema {TRADING}."
    assert keys == f"{here.data_dir}/access.db is whole and has schema 0005."
    assert files.startswith(f"account {books.id} (imported:books) came from files")
    with closing(sqlite3.connect(here.data_dir / "quarterdeck.db")) as counting:
        (entries,) = counting.execute("SELECT count(*) FROM journal").fetchone()
        (trades,) = counting.execute("SELECT count(*) FROM trades").fetchone()
    assert last == f"The ledger adds up: {entries} entries, {trades} trades, 2 accounts."
    assert trades > 1


def test_check_prints_a_line_for_each_difference(
    here: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(here, "DELETE FROM trades WHERE id = (SELECT min(id) FROM trades)")
    spoil(here, "UPDATE orders SET filled_qty = '77' WHERE id = (SELECT min(id) FROM orders)")

    assert do(here, "check") == 1

    told = capsys.readouterr().out
    assert "is closed but has no trade\n" in told
    assert " is filled 77, " in told
    assert "adds up" not in told


def test_check_tells_of_a_damaged_file(here: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(here, "CREATE INDEX orders_twice ON orders (strategy)")
    with closing(sqlite3.connect(here.data_dir / "quarterdeck.db")) as database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute("DELETE FROM sqlite_master WHERE name = 'orders_twice'")
        database.commit()

    assert do(here, "check") == 1

    assert f"{here.data_dir}/quarterdeck.db is damaged: " in capsys.readouterr().out


def test_check_of_nothing_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="no tables yet"):
        do(settings(tmp_path), "check")


def test_backup_then_restore_brings_everything_back(
    here: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    before = money(here)
    assert do(here, "backup") == 0
    copies = [Path(line) for line in capsys.readouterr().out.splitlines()]
    folder = here.data_dir / "backups"
    assert copies == [folder / f"quarterdeck-{STAMP}.db", folder / f"access-{STAMP}.db"]
    spoil(here, "DELETE FROM trades")
    spoil(here, "DELETE FROM journal")
    (here.data_dir / "access.db").write_bytes(b"not any more")

    for copy in copies:
        assert do(here, "restore", str(copy)) == 0

    told = capsys.readouterr().out
    assert f"What was there before is {folder}/quarterdeck-{STAMP}-replaced.db.\n" in told
    assert (folder / f"access-{STAMP}-replaced.db").read_bytes() == b"not any more"
    assert money(here) == before
    assert do(here, "check") == 0


def test_nothing_is_restored_while_somebody_uses_the_folder(here: Settings) -> None:
    do(here, "backup")
    copy = str(here.data_dir / "backups" / f"quarterdeck-{STAMP}.db")
    spoil(here, "DELETE FROM trades")
    before = sorted(here.data_dir.rglob("*.db"))

    with (
        only_instance(here.run_dir, "127.0.0.1", 8123),
        pytest.raises(ConfigError, match=r"Quarterdeck runs on .*: stop it first, then restore"),
    ):
        do(here, "restore", copy)
    with only_engine(here.run_dir), pytest.raises(ConfigError, match="another engine trades"):
        do(here, "restore", copy)

    assert sorted(here.data_dir.rglob("*.db")) == before
    with closing(sqlite3.connect(here.data_dir / "quarterdeck.db")) as database:
        assert database.execute("SELECT count(*) FROM trades").fetchone() == (0,)


def test_nothing_is_restored_while_an_engine_of_another_folder_has_the_database(
    here: Settings,
) -> None:
    do(here, "backup")

    with (
        closing(Database(here.database)) as database,
        lease(database),
        pytest.raises(ConfigError, match="another engine trades on database"),
    ):
        do(here, "restore", str(here.data_dir / "backups" / f"quarterdeck-{STAMP}.db"))


def test_a_dump_that_is_none_is_not_restored(tmp_path: Path, postgres_url: str) -> None:
    wanted = settings(tmp_path, database_url=postgres_url)
    do(wanted, "upgrade")
    dump = tmp_path / "quarterdeck.dump"
    dump.write_bytes(b"PGDMP and more")

    with pytest.raises(ConfigError, match="cannot be restored"):
        do(wanted, "restore", str(dump))

    with closing(Database(postgres_url)) as database:
        database.check_version()


def test_postgresql_is_copied_and_put_back(
    tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which("pg_dump") is None:
        require("pg_dump", "install PostgreSQL's client programs")
    wanted = settings(tmp_path, database_url=postgres_url)
    with closing(Database(postgres_url)) as database:
        database.migrate()
        find_or_create_account(database, "before", Decimal(10000), now=1)
        do(wanted, "backup")
        copy = capsys.readouterr().out.strip()
        find_or_create_account(database, "after", Decimal(10000), now=2)

        do(wanted, "restore", copy)

        assert [account.market_id for account in all_accounts(database)] == ["before"]
    assert f"{copy} is now " in capsys.readouterr().out


def test_postgresql_is_upgraded_and_checked(
    tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = settings(tmp_path, database_url=postgres_url)

    assert do(wanted, "upgrade") == 0
    with closing(Database(postgres_url)) as database:
        owner = find_or_create_account(database, "m", Decimal(10000), now=1).id
        Writer(database, owner).commit(Batch(trades=[samples.trade(1)]))
    capsys.readouterr()

    assert do(wanted, "check") == 1
    assert "trade position-1 has no entry in the journal" in capsys.readouterr().out


def test_upgrade_says_what_it_did_and_once_is_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = settings(tmp_path)

    assert do(wanted, "upgrade") == 0
    assert f"quarterdeck.db was brought to schema {TRADING}.\n" in capsys.readouterr().out

    with only_instance(wanted.run_dir, "127.0.0.1", 8123):  # there is nothing to do to what runs
        assert do(wanted, "upgrade") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/quarterdeck.db has schema {TRADING}, the newest.",
        f"{tmp_path}/access.db has schema 0005, the newest.",
    ]
