"""Signing in and acting through proxies, trusted and not."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Response
from werkzeug.test import TestResponse

from store.access import Role
from tests.telegram_webapp.house import Client, House, problem

PROXY = "10.0.0.9"
PUBLIC = "https://deck.example/bot1/"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    built = House(
        tmp_path_factory.mktemp("house"), trusted_proxies=["10.0.0.0/8"], public_url=PUBLIC
    )
    yield built
    built.close()


def through(client: Client, path: str, **kwargs: Any) -> TestResponse:
    """Ask as a proxy does that ends TLS and takes the prefix off."""
    headers = {
        "X-Forwarded-For": "8.8.4.4", "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "deck.example", "X-Forwarded-Prefix": "/bot1",
        **kwargs.pop("headers", {}),
    }  # fmt: skip
    return straight(client, path, PROXY, headers=headers, **kwargs)


def straight(client: Client, path: str, peer: str, **kwargs: Any) -> TestResponse:
    kwargs.setdefault("method", "POST" if "json" in kwargs else "GET")
    return client.open(path, environ_base={"REMOTE_ADDR": peer}, **kwargs)


def code(house: House) -> dict[str, str]:
    store, now = house.store, house.clock.now()
    return {"code": store.create_code(Role.OWNER, now=now, life_ms=60_000)}


def test_the_cookie_is_secure_and_stays_below_the_prefix(house: House) -> None:
    client = house.client()

    signed_in = through(client, "/api/auth/login", json=code(house))

    cookie = signed_in.headers["Set-Cookie"]
    assert signed_in.status_code == 200
    assert "; Path=/bot1/" in cookie
    assert "; Secure" in cookie
    assert "; HttpOnly" in cookie


def test_leaving_takes_that_very_cookie(house: House) -> None:
    client = Client(house.app, Response, use_cookies=False)  # its jar knows no proxies
    given = through(client, "/api/auth/login", json=code(house)).headers["Set-Cookie"]
    headers = {"Cookie": given.partition(";")[0], "Sec-Fetch-Site": "same-origin"}

    left = through(client, "/api/auth/logout", json={}, headers=headers)

    assert left.status_code == 204
    assert "; Path=/bot1/" in left.headers["Set-Cookie"]


def test_browsers_are_told_to_stay_with_https(house: House) -> None:
    client = house.client()

    assert through(client, "/").headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Strict-Transport-Security" not in client.get("/").headers
    stranger = straight(client, "/", "8.8.4.4", headers={"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" not in stranger.headers


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://deck.example", 204), ("http://127.0.0.1:8123", 204),
        ("http://deck.example", 403), ("https://evil.example", 403),
        ("https://deck.example.evil.example", 403), ("null", 403),
    ],
)  # fmt: skip
def test_a_change_by_cookie_must_come_from_a_page_of_ours(
    house: House, origin: str, status: int
) -> None:
    """The proxy hands on a Host of its own, and the browser is too old for Sec-Fetch-Site."""
    client = house.client()
    assert client.post("/api/auth/login", json=code(house)).status_code == 200

    left = client.post("/api/auth/logout", json={}, headers={"Origin": origin})

    assert left.status_code == status


def test_the_name_of_the_public_url_needs_no_other_trust(house: House) -> None:
    client = house.client()

    assert client.get("/api/health", base_url="http://deck.example").status_code == 200
    assert problem(client.get("/api/health", base_url="http://a.deck.example"))["code"] == (
        "unknown_host"
    )


def test_wrong_credentials_cost_who_sends_them_and_no_other_behind_the_proxy(
    house: House,
) -> None:
    client, wrong = house.client(), {"code": "x" * 20}

    # what one puts before one's own address changes nothing
    chains = [{"X-Forwarded-For": f"7.7.7.{n}, 9.9.9.9"} for n in range(11)]
    *_, last = [through(client, "/api/auth/login", json=wrong, headers=h) for h in chains]
    other = through(client, "/api/auth/login", json=wrong)

    assert last.status_code == 429
    assert other.status_code == 401


@pytest.mark.parametrize("how", ["key", "code"])
def test_secrets_over_plain_http_from_the_internet_are_refused(house: House, how: str) -> None:
    client = house.client()
    key = {"Authorization": f"Bearer {house.keys[Role.VIEWER]}"}

    def ask(peer: str, headers: dict[str, str]) -> TestResponse:
        if how == "key":
            return straight(client, "/api/me", peer, headers={**key, **headers})
        return straight(client, "/api/auth/login", peer, json=code(house), headers=headers)

    plain = {"X-Forwarded-For": "8.8.4.4"}
    assert problem(ask("8.8.4.4", {}))["code"] == "https_needed"
    assert problem(ask(PROXY, {**plain, "X-Forwarded-Proto": "http"}))["code"] == "https_needed"
    assert problem(ask("8.8.4.4", {"X-Forwarded-Proto": "https"}))["code"] == "https_needed"
    assert ask(PROXY, {**plain, "X-Forwarded-Proto": "https"}).status_code == 200
    assert ask("127.0.0.1", {}).status_code == 200


def test_from_a_private_network_they_are_taken_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path)
    client, headers = house.client(), {"Authorization": f"Bearer {house.keys[Role.VIEWER]}"}

    with caplog.at_level(logging.WARNING):
        answers = [straight(client, "/api/me", f"192.168.1.{n}", headers=headers) for n in (7, 8)]
    house.close()

    assert [answer.status_code for answer in answers] == [200, 200]
    assert caplog.text.count("over plain http from 192.168.1.7") == 1
    assert "192.168.1.8" not in caplog.text


def test_the_page_itself_is_shown_over_plain_http(house: House) -> None:
    assert straight(house.client(), "/", "8.8.4.4").status_code == 200
