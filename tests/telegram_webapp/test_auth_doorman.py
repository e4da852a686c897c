import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.event import listen

from store.access import AccessStore, Identity, Role
from telegram_webapp.auth.doorman import FRESH_S, USE_NOTED_EVERY_S, Doorman
from utils.clock import SetClock

FRESH_MS = int(FRESH_S * 1000)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(1_790_000_000_000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AccessStore]:
    store = AccessStore(tmp_path / "access.db")
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def doorman(store: AccessStore, clock: SetClock) -> Doorman:
    return Doorman(store, clock)


def known(identity: Identity | None) -> Identity:
    assert identity is not None
    return identity


def test_a_key_that_another_process_made_is_known_at_once(
    doorman: Doorman, store: AccessStore, clock: SetClock
) -> None:
    known(doorman.identify(store.create_key("first", Role.VIEWER, clock.now())))

    second = known(doorman.identify(store.create_key("second", Role.TRADER, clock.now())))

    assert (second.subject, second.role) == ("second", Role.TRADER)
    assert doorman.still_valid(second)
    assert doorman.identify("qdk_made_up") is None


def test_a_key_that_another_process_revoked_is_turned_away_soon(
    doorman: Doorman, store: AccessStore, clock: SetClock
) -> None:
    secret = store.create_key("phone", Role.VIEWER, clock.now())
    identity = known(doorman.identify(secret))

    store.revoke_key("phone", clock.now())
    clock.at += FRESH_MS

    assert not doorman.still_valid(identity)
    assert doorman.identify(secret) is None


def test_a_session_is_turned_away_when_its_time_is_over(
    doorman: Doorman, store: AccessStore, clock: SetClock
) -> None:
    code = store.create_code(Role.OWNER, now=clock.now(), life_ms=1000)
    opened = store.redeem_code(code, now=clock.now(), life_ms=60_000)
    assert opened is not None
    identity = known(doorman.identify(opened[0]))

    clock.at += 60_000 - 1
    assert doorman.identify(opened[0]) == identity
    clock.at += FRESH_MS
    assert doorman.identify(opened[0]) is None
    assert not doorman.still_valid(identity)


def test_a_session_that_is_left_is_forgotten_at_once(
    doorman: Doorman, store: AccessStore, clock: SetClock
) -> None:
    secret = store.create_key("phone", Role.VIEWER, clock.now())
    identity = known(doorman.identify(secret))

    store.revoke_key("phone", clock.now())
    doorman.forget(identity)

    assert not doorman.still_valid(identity)
    assert doorman.identify(secret) is None


def test_many_requests_cost_no_query_while_it_is_fresh(
    doorman: Doorman, store: AccessStore, clock: SetClock
) -> None:
    secret = store.create_key("phone", Role.VIEWER, clock.now())
    statements: list[str] = []
    listen(
        store._database.engine, "before_cursor_execute", lambda *given: statements.append(given[2])
    )

    for _ in range(100):
        known(doorman.identify(secret))

    assert sum("FROM api_keys" in statement for statement in statements) == 2


def test_the_last_use_of_a_key_is_written_down_now_and_then(
    doorman: Doorman, store: AccessStore, clock: SetClock
) -> None:
    secret = store.create_key("phone", Role.VIEWER, clock.now())
    known(doorman.identify(secret))

    clock.at += int(USE_NOTED_EVERY_S * 1000)
    known(doorman.identify(secret))

    assert store.list_keys()[0].last_used_at == clock.now()


def test_a_database_that_takes_nothing_keeps_nobody_out(
    doorman: Doorman, store: AccessStore, clock: SetClock, tmp_path: Path
) -> None:
    secret = store.create_key("phone", Role.VIEWER, clock.now())
    known(doorman.identify(secret))
    with sqlite3.connect(tmp_path / "access.db") as other:
        other.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON api_keys BEGIN SELECT RAISE(FAIL, 'full'); END"
        )
    other.close()

    clock.at += int(USE_NOTED_EVERY_S * 1000)

    assert known(doorman.identify(secret)).subject == "phone"
