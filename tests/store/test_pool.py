"""Connections of a server's database: one pool a process, and none that is dead is lent."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import psycopg
import pytest
from sqlalchemy.pool import QueuePool

from core.errors import StoreError
from store import recovery
from store.accounts import find_or_create_account
from store.database import POOL_RECYCLE_S, Database
from store.writer import Writer
from tests.services import wait_until
from tests.store import samples

OTHERS = (
    "SELECT count({}) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
READERS = 12


@pytest.fixture
def shared(module_postgres_url: str) -> Iterator[Database]:
    """A migrated database of a server, with a pool that nothing was borrowed from before."""
    database = Database(module_postgres_url)
    database.migrate()
    database.close()
    yield database
    database.close()


def ask(url: str, question: str) -> int:
    with psycopg.connect(url, autocommit=True) as server:
        (answer,) = server.execute(question.encode()).fetchone() or (0,)
        return int(answer)


def end_sessions(url: str) -> int:
    """End every session of the database but our own; return how many there were."""
    return ask(url, OTHERS.format("pg_terminate_backend(pid)"))


def backend(database: Database) -> int:
    with database.read() as connection:
        return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def test_a_connection_that_the_server_ended_is_replaced(
    shared: Database, module_postgres_url: str
) -> None:
    before = backend(shared)
    assert backend(shared) == before
    assert end_sessions(module_postgres_url) == 1

    assert backend(shared) != before


def test_a_transaction_that_is_cut_off_leaves_nothing_and_the_next_one_works(
    shared: Database, module_postgres_url: str
) -> None:
    account = find_or_create_account(shared, "test:cut", Decimal(1), now=1)
    writer = Writer(shared, account.id)

    def cut_off() -> None:
        with shared.write() as connection:
            connection.exec_driver_sql("UPDATE accounts SET initial_balance = 2")
            end_sessions(module_postgres_url)
            connection.exec_driver_sql("UPDATE accounts SET initial_balance = 3")

    with pytest.raises(StoreError, match="refused"):
        cut_off()

    writer.commit(samples.batch(1))

    assert len(list(recovery.journal(shared, account.id))) == 3
    again = find_or_create_account(shared, "test:cut", Decimal(1), now=1)
    assert again.initial_balance == Decimal(1)


def test_a_process_has_one_pool_that_its_threads_share(
    shared: Database, module_postgres_url: str
) -> None:
    together = Barrier(READERS)

    def read() -> int:
        together.wait()
        return backend(shared)

    with ThreadPoolExecutor(READERS) as threads:
        for _ in range(3):
            list(threads.map(lambda _: read(), range(READERS)))

    pool = shared.engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0
    assert 1 <= pool.checkedin() <= pool.size()
    wait_until(  # the server takes a moment to see that the rest is closed
        lambda: ask(module_postgres_url, OTHERS.format("*")) == pool.checkedin(),
        "only the pool's own connections are open",
    )


def test_connections_are_tried_before_use_and_not_kept_for_ever(shared: Database) -> None:
    pool = shared.engine.pool

    assert pool._pre_ping
    assert pool._recycle == POOL_RECYCLE_S
