"""How each person wishes to see the page: asked for, changed, carried from device to device."""

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from store.access import Role
from tests.telegram_webapp.house import House, house, problem

PATH = "/api/preferences"
USUAL = {
    "units": "money", "currency": "sign", "prices": "full", "zone": "UTC", "palette": "usual",
    "density": "usual", "layouts": {},
}  # fmt: skip


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        yield built


def put(house: House, body: object, role: Role = Role.VIEWER) -> TestResponse:
    headers = {"Authorization": f"Bearer {house.keys[role]}"}
    return house.client().put(PATH, json=body, headers=headers)


def kept(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = dict(answer.get_json())
    del data["changed_at"]
    return data


def refused(answer: TestResponse) -> tuple[int, str]:
    told = problem(answer)
    return told["status"], told["code"]


def test_it_is_for_those_who_are_signed_in(shared: House) -> None:
    assert shared.client().get(PATH).status_code == 401
    assert shared.client().put(PATH, json={}).status_code == 401


def test_every_role_has_wishes_of_its_own_and_puts_part_of_them(shared: House) -> None:
    wish = {"zone": "Europe/Berlin", "layouts": {"overview": {"pinned": ["prices"]}}}

    for role in Role:
        assert kept(shared.get(PATH, role)) == USUAL
    assert kept(put(shared, wish)) == {**USUAL, **wish}
    assert kept(put(shared, {"units": "percent"})) == {**USUAL, **wish, "units": "percent"}
    assert kept(shared.get(PATH, Role.OWNER)) == USUAL
    assert shared.get(PATH).get_json()["changed_at"] > 0

    back = {**USUAL, "layouts": {"overview": None}}
    assert kept(put(shared, back)) == USUAL


def test_a_second_device_finds_them_in_its_page_and_one_that_is_as_usual_none(
    shared: House,
) -> None:
    phone, desk = shared.browser(Role.TRADER), shared.browser(Role.TRADER)
    plain = desk.get("/").text
    assert '"preferences":{}' in plain
    assert "display.js" not in plain

    wish = {"palette": "blue_orange", "layouts": {"desk": {"hidden": ["watch"]}}}
    assert phone.put(PATH, json=wish).status_code == 200

    page = desk.get("/enhanced").text
    assert '"palette":"blue_orange"' in page
    for name in ("css/display.css", "js/display.js", "js/layout.js"):
        assert f"/{name}" in page
    assert '"preferences":null' in shared.client().get("/").text


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"units": "pounds"},
        {"currency": None},
        {"zone": ""},
        {"zone": "Europe/Berlin\n"},
        {"zone": "../../etc/passwd"},
        {"zone": "A" * 65},
        {"scent": "pine"},
        {"layouts": {"cellar": {}}},
        {"layouts": {"overview": {"order": ["Hero"]}}},
        {"layouts": {"overview": {"order": ["hero", "hero"]}}},
        {"layouts": {"overview": {"order": [f"card-{n}" for n in range(41)]}}},
        {"layouts": {"overview": {"wide": ["hero"]}}},
        {"layouts": [1]},
    ],
)
def test_what_is_no_wish_is_refused_and_changes_nothing(shared: House, body: object) -> None:
    before = shared.get(PATH).get_json()

    assert refused(put(shared, body)) == (400, "bad_body")
    assert shared.get(PATH).get_json() == before


def test_broken_json_and_parameters_are_refused(shared: House) -> None:
    headers = {"Authorization": f"Bearer {shared.keys[Role.VIEWER]}"}

    json = "application/json"
    broken = shared.client().put(PATH, data=b'{"units"', headers=headers, content_type=json)
    assert refused(broken) == (400, "bad_body")
    assert refused(shared.get(f"{PATH}?view=desk")) == (400, "bad_parameter")
