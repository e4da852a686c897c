"""Signing in by what Telegram vouches for, and everything that only looks like it."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from werkzeug.test import TestResponse

from store.access import Role
from store.notices import read_notices
from telegram_webapp.auth.init_data import MAX_BYTES, BadInitData, Checker
from tests.telegram_webapp.house import House, house, problem
from tests.telegram_webapp.telegram_signing import (
    ADA,
    TOKEN,
    derived_key,
    launch,
    sign,
    written,
)  # fmt: skip
from utils.clock import SetClock

NOW_S = 1_790_000_000
HOUR_S = 3600
Fields = dict[str, str]


def check(text: str, *, now_s: int = NOW_S, key: str = derived_key()) -> int:
    return Checker(key, 12 * HOUR_S).check(text, now_s * 1000).id


def test_what_telegram_signed_is_believed() -> None:
    person = Checker(derived_key(), HOUR_S).check(written(launch(NOW_S)), NOW_S * 1000)
    assert (person.id, person.name, person.username) == (424242, "Ada Ünal 🚀", "ada")


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"start_param": "trade_123"},
        {"chat_type": "private", "chat_instance": "-1"},
        {"a_field_of_next_year": '{"x": [1]}'},
        {"can_send_after": "10", "receiver": '{"id":1,"first_name":"Bob"}'},
    ],
)
def test_fields_that_come_and_go_do_no_harm(more: Fields) -> None:
    assert check(written(launch(NOW_S, **more))) == 424242


@pytest.mark.parametrize("age_s", [-60, 0, 1, 12 * HOUR_S - 1])
def test_fresh_init_data_is_good_however_often_it_is_shown(age_s: int) -> None:
    text = written(launch(NOW_S - age_s))
    assert [check(text), check(text)] == [424242, 424242]


HOSTILE: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "no query": lambda: "hello",
    "only ampersands": lambda: "&&&",
    "a hash that is none": lambda: written({**launch(NOW_S), "hash": "x" * 64}),
    "an empty hash": lambda: written({**launch(NOW_S), "hash": ""}),
    "a short hash": lambda: written({**launch(NOW_S), "hash": "ab"}),
    "a hash in capitals": lambda: written(
        {**(fields := launch(NOW_S)), "hash": fields["hash"].upper()}
    ),
    "a hash beyond ASCII": lambda: written({**launch(NOW_S), "hash": "é" * 64}),
    "another user": lambda: written({**launch(NOW_S), "user": '{"id":1}'}),
    "another moment": lambda: written({**launch(NOW_S - 1), "auth_date": str(NOW_S)}),
    "a field more": lambda: written(launch(NOW_S)) + "&role=owner",
    "a field less": lambda: written({n: v for n, v in launch(NOW_S).items() if n != "query_id"}),
    "without the signature field": lambda: written(
        {n: v for n, v in launch(NOW_S).items() if n != "signature"}
    ),
    "of another bot": lambda: written(launch(NOW_S, token="7654321:another-token")),
    "with an empty token": lambda: written(launch(NOW_S, token="")),
    "too old": lambda: written(launch(NOW_S - 12 * HOUR_S - 1)),
    "of the year 1970": lambda: written(launch(0)),
    "of the future": lambda: written(launch(NOW_S + 61)),
    "of a far future": lambda: written(launch(999_999_999_999)),
    "a moment that is no number": lambda: written(resigned({"auth_date": "soon"})),
    "a negative moment": lambda: written(resigned({"auth_date": "-5"})),
    "a moment with a point": lambda: written(resigned({"auth_date": f"{NOW_S}.0"})),
    "a moment in other digits": lambda: written(resigned({"auth_date": "١٧٩٠٠٠٠٠٠٠"})),
    "a moment of a thousand digits": lambda: written(resigned({"auth_date": "9" * 1000})),
    "no moment": lambda: written(resigned({}, without="auth_date")),
    "no user": lambda: written(resigned({}, without="user")),
    "a user that is no JSON": lambda: written(launch(NOW_S, "{")),
    "a user that is a list": lambda: written(launch(NOW_S, [1])),
    "a user that is null": lambda: written(launch(NOW_S, "null")),
    "an id that is a text": lambda: written(launch(NOW_S, {"id": "424242"})),
    "an id that is true": lambda: written(launch(NOW_S, {"id": True})),
    "an id with a fraction": lambda: written(launch(NOW_S, {"id": 424242.5})),
    "an id of zero": lambda: written(launch(NOW_S, {"id": 0})),
    "an id below zero": lambda: written(launch(NOW_S, {"id": -1})),
    "an id that is huge": lambda: written(launch(NOW_S, {"id": 2**64})),
    "no id": lambda: written(launch(NOW_S, {"first_name": "Ada"})),
    "a user that is nested without end": lambda: written(launch(NOW_S, "[" * 900)),
    "a name that is no text": lambda: written(launch(NOW_S, {"id": 1, "first_name": 7})),
    "the hash twice": lambda: written(launch(NOW_S)) + "&hash=" + "0" * 64,
    "the user twice": lambda: written(launch(NOW_S)) + "&user=%7B%22id%22%3A1%7D",
    "a line break in a value": lambda: written(
        launch(NOW_S, start_param="a\nauth_date=1")
    ),
    "a NUL": lambda: written(launch(NOW_S, start_param="a\x00")),
    "a broken escape": lambda: written(launch(NOW_S)) + "&x=%ff%fe",
    "raw letters beyond ASCII": lambda: written(launch(NOW_S)) + "&x=é",
    "more than eight KiB": lambda: written(launch(NOW_S, start_param="a" * MAX_BYTES)),
    "very many fields": lambda: written(launch(NOW_S, **{f"f{n}": "1" for n in range(99)})),
    "a name without a value": lambda: written(launch(NOW_S)) + "&alone",
}  # fmt: skip


def resigned(changes: Fields, without: str = "") -> Fields:
    fields = {**launch(NOW_S), **changes}
    fields.pop(without, None)
    return {**fields, "hash": sign(fields)}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_else_is(name: str) -> None:
    text = HOSTILE[name]()
    with pytest.raises(BadInitData) as refused:
        check(text)
    assert derived_key() not in str(refused.value)
    assert sign(launch(NOW_S)) not in str(refused.value)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.characters(min_codepoint=33, max_codepoint=126))
def test_one_letter_changed_is_enough_to_be_refused(place: int, letter: str) -> None:
    text = written(launch(NOW_S))
    place %= len(text)
    changed = text[:place] + letter + text[place + 1 :]
    try:
        assert check(changed) == 424242
    except BadInitData:
        return
    # an escape may be written in small or in capital letters
    assert changed.lower() == text.lower()


@settings(max_examples=200, deadline=None)
@given(st.text() | st.from_regex(r"(hash|user|auth_date|[a-z]{1,5})=[ -~]{0,30}(&[a-z]=.{0,9})*"))
def test_whatever_is_sent_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadInitData):
        check(text)


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    token = SecretStr(TOKEN)
    with house(tmp_path_factory.mktemp("deck"), engine=False, telegram_bot_token=token) as built:
        yield built


def signed(house: House, user: dict[str, Any] = ADA) -> dict[str, str]:
    return {"init_data": written(launch(house.clock.now() // 1000, user))}


def let_in(house: House, role: Role, user_id: int) -> dict[str, Any]:
    house.store.users.allow(user_id, role, "test", house.clock.now())
    user = {"id": user_id, "first_name": role.title()}
    answer = house.client().post("/api/auth/telegram", json=signed(house, user))
    assert answer.status_code == 200, answer.json
    return dict(answer.json or {})


def refused(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, str(problem(answer)["code"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_an_allowed_person_gets_a_token_that_is_good_for_an_hour(deck: House) -> None:
    told = let_in(deck, Role.TRADER, 1001)
    assert (told["role"], told["via"], told["name"]) == ("trader", "telegram", "Trader")
    assert told["subject"] == "Trader (1001)"
    assert abs(told["expires_at"] - deck.clock.now() - HOUR_S * 1000) < 60_000
    me = deck.client().get("/api/me", headers=bearer(told["token"]))
    assert (me.json or {})["subject"] == "Trader (1001)"


def test_the_answer_sets_no_cookie_and_is_kept_nowhere(deck: House) -> None:
    deck.store.users.allow(1002, Role.VIEWER, "test", deck.clock.now())
    answer = deck.client().post(
        "/api/auth/telegram", json=signed(deck, {"id": 1002, "first_name": "Bo"})
    )
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_stranger_is_told_their_id_and_the_owner_is_asked_once(deck: House) -> None:
    stranger = {"id": 2001, "first_name": "Eve\u202e", "username": "eve"}
    before = {n.id for n in read_notices(deck.store.database, 0, 1000)}
    for _ in range(3):
        answer = deck.client().post("/api/auth/telegram", json=signed(deck, stranger))
        assert refused(answer) == (403, "unknown_user")
        assert (answer.json or {})["user_id"] == 2001
    asked = [n for n in read_notices(deck.store.database, 0, 1000) if n.id not in before]
    assert [(n.kind, n.user_id, n.data["name"]) for n in asked] == [
        ("access_requested", 2001, "Eve")
    ]


def test_a_blocked_person_is_told_so_and_nobody_is_asked(deck: House) -> None:
    let_in(deck, Role.VIEWER, 2002)
    deck.store.users.block(2002, "test", deck.clock.now())
    answer = deck.client().post(
        "/api/auth/telegram", json=signed(deck, {"id": 2002, "first_name": "Bo"})
    )
    assert refused(answer) == (403, "blocked_user")


def test_no_hostile_text_is_an_error_of_ours(tmp_path: Path) -> None:
    clock = SetClock(1_790_000_000_000)
    with house(tmp_path, engine=False, telegram_bot_token=SecretStr(TOKEN)) as own:
        for name, text in HOSTILE.items():
            own.limits.__init__(clock, slowed_s=0)  # type: ignore[misc] # a minute later
            answer = own.client().post("/api/auth/telegram", json={"init_data": text()})
            assert refused(answer) == (401, "bad_init_data"), name


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
people = st.fixed_dictionaries(
    {"id": st.integers(1, 2**52 + 1) | anything},
    optional=dict.fromkeys(("first_name", "last_name", "username", "is_bot"), anything),
)


@settings(max_examples=100, deadline=None)
@given(people | anything)
def test_whatever_telegram_says_of_a_person_is_answered_in_words(deck: House, user: object) -> None:
    at_s = deck.clock.now() // 1000
    text = written(launch(at_s, json.dumps(user)))  # lone surrogates as escapes, NaN and all
    answer = deck.client().post("/api/auth/telegram", json={"init_data": text})
    assert answer.status_code in {401, 403, 429}, answer.text
    assert problem(answer)["code"] in {"bad_init_data", "unknown_user", "too_many"}


@pytest.mark.parametrize("body", [{}, {"init_data": 7}, {"init_data": None}, [], "x"])
def test_a_body_of_another_shape_is_refused(deck: House, body: object) -> None:
    answer = deck.client().post("/api/auth/telegram", json=body)
    assert refused(answer) == (400, "bad_body")


def test_without_a_token_it_says_that_it_is_off(tmp_path: Path) -> None:
    with house(tmp_path, engine=False) as off:
        answer = off.client().post("/api/auth/telegram", json=signed(off))
        assert refused(answer) == (503, "telegram_off")


def test_the_derived_key_is_enough(tmp_path: Path) -> None:
    key = SecretStr(derived_key())
    with house(tmp_path, engine=False, telegram_webapp_key=key) as keyed:
        assert let_in(keyed, Role.VIEWER, 1)["role"] == "viewer"


def test_who_is_blocked_is_out_at_once_and_for_good(tmp_path: Path) -> None:
    with house(tmp_path, engine=False, telegram_bot_token=SecretStr(TOKEN)) as own:
        told = let_in(own, Role.TRADER, 5)
        own.store.users.allow(5, Role.VIEWER, "test", own.clock.now())
        own.doorman.__init__(own.store, own.clock)  # type: ignore[misc] # two seconds later
        gone = own.client().get("/api/me", headers=bearer(told["token"]))
        assert refused(gone) == (401, "unknown_credential")
        assert let_in(own, Role.VIEWER, 5)["role"] == "viewer"


def test_a_viewer_cannot_command(deck: House) -> None:
    told = let_in(deck, Role.VIEWER, 1003)
    wish = {"idempotency_key": "k", "command": "pause"}
    answer = deck.client().post("/api/commands", json=wish, headers=bearer(told["token"]))
    assert refused(answer) == (403, "role_needed")


def test_too_many_wrong_ones_are_slowed(tmp_path: Path) -> None:
    with house(tmp_path, engine=False, telegram_bot_token=SecretStr(TOKEN)) as own:
        statuses = {
            own.client().post("/api/auth/telegram", json={"init_data": "x"}).status_code
            for _ in range(12)
        }
        assert statuses == {401, 429}


def test_nothing_secret_is_logged(deck: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        told = let_in(deck, Role.OWNER, 1004)
        body = signed(deck, {"id": 2003, "first_name": "Bo"})
        deck.client().post("/api/auth/telegram", json=body)
        deck.client().post("/api/auth/telegram", json={"init_data": body["init_data"] + "&a=b"})
        deck.client().get("/api/me", headers=bearer(told["token"]))
    said = caplog.text
    for secret in (TOKEN, derived_key(), told["token"], body["init_data"][-64:]):
        assert secret not in said


def test_who_was_signed_out_must_open_the_page_anew(deck: House) -> None:
    deck.store.users.allow(2004, Role.VIEWER, "test", deck.clock.now())
    before_s = deck.clock.now() // 1000 - 60
    person = {"id": 2004, "first_name": "Cy"}
    old = {"init_data": written(launch(before_s, person))}
    assert deck.client().post("/api/auth/telegram", json=old).status_code == 200
    session = next(s for s in deck.store.list_sessions(deck.clock.now()) if s.user_id == 2004)

    deck.store.users.allow(2004, Role.TRADER, "test", deck.clock.now())  # which ends it too
    assert deck.client().post("/api/auth/telegram", json=old).status_code == 200
    newer = next(s for s in deck.store.list_sessions(deck.clock.now()) if s.user_id == 2004)
    assert newer.id != session.id
    assert deck.store.end_session(newer.id, "Ada (11)", deck.clock.now())

    assert refused(deck.client().post("/api/auth/telegram", json=old)) == (401, "bad_init_data")
    fresh = signed(deck, person)
    assert deck.client().post("/api/auth/telegram", json=fresh).status_code == 200
