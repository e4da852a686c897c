"""Two engines from two data folders on one database: the second is refused."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from core.errors import ConfigError
from runner.lease_watch import watch
from store.database import Database
from store.lease import Lease, lease
from tests.runner.engine_process import EngineProcess
from tests.services import PATIENCE_S
from utils.clock import SetClock

ENDING = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/shared/quarterdeck.db"


def test_a_second_engine_ends_with_one_sentence(shared_url: str, tmp_path: Path) -> None:
    with EngineProcess(tmp_path / "one", DATABASE_URL=shared_url) as first:
        first.wait_for("price")
        with EngineProcess(tmp_path / "two", DATABASE_URL=shared_url) as second:
            second.process.wait(PATIENCE_S)
            told = [line for line in second.log.splitlines() if "another engine" in line]

        assert second.process.returncode == 2
        assert len(told) == 1
        assert told[0].startswith("another engine trades on database ")
        assert first.runs


@pytest.fixture
def databases(postgres_url: str) -> Iterator[tuple[Database, Database]]:
    """One database as two engines open it."""
    pair = Database(postgres_url), Database(postgres_url)
    yield pair
    for database in pair:
        database.close()


def end_sessions(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(ENDING)


def test_an_engine_whose_right_went_to_another_stops(
    postgres_url: str, databases: tuple[Database, Database]
) -> None:
    mine, other = databases
    right = Lease(mine, patience_s=0.001).take()
    end_sessions(postgres_url)

    with lease(other), pytest.raises(ConfigError, match="another engine trades"):
        asyncio.run(watch(right, SetClock()))


def test_an_engine_trades_on_while_the_database_is_away(
    postgres_url: str, databases: tuple[Database, Database]
) -> None:
    right = Lease(databases[0]).take()
    clock = SetClock()

    async def some_rounds() -> None:
        watching = asyncio.create_task(watch(right, clock))
        while clock.at < 20_000:
            await asyncio.sleep(0)
        end_sessions(postgres_url)
        while clock.at < 40_000:
            await asyncio.sleep(0)
        assert not watching.done()
        watching.cancel()

    asyncio.run(some_rounds())
    with pytest.raises(ConfigError, match="another engine trades"):
        Lease(databases[1], patience_s=0.001).take()
    right.release()
