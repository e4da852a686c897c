import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from core.errors import ConfigError
from store import access_tables
from store.access import KEPT_AFTER_END_MS, AccessStore, Identity, Role
from store.audit import AuditRow
from store.database import ACCESS_MIGRATIONS, Database

HOUR_MS = 3_600_000
NOW = 1_790_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.db"


@pytest.fixture
def store(path: Path) -> Iterator[AccessStore]:
    store = AccessStore(path)
    store.migrate()
    yield store
    store.close()


def actions(store: AccessStore) -> list[tuple[str, str, str]]:
    return [(row.actor, row.action, row.result) for row in reversed(store.audit.newest())]


@pytest.mark.usefixtures("store")
def test_the_migration_makes_the_tables_the_code_knows(path: Path) -> None:
    database = Database(f"sqlite:///{path}", ACCESS_MIGRATIONS)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, access_tables.metadata) == []
    database.close()


@pytest.mark.usefixtures("store")
def test_the_file_is_readable_by_its_owner_alone(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_is_known_by_its_secret_alone(store: AccessStore) -> None:
    secret = store.create_key("grafana", Role.TRADER, NOW)
    other = store.create_key("phone", Role.VIEWER, NOW)

    found = store.find(secret, NOW)

    assert found is not None
    assert (found.subject, found.role, found.via, found.expires_at) == (
        "grafana", Role.TRADER, "key", None,
    )  # fmt: skip
    assert store.find(other, NOW) != found
    for wrong in ("", secret[:-1], secret + "A", secret.lower(), "grafana", "\ud800"):
        assert store.find(wrong, NOW) is None


def test_a_revoked_key_is_not_known_and_its_name_is_free(store: AccessStore) -> None:
    secret = store.create_key("phone", Role.OWNER, NOW)
    first = store.find(secret, NOW)

    assert store.revoke_key("phone", NOW + 1)
    assert not store.revoke_key("phone", NOW + 2)

    assert store.find(secret, NOW + 3) is None
    again = store.find(store.create_key("phone", Role.VIEWER, NOW + 4), NOW + 5)
    assert first is not None
    assert again is not None
    assert first.credential_id != again.credential_id
    listed = [(key.name, key.role, key.revoked_at) for key in store.list_keys()]
    assert listed == [("phone", "owner", NOW + 1), ("phone", "viewer", None)]


def test_a_living_keys_name_is_refused(store: AccessStore) -> None:
    store.create_key("phone", Role.VIEWER, NOW)

    with pytest.raises(ConfigError, match="key name must be new, a key 'phone' exists"):
        store.create_key("phone", Role.OWNER, NOW)

    assert len(store.list_keys()) == 1


@pytest.mark.parametrize(
    "name",
    [
        "", " ", " x", "x\n", "x" * 65, "owner", "terminal", "a\x00",
        "telegram:11", "Ada (11)", "user 11",
    ],
)  # fmt: skip
def test_a_name_that_could_mislead_is_refused(store: AccessStore, name: str) -> None:
    with pytest.raises(ConfigError, match="key name must"):
        store.create_key(name, Role.VIEWER, NOW)


def test_the_use_of_a_key_is_remembered(store: AccessStore) -> None:
    store.create_key("phone", Role.VIEWER, NOW)
    store.create_key("idle", Role.VIEWER, NOW)

    store.note_use({"key-1", "session-2"}, NOW + 5)
    store.note_use(set(), NOW + 9)

    assert [key.last_used_at for key in store.list_keys()] == [NOW + 5, None]


def test_when_a_session_was_seen_is_remembered(store: AccessStore) -> None:
    for _ in range(2):
        code = store.create_code(Role.OWNER, now=NOW, life_ms=HOUR_MS)
        store.redeem_code(code, now=NOW, life_ms=HOUR_MS, client="Firefox", address="::1")

    store.note_use({"session-1", "key-9"}, NOW + 5)

    shown = [(row.id, row.last_seen_at, row.client) for row in store.list_sessions(NOW)]
    assert shown == [(2, None, "Firefox"), (1, NOW + 5, "Firefox")]


def test_a_code_signs_in_once(store: AccessStore) -> None:
    code = store.create_code(Role.OWNER, now=NOW, life_ms=HOUR_MS)

    opened = store.redeem_code(code, now=NOW + 1, life_ms=HOUR_MS)

    assert opened is not None
    secret, identity = opened
    assert (identity.subject, identity.role, identity.via) == ("owner", Role.OWNER, "code")
    assert store.find(secret, NOW + 2) == identity
    assert store.redeem_code(code, now=NOW + 2, life_ms=HOUR_MS) is None
    assert store.redeem_code("made up", now=NOW + 2, life_ms=HOUR_MS) is None


def test_a_code_is_no_good_after_its_time(store: AccessStore) -> None:
    code = store.create_code(Role.OWNER, now=NOW, life_ms=HOUR_MS)

    assert store.redeem_code(code, now=NOW + HOUR_MS, life_ms=HOUR_MS) is None


def test_of_many_who_redeem_a_code_at_once_one_wins(store: AccessStore, path: Path) -> None:
    stores = [AccessStore(path) for _ in range(6)]
    for round_number in range(5):
        code = store.create_code(Role.VIEWER, now=NOW, life_ms=HOUR_MS)
        ready = threading.Barrier(len(stores))
        opened: list[object] = []

        def redeem(
            one: AccessStore, code: str = code, ready: threading.Barrier = ready,
            opened: list[object] = opened,
        ) -> None:  # fmt: skip
            ready.wait()
            opened.append(one.redeem_code(code, now=NOW, life_ms=HOUR_MS))

        threads = [threading.Thread(target=redeem, args=(one,)) for one in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sum(result is not None for result in opened) == 1, round_number
    for one in stores:
        one.close()


def test_a_session_ends_when_its_time_is_over_or_it_is_revoked(store: AccessStore) -> None:
    def sign_in() -> tuple[str, Identity]:
        code = store.create_code(Role.TRADER, now=NOW, life_ms=HOUR_MS)
        opened = store.redeem_code(code, now=NOW, life_ms=HOUR_MS)
        assert opened is not None
        assert opened[1].expires_at == NOW + HOUR_MS
        return opened

    first, second = sign_in(), sign_in()
    assert store.find(first[0], NOW + HOUR_MS - 1) == first[1]
    assert store.find(first[0], NOW + HOUR_MS) is None

    identity = store.find(second[0], NOW)
    assert identity is not None
    assert store.revoke_session(identity, NOW + 1)
    assert not store.revoke_session(identity, NOW + 1)
    assert store.find(second[0], NOW + 1) is None
    assert store.holding(NOW + 1) == {"session-1"}
    assert store.holding(NOW + HOUR_MS) == set()


def test_what_ended_long_ago_is_forgotten(store: AccessStore) -> None:
    code = store.create_code(Role.OWNER, now=NOW, life_ms=1)
    assert store.redeem_code(code, now=NOW, life_ms=1) is not None

    later = NOW + KEPT_AFTER_END_MS + 2
    store.create_code(Role.OWNER, now=later, life_ms=1)

    assert store.redeem_code(code, now=NOW, life_ms=1) is None
    newer = store.redeem_code(
        store.create_code(Role.OWNER, now=later, life_ms=1), now=later, life_ms=1
    )
    assert newer is not None
    assert newer[1].credential_id == "session-2"


def test_every_change_is_in_the_audit(store: AccessStore) -> None:
    store.create_key("phone", Role.VIEWER, NOW)
    store.revoke_key("phone", NOW)
    code = store.create_code(Role.OWNER, now=NOW, life_ms=HOUR_MS)
    opened = store.redeem_code(code, now=NOW, life_ms=HOUR_MS)
    assert opened is not None
    store.revoke_session(opened[1], NOW)

    assert actions(store) == [
        ("terminal", "key_created", "done"),
        ("terminal", "key_revoked", "done"),
        ("owner", "signed_in", "done"),
        ("owner", "signed_out", "done"),
    ]


def test_the_result_of_a_wish_is_written_once(store: AccessStore) -> None:
    row = AuditRow(at=NOW, actor="phone", role="trader", action="confirm", detail={"a": "b"})
    number = store.audit.record(row)
    assert actions(store) == [("phone", "confirm", "asked")]

    store.audit.finish(number, "done", {"a": "b", "intent_id": "i"})
    store.audit.finish(number, "refused", {})

    assert actions(store) == [("phone", "confirm", "done")]
    assert store.audit.newest()[0].detail == {"a": "b", "intent_id": "i"}


def test_no_secret_is_in_the_files(store: AccessStore, path: Path) -> None:
    key = store.create_key("phone", Role.OWNER, NOW)
    code = store.create_code(Role.OWNER, now=NOW, life_ms=HOUR_MS)
    opened = store.redeem_code(code, now=NOW, life_ms=HOUR_MS)
    assert opened is not None

    files = b"".join(file.read_bytes() for file in path.parent.glob("access.db*"))

    assert b"phone" in files
    for secret in (key, code, opened[0]):
        assert secret.encode() not in files


def test_a_higher_role_may_what_a_lower_one_may() -> None:
    allowed = {(a, b) for a in Role for b in Role if a.includes(b)}

    assert allowed == {
        ("viewer", "viewer"), ("trader", "viewer"), ("trader", "trader"),
        ("owner", "viewer"), ("owner", "trader"), ("owner", "owner"),
    }  # fmt: skip


class AccessMachine(RuleBasedStateMachine):
    """Keys and sessions come and go in any order; who is let in is what a set says."""

    folder: Path
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.keys: dict[str, str] = {}
        self.sessions: dict[str, int] = {}
        self.dead: set[str] = set()

    @initialize()
    def open(self) -> None:
        self.store = AccessStore(self.folder / f"{next(self.numbers)}.db")
        self.store.migrate()

    @rule(name=st.sampled_from("abc"))
    def create_key(self, name: str) -> None:
        if name not in self.keys:
            self.keys[name] = self.store.create_key(name, Role.VIEWER, self.now)

    @rule(name=st.sampled_from("abc"))
    def revoke_key(self, name: str) -> None:
        assert self.store.revoke_key(name, self.now) == (name in self.keys)
        if name in self.keys:
            self.dead.add(self.keys.pop(name))

    @rule(life_ms=st.integers(1, 50))
    def sign_in(self, life_ms: int) -> None:
        code = self.store.create_code(Role.OWNER, now=self.now, life_ms=1)
        opened = self.store.redeem_code(code, now=self.now, life_ms=life_ms)
        assert opened is not None
        self.sessions[opened[0]] = self.now + life_ms
        self.dead.add(code)

    @rule()
    def sign_out(self) -> None:
        if self.sessions:
            secret, expires_at = self.sessions.popitem()
            identity = self.store.find(secret, self.now)
            assert (identity is not None) == (expires_at > self.now)
            if identity is not None:
                assert self.store.revoke_session(identity, self.now)
            self.dead.add(secret)

    @rule(ms=st.integers(1, 30))
    def wait(self, ms: int) -> None:
        self.now += ms

    @invariant()
    def exactly_the_living_come_in(self) -> None:
        if not hasattr(self, "store"):
            return
        living = {*self.keys.values(), *(s for s, end in self.sessions.items() if end > self.now)}
        found = [self.store.find(secret, self.now) for secret in living]
        assert {who.credential_id for who in found if who} == self.store.holding(self.now)
        assert None not in found
        assert not any(self.store.find(secret, self.now) for secret in self.dead)

    @override
    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()


def test_whatever_happens_exactly_the_living_credentials_come_in(tmp_path: Path) -> None:
    AccessMachine.folder = tmp_path
    run_state_machine_as_test(
        AccessMachine, settings=settings(max_examples=20, deadline=None, stateful_step_count=20)
    )
