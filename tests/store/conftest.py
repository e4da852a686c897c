"""The store's tests run on SQLite and, where there is a server, on PostgreSQL."""

import itertools
import secrets
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from store import schema
from store.accounts import Account, find_or_create_account
from store.database import Database
from store.writer import Writer
from tests import migrated

markets = (f"test:{number}" for number in itertools.count())


@pytest.fixture(scope="module", autouse=True)
def _real_migrations() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "upgrade", migrated.real_upgrade)
        yield


@pytest.fixture(scope="module")
def module_postgres_url(_postgres: str) -> Iterator[str]:
    """A PostgreSQL database for each module: making one takes longer than most tests."""
    name = f"qd_{secrets.token_hex(8)}"
    with psycopg.connect(_postgres, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        yield f"{_postgres.rpartition('/')[0]}/{name}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("module_postgres_url"))
    return f"sqlite:///{tmp_path_factory.mktemp('store')}/quarterdeck.db"


@pytest.fixture(scope="module")
def database(url: str) -> Iterator[Database]:
    """A migrated database shared by a module's tests; each takes an account of its own."""
    database = Database(url)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def account(database: Database) -> Account:
    return find_or_create_account(database, next(markets), Decimal(10000), now=1)


@pytest.fixture
def writer(database: Database, account: Account) -> Writer:
    return Writer(database, account.id)


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "quarterdeck.db"
