import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import event, select, update

from core.errors import ConfigError, StoreError
from store import recovery, tables
from store.accounts import Account, current_account, find_or_create_account
from store.database import Database
from store.writer import Writer
from tests.store import samples

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("quarterdeck.db", "must look like sqlite:///path"),
        ("mysql://root@localhost/x", "must be sqlite or postgresql, was 'mysql'"),
        ("sqlite://", "must name a file after sqlite:///"),
        ("sqlite:///:memory:", "must name a file after sqlite:///"),
    ],
)
def test_a_url_of_another_kind_is_refused_with_its_rule(url: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Database(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_errors_of_a_server_that_is_away_tell_no_password(scheme: str) -> None:
    database = Database(f"{scheme}://me:secret@127.0.0.1:1/nothing")

    with pytest.raises(StoreError) as refused, database.read():
        pass

    assert "secret" not in str(refused.value)
    assert "127.0.0.1" in str(refused.value)


def test_a_read_sees_one_moment_whatever_is_written_meanwhile(
    database: Database, account: Account, writer: Writer
) -> None:
    mine = select(tables.journal).where(tables.journal.c.account_id == account.id)
    with database.read() as connection:
        assert connection.execute(mine).all() == []
        writer.commit(samples.batch(1))
        assert connection.execute(mine).all() == []

    assert len(list(recovery.journal(database, account.id))) == 3


def test_readers_never_fail_nor_see_half_a_batch_while_one_writes(
    database: Database, account: Account, writer: Writer
) -> None:
    done, seen, failures = threading.Event(), [0], list[Exception]()

    def look() -> None:
        try:
            while not done.is_set():
                entries = sum(1 for _ in recovery.journal(database, account.id))
                assert entries % 3 == 0
                assert entries >= seen[-1]
                seen.append(entries)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
            failures.append(error)

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(150):
        writer.commit(samples.batch(number))
    done.set()
    reader.join()

    assert failures == []
    assert len(seen) > 1


def test_work_is_undone_when_it_ends_in_an_error(database: Database, account: Account) -> None:
    def change_my_mind() -> None:
        with database.write() as connection:
            connection.execute(update(tables.accounts).values(archived_at=5))
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        change_my_mind()

    assert current_account(database) == account


def test_a_writer_that_is_held_up_too_long_says_so_and_can_retry(sqlite_path: Path) -> None:
    database = Database(f"sqlite:///{sqlite_path}")
    event.listen(database.engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout = 50"))
    database.migrate()
    writer = Writer(database, find_or_create_account(database, "m", Decimal(1), now=1).id)
    with database.write(), pytest.raises(StoreError, match="locked"):
        writer.commit(samples.batch(1))

    writer.commit(samples.batch(1))
    assert len(list(recovery.journal(database, 1))) == 3
    database.close()


@pytest.mark.parametrize("durable", [True, False])
def test_durable_work_waits_for_the_disk(sqlite_path: Path, *, durable: bool) -> None:
    database = Database(f"sqlite:///{sqlite_path}")
    database.migrate()

    with database.write(durable=durable) as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == (
            2 if durable else 1
        )
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    database.close()


def test_readers_do_without_alembic() -> None:
    code = (
        "import sys; import store.database, store.history, store.series, store.digest, "
        "store.accounts; print('alembic' in sys.modules, 'psycopg' in sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert shown.stdout.strip() == "False False"
