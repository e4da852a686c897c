"""The web process while PostgreSQL is stopped, stands still or is locked, with many asking."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest

from store.access import AccessStore, Role
from store.accounts import find_or_create_account
from store.database import Database
from store.writer import Writer
from tests.cluster import Cluster, cluster
from tests.services import PATIENCE_S, wait_until
from tests.telegram_webapp.house import history
from tests.telegram_webapp.rig import free_port, listens
from tests.telegram_webapp.test_webapp_server import started
from utils.clock import SystemClock

# What is promised is two seconds; these tests share two cores with others, so as much is added
# as answers took at the same time that need no database at all.
PROMISED_S = 2.0
SLOW_MACHINE = 3.0
IDLE = "/api/health/live"
ASKING = 6
KNOWN = (
    "/api/trades", "/api/orders?status=all", "/api/accounts", "/api/performance",
    "/api/activity", "/api/theories", "/api/signals?since=0",
)  # fmt: skip


class Heard(NamedTuple):
    """An answer, and how long it took."""

    path: str
    status: int
    body: dict[str, Any]
    headers: httpx.Headers
    took_s: float

    @property
    def is_fresh(self) -> bool:
        return self.status == 200 and "cached" not in self.body


class Reader:
    """A program with a key of its own that asks one thing after another."""

    def __init__(self, port: int, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE_S
        )

    def ask(self, path: str) -> Heard:
        began_s = time.monotonic()
        answer = self._client.get(path)
        took_s = time.monotonic() - began_s
        return Heard(path, answer.status_code, answer.json(), answer.headers, took_s)

    def close(self) -> None:
        self._client.close()


class Crowd:
    """Many readers at once, until the test ends; ``heard`` is what they heard since `afresh`."""

    def __init__(self, readers: list[Reader]) -> None:
        self.heard: list[Heard] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(reader, number))
            for number, reader in enumerate(readers)
        ]
        for thread in self._threads:
            thread.start()

    def afresh(self) -> None:
        self.heard = []

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _ask(self, reader: Reader, number: int) -> None:
        asked = number
        while not self._over.wait(0.2):  # below the budget of a key
            asked += 1
            self.heard.append(reader.ask(IDLE if number == 0 else KNOWN[asked % len(KNOWN)]))

    def bound_s(self) -> float:
        """Return how long an answer may have taken on a machine as slow as it was now."""
        idle = [heard.took_s for heard in self.heard if heard.path == IDLE]
        return SLOW_MACHINE * (PROMISED_S + max(idle, default=0.0))


class Scene(NamedTuple):
    """The server, one who asks, and the crowd beside them."""

    server: Cluster
    reader: Reader
    crowd: Crowd


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    data_dir, port = tmp_path_factory.mktemp("away"), free_port()
    with ExitStack() as stack:
        server = stack.enter_context(cluster())
        _fill(server.url)
        keys = _keys(data_dir)
        stack.enter_context(started(data_dir, DASHBOARD_PORT=str(port), DATABASE_URL=server.url))
        wait_until(lambda: listens(port), "the page is served")
        readers = [Reader(port, key) for key in keys]
        for reader in readers:
            stack.callback(reader.close)
        for path in KNOWN:
            assert readers[0].ask(path).is_fresh
        crowd = Crowd(readers[1:])
        stack.callback(crowd.end)
        yield Scene(server, readers[0], crowd)


def _fill(url: str) -> None:
    with closing(Database(url)) as database:
        database.migrate()
        account = find_or_create_account(database, "test", Decimal(10000), now=1)
        Writer(database, account.id).commit(history())


def _keys(data_dir: Path) -> list[str]:
    with closing(AccessStore(data_dir / "access.db")) as access:
        access.migrate()
        now = SystemClock().now()
        return [access.create_key(f"k{n}", Role.VIEWER, now) for n in range(ASKING + 1)]


def check_away(scene: Scene, unseen: str) -> None:
    """Check that what is known is told again with its age, the rest refused, and all in time."""
    reader, crowd = scene.reader, scene.crowd
    crowd.afresh()
    # what is kept because nothing can have changed is good for two seconds more
    missed = lambda: not any(reader.ask(path).is_fresh for path in KNOWN)  # noqa: E731
    wait_until(missed, "the database is missed")
    again = [reader.ask(path) for path in KNOWN]
    refused = reader.ask(unseen)
    ready = reader.ask("/api/health/ready")
    wait_until(lambda: len(crowd.heard) >= ASKING, "everybody was answered")

    assert {heard.status for heard in again} == {200}
    assert all(heard.body["cached"]["age_ms"] >= 0 for heard in again)
    assert all(int(heard.headers["Age"]) >= 0 for heard in again)
    assert (refused.status, refused.body["code"]) == (503, "no_database")
    assert int(refused.headers["Retry-After"]) > 0
    assert (ready.status, ready.body["parts"]["database"]) == (503, "away")
    everything = [*again, refused, ready, *crowd.heard]
    assert {heard.status for heard in crowd.heard} == {200}
    assert max(heard.took_s for heard in everything) < crowd.bound_s()


def check_back(scene: Scene, unseen: str) -> None:
    """Check that all is as before, without anybody's help."""
    wait_until(lambda: scene.reader.ask(unseen).is_fresh, "the database is found again")
    wait_until(lambda: all(scene.reader.ask(path).is_fresh for path in KNOWN), "all is fresh")
    scene.crowd.afresh()
    wait_until(lambda: len(scene.crowd.heard) >= ASKING, "everybody was answered")
    assert all(heard.is_fresh for heard in scene.crowd.heard)


def test_a_database_that_stops_and_starts(scene: Scene) -> None:
    scene.server.stop()
    try:
        check_away(scene, "/api/trades?limit=1")
    finally:
        scene.server.start()
    check_back(scene, "/api/trades?limit=1")


def test_a_database_that_takes_connections_and_says_nothing(scene: Scene) -> None:
    scene.server.fall_silent()
    try:
        check_away(scene, "/api/trades?limit=2")
    finally:
        scene.server.wake()
    check_back(scene, "/api/trades?limit=2")


def test_a_table_that_somebody_holds(scene: Scene) -> None:
    with psycopg.connect(scene.server.url) as holder:
        holder.execute("LOCK TABLE trades IN ACCESS EXCLUSIVE MODE")
        wait_until(lambda: not scene.reader.ask("/api/trades").is_fresh, "the lock is felt")
        held = scene.reader.ask("/api/trades")
        unseen = scene.reader.ask("/api/trades?limit=3")
        free = scene.reader.ask("/api/accounts")
    check_back(scene, "/api/trades?limit=3")

    assert (held.status, unseen.status, free.is_fresh) == (200, 503, True)
    assert max(held.took_s, unseen.took_s) < scene.crowd.bound_s()
