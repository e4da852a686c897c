"""The people of Telegram: who may come in, who asks, what ends with a role, what must be told."""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import booleans, dictionaries, sampled_from
from typing_extensions import override

from core.errors import CommandError
from store.access import AccessStore, Role
from store.identity import Identity
from store.notices import read_notices
from store.user import User, printable
from store.users import MAX_PENDING, PENDING_MS, Users

NOW = 1_790_000_000_000
ADA, BOB = 11, 22
PEOPLE = sampled_from([ADA, BOB, 33])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AccessStore]:
    built = AccessStore(tmp_path / "access.db")
    built.migrate()
    yield built
    built.close()


@pytest.fixture
def users(store: AccessStore) -> Users:
    store.users.allow(ADA, Role.OWNER, "terminal", NOW, name="Ada")
    return store.users


def sign_in(store: AccessStore, user_id: int, now: int = NOW) -> tuple[str, Identity]:
    user = store.users.find(user_id)
    assert user is not None
    return store.open_session_for(user, via="telegram", now=now, life_ms=10_000)


def told(store: AccessStore) -> list[tuple[str, int | None]]:
    return [(notice.kind, notice.user_id) for notice in read_notices(store.database, 0, 100)]


def test_who_asks_is_noted_and_told_of_once(store: AccessStore, users: Users) -> None:
    first, again = users.ask(BOB, "Bob", "bob", NOW), users.ask(BOB, "Rob", "rob", NOW + 1)
    assert (first.status, first.role, first.name) == ("pending", None, "Bob")
    assert first == again
    assert told(store) == [("access_requested", BOB)]


def test_a_crowd_that_asks_fills_neither_table_nor_chats(store: AccessStore, users: Users) -> None:
    for number in range(100, 100 + 2 * MAX_PENDING):
        assert users.ask(number, "", "", NOW).status == "pending"
    assert len(users.listed()) == 1 + MAX_PENDING
    assert len(told(store)) == MAX_PENDING
    users.ask(BOB, "Bob", "", NOW + PENDING_MS + 1)
    assert [user.id for user in users.listed()] == [ADA, BOB]


@pytest.mark.usefixtures("users")
def test_a_session_has_an_owner_and_is_told_of(store: AccessStore) -> None:
    secret, identity = sign_in(store, ADA)
    found = store.find(secret, NOW)
    assert found == identity
    assert (identity.subject, identity.owner_id) == ("Ada (11)", "telegram:11")
    assert told(store) == [("new_session", ADA)]


@pytest.mark.usefixtures("users")
def test_what_was_told_long_ago_is_forgotten(store: AccessStore) -> None:
    sign_in(store, ADA)
    sign_in(store, ADA, NOW + 31 * 24 * 3600 * 1000)
    assert [notice.id for notice in read_notices(store.database, 0, 100)] == [2]


@pytest.mark.parametrize("change", ["block", "remove", "viewer"])
def test_with_a_role_go_the_sessions_that_bore_it(
    store: AccessStore, users: Users, change: str
) -> None:
    users.allow(BOB, Role.TRADER, "Ada (11)", NOW, name="Bob")
    secret, identity = sign_in(store, BOB)
    if change == "viewer":
        users.allow(BOB, Role.VIEWER, "Ada (11)", NOW)
    else:
        assert getattr(users, change)(BOB, "Ada (11)", NOW)
    assert store.find(secret, NOW) is None
    assert identity.credential_id not in store.holding(NOW)
    row = store.audit.newest(1)[0]
    assert row.actor == "Ada (11)"
    assert row.action.startswith("user_")


def test_the_same_role_again_ends_nothing(store: AccessStore, users: Users) -> None:
    secret, _ = sign_in(store, ADA)
    users.allow(ADA, Role.OWNER, "terminal", NOW)
    assert store.find(secret, NOW) is not None


@pytest.mark.parametrize("change", ["block", "remove", "trader"])
def test_the_last_owner_stays_one(users: Users, change: str) -> None:
    def act() -> None:
        if change == "trader":
            users.allow(ADA, Role.TRADER, "Ada (11)", NOW)
        else:
            getattr(users, change)(ADA, "Ada (11)", NOW)

    with pytest.raises(CommandError, match=r"Ada \(11\) is the only owner"):
        act()
    users.allow(BOB, Role.OWNER, "Ada (11)", NOW)
    act()


def test_a_code_of_somebody_signs_them_in_with_the_role_of_today(
    store: AccessStore, users: Users
) -> None:
    users.allow(BOB, Role.TRADER, "test", NOW, name="Bob")
    codes = [store.create_code(Role.TRADER, now=NOW, life_ms=99, user_id=BOB) for _ in range(2)]
    users.allow(BOB, Role.VIEWER, "test", NOW)
    opened = store.redeem_code(codes[0], now=NOW, life_ms=99)
    assert opened is not None
    assert (opened[1].role, opened[1].user_id) == (Role.VIEWER, BOB)
    users.block(BOB, "test", NOW)
    assert store.redeem_code(codes[1], now=NOW, life_ms=99) is None


