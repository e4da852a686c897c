import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from core.errors import ConfigError, StoreError
from store.database import Database
from store.lease import Lease, lease

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from store.database import Database
from store.lease import Lease

held = Lease(Database(sys.argv[1])).take()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(url: str) -> Iterator[Database]:
    """The same database as another engine opens it."""
    database = Database(url)
    yield database
    database.close()


def impatient(database: Database) -> Lease:
    return Lease(database, patience_s=0.001)


def test_a_second_engine_is_refused_in_one_sentence(database: Database, other: Database) -> None:
    with lease(database):
        for _ in range(2):
            with pytest.raises(ConfigError, match=r"^another engine trades on database .+: stop"):
                impatient(other).take()

    with lease(other):
        pass


def test_taking_it_again_changes_nothing(database: Database, other: Database) -> None:
    held = Lease(database).take()
    held.take().renew()
    held.release()
    held.release()

    with lease(other):
        pass


def test_any_thread_of_the_engine_may_renew_it(database: Database) -> None:
    with lease(database) as held, ThreadPoolExecutor(1) as pool:
        pool.submit(held.renew).result()


def test_an_engine_that_is_killed_lets_go(url: str, database: Database) -> None:
    engine = subprocess.Popen(
        [sys.executable, "-c", HOLD, url], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == b"held\n"
        with pytest.raises(ConfigError, match="another engine trades"):
            impatient(database).take()
        engine.kill()
        engine.wait()

        with lease(database):
            pass


def test_two_names_of_one_file_are_one_database(sqlite_path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(sqlite_path.parent)

    with (
        lease(Database(f"sqlite:///{sqlite_path}")),
        pytest.raises(ConfigError, match="another engine trades"),
    ):
        impatient(Database(f"sqlite:///{tmp_path}/elsewhere/quarterdeck.db")).take()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with pytest.raises(ConfigError, match="cannot be made"):
        Lease(Database(f"sqlite:///{tmp_path}/file/quarterdeck.db")).take()


def test_a_server_that_is_away_gives_no_lease() -> None:
    with pytest.raises(StoreError, match="refused"):
        Lease(Database("postgresql://me@127.0.0.1:1/nothing")).take()


def end_sessions(url: str) -> None:
    """End every session of the database but our own, as a restart of the server does."""
    ending = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(ending)


def test_a_lease_that_the_server_ended_is_taken_again(module_postgres_url: str) -> None:
    database, other = Database(module_postgres_url), Database(module_postgres_url)
    with lease(database) as held:
        end_sessions(module_postgres_url)

        held.renew()

        with pytest.raises(ConfigError, match="another engine trades"):
            impatient(other).take()
    database.close()
    other.close()


def test_a_lease_that_another_got_meanwhile_is_lost(module_postgres_url: str) -> None:
    database, other = Database(module_postgres_url), Database(module_postgres_url)
    held = impatient(database).take()
    end_sessions(module_postgres_url)

    with lease(other), pytest.raises(ConfigError, match="another engine trades"):
        held.renew()
    database.close()
    other.close()
