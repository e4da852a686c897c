"""Users, sessions, keys and the audit: who sees and changes what."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from werkzeug.test import TestResponse

from store.access import Role
from telegram_webapp.auth.client import client_name
from tests.telegram_webapp.house import House, house, problem
from tests.telegram_webapp.telegram_signing import TOKEN, launch, written

ADA, BOB, EVE = 11, 22, 33


@pytest.fixture
def deck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    path = tmp_path_factory.mktemp("deck")
    with house(path, engine=False, telegram_bot_token=SecretStr(TOKEN)) as built:
        now = built.clock.now()
        built.store.users.allow(ADA, Role.OWNER, "test", now, name="Ada")
        built.store.users.allow(BOB, Role.TRADER, "test", now, name="Bob")
        built.store.users.ask(EVE, "Eve", "eve", now)
        yield built


class Person:
    """Somebody who signed in by Telegram."""

    def __init__(self, house: House, user_id: int, name: str) -> None:
        self._client = house.client()
        user = {"id": user_id, "first_name": name}
        text = written(launch(house.clock.now() // 1000, user))
        agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
        answer = self._client.post(
            "/api/auth/telegram", json={"init_data": text}, headers={"User-Agent": agent}
        )
        assert answer.json is not None
        self._headers = {"Authorization": f"Bearer {answer.json['token']}"}

    def ask(self, method: str, path: str, body: object = None) -> TestResponse:
        if method != "GET" and body is None:
            body = {}
        return self._client.open(path, method=method, json=body, headers=self._headers)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json or {})


def refused(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, str(problem(answer)["code"])


def actions(house: House) -> list[tuple[str, str]]:
    return [(row.actor, row.action) for row in house.store.audit.newest(5)]


def test_an_owner_sees_who_may_come_in_and_who_asks(deck: House) -> None:
    users = Person(deck, ADA, "Ada").get("/api/users")["users"]
    shown = [(user["id"], user["status"], user["role"], user["is_you"]) for user in users]
    assert shown == [
        (ADA, "allowed", "owner", True), (BOB, "allowed", "trader", False),
        (EVE, "pending", None, False),
    ]  # fmt: skip


def test_an_owner_lets_somebody_in_who_then_comes(deck: House) -> None:
    ada = Person(deck, ADA, "Ada")
    answer = ada.ask("POST", "/api/users", {"user_id": EVE, "role": "viewer"})
    assert (answer.json or {})["status"] == "allowed"
    assert Person(deck, EVE, "Eve").get("/api/me")["role"] == "viewer"
    assert ("Ada (11)", "user_allowed") in actions(deck)


@pytest.mark.parametrize(("method", "path"), [("POST", "/block"), ("DELETE", "")])
def test_who_is_blocked_or_forgotten_is_signed_out(deck: House, method: str, path: str) -> None:
    ada, bob = Person(deck, ADA, "Ada"), Person(deck, BOB, "Bob")
    assert ada.ask(method, f"/api/users/{BOB}{path}").status_code in {200, 204}
    deck.doorman._fresh_until = 0.0  # two seconds later
    assert refused(bob.ask("GET", "/api/me")) == (401, "unknown_credential")


def test_nobody_changes_their_own_role_or_one_that_does_not_exist(deck: House) -> None:
    ada = Person(deck, ADA, "Ada")
    for answer in (
        ada.ask("POST", "/api/users", {"user_id": ADA, "role": "viewer"}),
        ada.ask("POST", f"/api/users/{ADA}/block"),
        ada.ask("DELETE", f"/api/users/{ADA}"),
    ):
        assert refused(answer) == (409, "own_role")
    assert refused(ada.ask("DELETE", "/api/users/404")) == (404, "unknown_user_id")
    wanted = {"user_id": EVE, "role": "boss"}
    assert refused(ada.ask("POST", "/api/users", wanted)) == (400, "bad_body")
    assert refused(ada.ask("POST", "/api/users", {"user_id": -1, "role": "viewer"}))[0] == 400


def test_there_is_always_an_owner_left(deck: House) -> None:
    answer = deck.post("/api/users", {"user_id": ADA, "role": "viewer"})  # by a key
    assert refused(answer) == (409, "last_owner")
    deck.store.users.allow(BOB, Role.OWNER, "test", deck.clock.now())
    answer = deck.post("/api/users", {"user_id": ADA, "role": "viewer"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/api/users", "/api/keys", "/api/audit"])
def test_a_trader_manages_nobody(deck: House, path: str) -> None:
    assert refused(Person(deck, BOB, "Bob").ask("GET", path)) == (403, "role_needed")


def test_one_sees_and_ends_ones_own_sessions_and_an_owner_everybodys(deck: House) -> None:
    ada, bob, bobs_phone = Person(deck, ADA, "A"), Person(deck, BOB, "B"), Person(deck, BOB, "B")
    own = bob.get("/api/sessions")["sessions"]
    assert [(s["user_id"], s["is_current"], s["client"]) for s in own] == [
        (BOB, False, "Telegram on iOS"), (BOB, True, "Telegram on iOS"),
    ]  # fmt: skip
    assert len(ada.get("/api/sessions")["sessions"]) == 3
    adas = next(s["id"] for s in ada.get("/api/sessions")["sessions"] if s["is_current"])
    assert refused(bob.ask("DELETE", f"/api/sessions/{adas}")) == (404, "unknown_session")
    assert bob.ask("DELETE", f"/api/sessions/{own[0]['id']}").status_code == 204
    deck.doorman._fresh_until = 0.0  # two seconds later
    assert bobs_phone.ask("GET", "/api/me").status_code == 401
    assert bob.ask("DELETE", f"/api/sessions/{own[1]['id']}").status_code == 204
    assert bob.ask("GET", "/api/me").status_code == 401


def test_a_key_is_shown_once_and_can_be_revoked(deck: House) -> None:
    ada = Person(deck, ADA, "Ada")
    made = ada.ask("POST", "/api/keys", {"name": "my/bot", "role": "viewer"}).json or {}
    key = {"Authorization": f"Bearer {made['secret']}"}
    assert deck.client().get("/api/me", headers=key).status_code == 200
    assert made["secret"] not in ada.ask("GET", "/api/keys").text
    again = ada.ask("POST", "/api/keys", {"name": "my/bot", "role": "viewer"})
    assert refused(again) == (409, "bad_key_name")
    assert ada.ask("DELETE", "/api/keys/my%2Fbot").status_code == 204
    assert refused(ada.ask("DELETE", "/api/keys/my%2Fbot")) == (404, "unknown_key")
    assert {("Ada (11)", "key_created"), ("Ada (11)", "key_revoked")} <= set(actions(deck))


def test_the_audit_is_paged_newest_first(deck: House) -> None:
    ada = Person(deck, ADA, "Ada")
    first = ada.get("/api/audit?limit=2")
    second = ada.get(f"/api/audit?limit=2&cursor={first['next_cursor']}")
    ids = [row["id"] for row in (*first["audit"], *second["audit"])]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 4
    rest = ada.get("/api/audit?limit=500")
    assert rest["next_cursor"] is None
    assert ids == [row["id"] for row in rest["audit"]][:4]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/140 Safari/537.36", "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         "Firefox on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit Chrome/140 Mobile Safari/537",
         "Chrome on Android"),
        ("curl/8.5.0", "curl"), ("", ""), ("\x00<b>", ""),
    ],
)  # fmt: skip
def test_a_client_has_a_short_name(agent: str, name: str) -> None:
    assert client_name(agent) == name
