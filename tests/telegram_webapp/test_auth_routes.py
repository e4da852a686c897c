"""Signing in and out, cookies and keys, and what other sites may not do."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.access import Role
from telegram_webapp.limits import REQUESTS
from tests.telegram_webapp.house import COOKIE, HOST, Client, House, house, problem


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        yield built


@pytest.fixture
def own_house(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path, engine=False) as built:
        yield built


def code_for(house: House, role: Role = Role.OWNER, life_ms: int = 60_000) -> str:
    return house.store.create_code(role, now=house.clock.now(), life_ms=life_ms)


def test_a_code_becomes_a_cookie_that_no_script_reads(open_house: House) -> None:
    client = open_house.client()

    answer = client.post("/api/auth/login", json={"code": code_for(open_house)})

    assert answer.status_code == 200
    body = answer.json
    assert body is not None
    assert (body["subject"], body["role"], body["via"]) == ("owner", "owner", "code")
    week_ms = 168 * 3_600_000
    assert abs(body["expires_at"] - open_house.clock.now() - week_ms) < 60_000
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("quarterdeck_8123=qds_")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert client.get("/api/me").json == body


def test_over_https_the_cookie_stays_there(open_house: House) -> None:
    answer = open_house.client().post(
        "/api/auth/login", json={"code": code_for(open_house)}, base_url=f"https://{HOST}"
    )

    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_code_is_used_up_by_the_first(open_house: House) -> None:
    code = code_for(open_house)
    assert open_house.client().post("/api/auth/login", json={"code": code}).status_code == 200

    again = open_house.client().post("/api/auth/login", json={"code": code})

    assert problem(again)["code"] == "bad_code"
    assert again.status_code == 401
    assert "Set-Cookie" not in again.headers


def test_leaving_ends_the_session_everywhere(open_house: House) -> None:
    browser = open_house.browser()
    secret = browser.session
    assert secret is not None

    answer = browser.post("/api/auth/logout", json={})

    assert answer.status_code == 204
    assert browser.session is None
    browser.set_cookie(COOKIE, secret, domain="127.0.0.1")
    assert problem(browser.get("/api/me"))["code"] == "unknown_credential"
    assert browser.session is None


def test_a_key_cannot_sign_out(open_house: House) -> None:
    answer = open_house.post("/api/auth/logout", {})

    assert problem(answer)["code"] == "not_a_session"


def test_a_revoked_key_is_refused(own_house: House) -> None:
    assert own_house.get("/api/me").status_code == 200
    own_house.store.revoke_key("a viewer", own_house.clock.now())
    own_house.doorman._fresh_until = 0.0

    assert problem(own_house.get("/api/me"))["code"] == "unknown_credential"


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "bearer x", "Basic b3duZXI6", "Token x", "Bearer \u00e9",
     "Bearer a b", "Bearer " + "x" * 200, "qdk_x"],
)  # fmt: skip
def test_a_header_that_is_no_key_is_refused(own_house: House, header: str) -> None:
    answer = own_house.client().get("/api/me", headers={"Authorization": header})

    assert answer.status_code == 401
    assert problem(answer)["code"] == "unknown_credential"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/", "/api/health"])
def test_a_key_is_not_to_be_guessed_at_public_pages_either(own_house: House, path: str) -> None:
    headers = {"Authorization": "Bearer qdk_guess"}

    statuses = [own_house.client().get(path, headers=headers).status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]


@pytest.mark.parametrize("path", ["/", "/api/health"])
def test_a_dead_cookie_is_taken_away_and_is_no_fault(own_house: House, path: str) -> None:
    client = own_house.client()
    client.set_cookie(COOKIE, "qds_over", domain="127.0.0.1")

    answers = [client.get(path) for _ in range(11)]

    assert {answer.status_code for answer in answers} == {200}
    assert client.session is None


def test_a_key_beside_a_cookie_is_what_counts(open_house: House) -> None:
    browser = open_house.browser(Role.OWNER)
    headers = {"Authorization": f"Bearer {open_house.keys[Role.VIEWER]}"}

    assert browser.get("/api/me", headers=headers).json == open_house.get("/api/me").json


def from_site(client: Client, headers: dict[str, str]) -> int:
    """Return the status of a change asked by a signed-in browser with only these headers."""
    client.environ_base.pop("HTTP_SEC_FETCH_SITE", None)
    body = {"command": "pause", "idempotency_key": "k"}
    return client.post("/api/commands", json=body, headers=headers).status_code


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": f"http://{HOST}"}, 200),
        ({"Origin": f"http://{HOST}"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": f"http://{HOST}"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "http://evil.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[bad"}, 403),
        ({}, 403),
    ],
)
def test_a_cookie_changes_things_only_from_our_own_page(
    open_house: House, headers: dict[str, str], status: int
) -> None:
    assert from_site(open_house.browser(), headers) == status


def test_another_site_cannot_use_a_key_or_sign_in_either(open_house: House) -> None:
    client = open_house.client()
    headers = {"Sec-Fetch-Site": "cross-site"}
    code = code_for(open_house)

    refused = client.post("/api/auth/login", json={"code": code}, headers=headers)

    assert problem(refused)["code"] == "cross_site"
    assert client.post("/api/auth/login", json={"code": code}).status_code == 200


@pytest.mark.parametrize("mimetype", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_a_form_could_send_is_refused(open_house: House, mimetype: str) -> None:
    answer = open_house.browser().post("/api/commands", data="{}", content_type=mimetype)

    assert problem(answer)["code"] == "not_json"
    assert answer.status_code == 415


def test_an_unknown_host_gets_nothing(open_house: House) -> None:
    for path in ("/", "/api/health", "/api/me", "/static/x/y.js", "/nope"):
        answer = open_house.get(path, headers={"Host": "evil.com"})
        assert problem(answer)["code"] == "unknown_host"
        assert answer.status_code == 400


def test_wrong_credentials_are_refused_but_right_ones_still_pass(own_house: House) -> None:
    owner, late_key = own_house.browser(), own_house.keys[Role.VIEWER]
    wrong = [
        own_house.client().post("/api/auth/login", json={"code": f"wrong{n}"}) for n in range(15)
    ]

    assert [answer.status_code for answer in wrong] == [401] * 10 + [429] * 5
    last = problem(wrong[-1])
    assert last["code"] == "too_many"
    assert 1 <= int(wrong[-1].headers["Retry-After"]) <= 61
    other = own_house.client().get("/api/me", headers={"Authorization": "Bearer wrong"})
    assert other.status_code == 429
    assert owner.get("/api/me").status_code == 200
    headers = {"Authorization": f"Bearer {late_key}"}
    assert own_house.client().get("/api/me", headers=headers).status_code == 200
    code = code_for(own_house)
    assert own_house.client().post("/api/auth/login", json={"code": code}).status_code == 200


def test_changes_have_a_budget(own_house: House) -> None:
    body = {"command": "pause", "idempotency_key": "k"}

    statuses = [own_house.post("/api/commands", body).status_code for _ in range(61)]

    assert statuses == [503] * 60 + [429]
    assert own_house.get("/api/me", Role.OWNER).status_code == 200


def test_requests_have_a_budget_but_streams_have_their_own(own_house: House) -> None:
    requests = REQUESTS.amount

    streams = {own_house.get_head("/api/dashboard/stream") for _ in range(requests + 1)}
    reads = [own_house.get_head("/api/me") for _ in range(requests + 1)]

    assert streams == {200}
    assert reads == [200] * requests + [429]


def test_no_secret_is_logged(own_house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    code = code_for(own_house)
    client = own_house.client()
    client.post("/api/auth/login", json={"code": code})
    client.post("/api/auth/login", json={"code": code})
    secret = client.session
    assert secret is not None
    own_house.get("/api/trades")
    client.get("/api/trades", headers={"Authorization": f"Bearer {secret}x"})

    for text in (code, secret, *own_house.keys.values()):
        assert text not in caplog.text
