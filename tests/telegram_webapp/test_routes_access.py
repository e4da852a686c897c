"""Every route against every role: nothing is served that says not to whom."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from store.access import Role
from telegram_webapp.auth.needs import Needs, check_every_view_is_marked, needs_of
from telegram_webapp.routes.stream import PATH as STREAM
from tests.telegram_webapp.house import House, house, problem

PUBLIC_PATHS = {
    "/", "/market", "/signals", "/performance", "/ab-test", "/trades", "/more",
    "/alerts", "/access", "/exchange", "/system", "/settings", "/enhanced", "/display",
    "/favicon.ico",
    "/static/<digest>/<path:name>", "/api/health", "/api/health/stream-probe",
    "/api/health/live", "/api/health/ready", "/api/openapi.json", "/api/docs",
    "/api/auth/login", "/api/auth/telegram", "/api/downloads/<secret>",
}  # fmt: skip
TRADERS_CHANGE = {"/api/commands", "/api/report", "/api/alerts/<int:alert_id>/acknowledge"}
FOR_OWNERS = {
    "/api/users", "/api/users/<int:user_id>", "/api/users/<int:user_id>/block",
    "/api/keys", "/api/keys/<path:name>", "/api/audit", "/api/logs",
    "/api/settings", "/api/settings/reload",
}  # fmt: skip


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        yield built


def rules(app: Flask) -> list[Rule]:
    return list(app.url_map.iter_rules())


def ask(house: House, rule: Rule, method: str, key: str | None) -> Any:
    path = rule.rule.replace("<path:symbol>", "BTCUSDT").replace("<digest>/<path:name>", "x/y.js")
    path = re.sub(r"<int:\w+>", "999", path)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body = None if method in {"GET", "HEAD"} else {"nonsense": 1}
    return house.client().open(path, method=method, headers=headers, json=body, buffered=False)


def role_needed(path: str, method: str) -> Role:
    if path in FOR_OWNERS:
        return Role.OWNER
    return Role.TRADER if path in TRADERS_CHANGE and method == "POST" else Role.VIEWER


def test_every_route_says_what_it_needs(open_house: House) -> None:
    views = open_house.app.view_functions

    check_every_view_is_marked(open_house.app)
    public = {
        rule.rule for rule in rules(open_house.app) if needs_of(views[rule.endpoint]) == Needs(None)
    }
    assert public == PUBLIC_PATHS


def test_an_application_with_a_forgotten_route_does_not_start() -> None:
    app = Flask("forgetful", static_folder=None)
    app.get("/secret")(lambda: "the account")

    with pytest.raises(RuntimeError, match="views must be marked"):
        check_every_view_is_marked(app)


def test_without_a_role_only_the_public_routes_answer(open_house: House) -> None:
    for rule in rules(open_house.app):
        for method in rule.methods or ():
            answer = ask(open_house, rule, method, None)
            if rule.rule in PUBLIC_PATHS:
                assert answer.status_code != 401, rule
                continue
            assert answer.status_code == 401, rule
            if method != "HEAD":
                assert problem(answer)["code"] == "not_signed_in"
            answer.close()


@pytest.mark.parametrize("role", Role)
def test_each_role_gets_what_it_may_and_no_more(open_house: House, role: Role) -> None:
    for rule in rules(open_house.app):
        for method in rule.methods or ():
            answer = ask(open_house, rule, method, open_house.keys[role])
            needed = role_needed(rule.rule, method)
            assert (answer.status_code == 403) == (not role.includes(needed)), rule
            assert answer.status_code != 401 or rule.rule in PUBLIC_PATHS, rule
            off = rule.rule == "/api/auth/telegram"  # without a bot
            assert answer.status_code < 500 or off, (rule, answer.text)
            answer.close()


def test_a_view_that_is_added_later_without_a_word_is_the_owners(open_house: House) -> None:
    client = open_house.client()
    open_house.app.view_functions["state.schema"], kept = (
        lambda: "the account", open_house.app.view_functions["state.schema"],
    )  # fmt: skip

    statuses = [open_house.get("/api/schema", role).status_code for role in Role]
    stranger = client.get("/api/schema").status_code

    open_house.app.view_functions["state.schema"] = kept
    assert [stranger, *statuses] == [401, 403, 403, 200]


def test_a_refused_change_is_in_the_audit(open_house: House) -> None:
    before = len(open_house.asked)

    answer = open_house.post("/api/commands", {"command": "pause"}, Role.VIEWER)

    assert problem(answer)["code"] == "role_needed"
    assert len(open_house.asked) == before
    row = open_house.store.audit.newest(1)[0]
    assert (row.actor, row.role, row.action, row.result) == (
        "a viewer", "viewer", "POST /api/commands", "role_needed",
    )  # fmt: skip


def test_the_public_page_holds_nothing_of_the_account(open_house: House) -> None:
    for path in ("/", "/market", "/trades", "/more", "/api/health"):
        text = open_house.client().get(path).text
        for word in ("BTC", "position-1", "order-1", 'streams":', "e1"):
            assert f'"{word}' not in text, path


def test_a_stream_ends_at_the_first_heartbeat_after_its_key_was_revoked(
    open_house: House,
) -> None:
    secret = open_house.store.create_key("short", Role.VIEWER, open_house.clock.now())
    headers = {"Authorization": f"Bearer {secret}"}
    answer = open_house.client().get(STREAM, headers=headers, buffered=False)
    body = iter(answer.response)
    assert b"event: heartbeat" in next(body)
    assert open_house.hub.stats()["clients"] == 1

    open_house.hub.heartbeat()
    assert open_house.hub.stats()["clients"] == 1
    open_house.store.revoke_key("short", open_house.clock.now())
    open_house.doorman._fresh_until = 0.0  # two seconds later
    open_house.hub.heartbeat()

    assert open_house.hub.stats()["clients"] == 0
    assert open_house.hub.stats()["revoked"] == 1
    answer.close()


def test_a_rate_that_does_not_exist_is_named(open_house: House) -> None:
    answer = open_house.get(f"{STREAM}?rate=fast", Role.VIEWER)

    assert answer.status_code == 400
    assert "live, balanced, saver" in answer.text


def test_a_credential_has_a_share_of_streams(open_house: House) -> None:
    open_house.hub.allow(max_streams=50, streams_per_client=3)  # whatever was set before
    open_streams = [open_house.get(STREAM, Role.OWNER, buffered=False) for _ in range(3)]
    bodies = [iter(answer.response) for answer in open_streams]
    assert all(b"heartbeat" in next(body) for body in bodies)

    refused = open_house.get(STREAM, Role.OWNER)

    assert refused.status_code == 429
    assert problem(refused)["code"] == "too_many_requests"
    assert int(refused.headers["Retry-After"]) > 0
    for answer in open_streams:
        answer.close()
    assert open_house.hub.stats()["clients"] == 0
