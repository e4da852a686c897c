from collections.abc import Iterator
from typing import Any

import pytest

from store.access import Role
from tests.telegram_webapp.house import House, house


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        yield built


def link(house: House, path: str, role: Role = Role.VIEWER) -> str:
    answer = house.post("/api/downloads", {"path": path}, role)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return f"/{answer.json['path']}"


@pytest.mark.parametrize(
    "path",
    ["api/trades?format=csv", "/api/trades?format=csv&symbol=BTC%2FUSDT", "api/equity?format=csv",
     "api/dashboard", "api/schema", "api/health", "api/data/BTC%2FUSDT?hours=1",
     "api/trades/position-1"],
)  # fmt: skip
def test_a_link_gives_once_to_anybody_what_its_owner_would_get(
    open_house: House, path: str
) -> None:
    own = open_house.get(f"/{path.lstrip('/')}")
    client = open_house.client()
    url = link(open_house, path)
    given = client.get(url)

    assert given.status_code == own.status_code == 200
    if "health" not in path and "dashboard" not in path:  # those tell their age
        assert given.data == own.data
    assert given.headers["Content-Type"] == own.headers["Content-Type"]
    assert given.headers.get("Content-Disposition") == own.headers.get("Content-Disposition")
    assert given.headers["Cache-Control"] == "no-store"
    assert given.headers["Access-Control-Allow-Origin"] == "https://web.telegram.org"
    again = client.get(url)
    assert (again.status_code, again.json and again.json["code"]) == (404, "used_up")


def test_looking_at_a_link_does_not_use_it_up(open_house: House) -> None:
    client = open_house.client()
    url = link(open_house, "api/trades?format=csv")

    assert client.head(url).status_code == 200
    assert client.head(url).data == b""
    assert client.get(url).data.startswith(b"id,")


def test_half_an_answer_is_never_given_for_a_whole_one(open_house: House) -> None:
    tag = open_house.get("/api/dashboard").headers["ETag"]
    url = link(open_house, "api/dashboard")
    headers = {"If-None-Match": tag, "Range": "bytes=0-1"}

    assert open_house.client().get(url, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("api/dashboard/stream", 404), ("api/downloads/x", 404), ("api/nope", 404),
        ("api/commands", 404), ("api/auth/login", 404), ("more", 400), ("", 400), ("api/", 400),
        ("//evil.com/api/trades", 400), ("https://evil.com/api/trades", 400),
        ("api/trades#x", 400), ("api/trades?x=ü", 400), ("api/" + "x" * 1000, 400),
        ("api/trades%00", 404), ("api/%ff", 404), ("api/../api/me%0d%0ax", 404),
    ],
)  # fmt: skip
def test_a_link_leads_nowhere_but_to_what_is_read(
    open_house: House, path: str, status: int
) -> None:
    assert open_house.post("/api/downloads", {"path": path}).status_code == status


def test_a_refusal_is_told_as_one(open_house: House) -> None:
    url = link(open_house, "api/trades?limit=0&format=csv")
    answer = open_house.client().get(url)

    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "bad_parameter")


def test_nobody_without_a_credential_gets_a_link(open_house: House) -> None:
    body: dict[str, Any] = {"path": "api/trades"}

    assert open_house.client().post("/api/downloads", json=body).status_code == 401


def test_a_link_ends_with_the_session_that_asked_for_it(open_house: House) -> None:
    browser = open_house.browser()
    answer = browser.post("/api/downloads", json={"path": "api/trades"})
    assert answer.json is not None
    browser.post("/api/auth/logout", json={})

    assert open_house.client().get(f"/{answer.json['path']}").status_code == 404