def test_who_is_not_allowed_is_nobody(store: AccessStore, users: Users) -> None:
    asks = users.ask(BOB, "Bob", "", NOW)
    with pytest.raises(ValueError, match="user 22 is not allowed in"):
        store.identity_of(asks)
    with pytest.raises(ValueError, match="user 22 is not allowed in"):
        store.open_session_for(asks, via="telegram", now=NOW, life_ms=1)


def test_the_setting_brings_in_and_takes_away_its_own(users: Users) -> None:
    users.settle_setting({BOB: Role.TRADER, 33: Role.VIEWER}, NOW)
    users.settle_setting({33: Role.TRADER}, NOW)
    assert [(user.id, user.role, user.source) for user in users.listed()] == [
        (ADA, "owner", "bot"), (33, "trader", "setting"),
    ]  # fmt: skip


def test_settling_again_changes_nothing(store: AccessStore, users: Users) -> None:
    users.settle_setting({BOB: Role.TRADER}, NOW)
    secret, _ = sign_in(store, BOB)
    before = users.listed()
    users.settle_setting({BOB: Role.TRADER}, NOW + 5)
    assert users.listed() == before
    assert store.find(secret, NOW) is not None


def test_a_start_lets_nobody_in_again_who_was_blocked(users: Users) -> None:
    users.settle_setting({BOB: Role.TRADER}, NOW)
    users.block(BOB, "Ada (11)", NOW)
    for entries in ({BOB: Role.TRADER}, {BOB: Role.OWNER}, {}, {}):
        users.settle_setting(entries, NOW)
        user = users.find(BOB)
        assert user is not None
        assert user.status == "blocked"
    assert users.allow(BOB, Role.VIEWER, "Ada (11)", NOW).status == "allowed"


def test_what_the_setting_says_is_changed_there(users: Users) -> None:
    users.settle_setting({BOB: Role.TRADER}, NOW)
    with pytest.raises(CommandError, match="TELEGRAM_USERS names user 22 as trader"):
        users.allow(BOB, Role.OWNER, "Ada (11)", NOW)
    with pytest.raises(CommandError, match="TELEGRAM_USERS names user 22"):
        users.remove(BOB, "Ada (11)", NOW)
    users.block(BOB, "Ada (11)", NOW)
    assert users.allow(BOB, Role.TRADER, "Ada (11)", NOW).source == "setting"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("  Ada \n Lovelace ", "Ada Lovelace"), ("a\u202eb", "a b"), ("\ud800", ""),
        ("x" * 99, "x" * 40), ("\u200b\x00\x1b[31m", "[31m"), ("Ünal 🚀", "Ünal 🚀"),
    ],
)  # fmt: skip
def test_a_name_is_one_short_line_that_shows(name: str, shown: str) -> None:
    assert printable(name) == shown


class AllowList(RuleBasedStateMachine):
    """Whatever owners, strangers and starts do, who comes in has the role of today."""

    folder: Path
    numbers = itertools.count()

    @initialize()
    def open(self) -> None:
        self.store = AccessStore(self.folder / f"{next(self.numbers)}.db")
        self.store.migrate()
        self.store.users.allow(ADA, Role.OWNER, "terminal", NOW)
        self.secrets: list[str] = []

    @rule(number=PEOPLE, role=sampled_from(Role))
    def allow(self, number: int, role: Role) -> None:
        with contextlib.suppress(CommandError):
            self.store.users.allow(number, role, "test", NOW)

    @rule(number=PEOPLE)
    def ask(self, number: int) -> None:
        self.store.users.ask(number, "", "", NOW)

    @rule(number=PEOPLE, forget=booleans())
    def turn_out(self, number: int, *, forget: bool) -> None:
        with contextlib.suppress(CommandError):
            table = self.store.users
            (table.remove if forget else table.block)(number, "test", NOW)

    @rule(entries=dictionaries(PEOPLE, sampled_from(Role)))
    def start(self, entries: dict[int, Role]) -> None:
        blocked = {user.id for user in self._with("blocked") if user.source == "setting"}
        self.store.users.settle_setting({ADA: Role.OWNER, **entries}, NOW)
        assert blocked <= {user.id for user in self._with("blocked")}

    @rule()
    def everybody_signs_in(self) -> None:
        self.secrets += [sign_in(self.store, user.id)[0] for user in self._with("allowed")]

    @invariant()
    def who_comes_in_has_the_role_of_today(self) -> None:
        if not hasattr(self, "store"):
            return
        roles = {user.id: user.role for user in self._with("allowed")}
        for identity in (self.store.find(secret, NOW) for secret in self.secrets):
            assert identity is None or roles.get(identity.user_id or 0) == identity.role

    def _with(self, status: str) -> list[User]:
        return [user for user in self.store.users.listed() if user.status == status]

    @override
    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()


def test_whatever_happens_nobody_keeps_a_role_they_lost(tmp_path: Path) -> None:
    AllowList.folder = tmp_path
    run_state_machine_as_test(
        AllowList, settings=settings(max_examples=12, deadline=None, stateful_step_count=12)
    )
