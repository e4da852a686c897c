"""The settings over HTTP: shown whole, changed whole or not at all, by owners alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from werkzeug.test import TestResponse

from infra.setting_catalogue import catalogue
from store.access import Role
from tests.telegram_webapp.house import House


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A dashboard whose environment says where its data is, and one thing more."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PUBLISH_HZ", "8")
    (tmp_path / "run").mkdir()
    house = House(tmp_path, publish_hz=8)
    yield house
    house.store.close()


def shown(house: House) -> dict[str, Any]:
    answer = house.get("/api/settings", Role.OWNER)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def one(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in answer["settings"] if row["name"] == name)


def put(house: House, changes: dict[str, Any], version: str = "") -> TestResponse:
    body = {"version": version or shown(house)["version"], "changes": changes}
    headers = {"Authorization": f"Bearer {house.keys[Role.OWNER]}"}
    return house.client().put("/api/settings", json=body, headers=headers)


def test_every_setting_is_shown_with_where_it_is_from_and_no_secret(house: House) -> None:
    answer = shown(house)

    assert [row["name"] for row in answer["settings"]] == list(catalogue())
    assert answer["trouble"] == ""
    hz, level = one(answer, "publish_hz"), one(answer, "log_level")
    assert (hz["value"], hz["source"], hz["where"]) == (8, "environment", "PUBLISH_HZ")
    assert (hz["is_live"], hz["may_change"]) == (True, False)
    assert (level["source"], level["may_change"]) == ("default", True)
    assert level["choices"] == ["DEBUG", "INFO", "WARNING", "ERROR"]
    leverage = one(answer, "risk.leverage")
    assert (leverage["kind"], leverage["low"], leverage["high"]) == ("whole", 1, 125)
    assert leverage["text"] == "That positions are opened with."
    assert one(answer, "telegram_bot_token")["words"] == "not shown"
    assert all(row["value"] is None for row in answer["settings"] if row["kind"] == "secret")


def test_a_change_is_in_force_written_whole_and_audited(house: House, tmp_path: Path) -> None:
    answer = put(house, {"risk.leverage": 3, "tg_dashboard_interval": 60, "daily_report": False})

    assert answer.status_code == 200, answer.text
    now = dict(answer.json or {})
    assert now["turned"] == [
        "risk.leverage 5 → 3", "daily_report true → false", "tg_dashboard_interval 300 → 60",
    ]  # fmt: skip
    assert (one(now, "risk.leverage")["value"], one(now, "risk.leverage")["source"]) == (3, "page")
    written = tmp_path / "settings.yaml"
    assert yaml.safe_load(written.read_text(encoding="utf-8")) == {
        "risk": {"leverage": 3}, "tg_dashboard_interval": 60, "daily_report": False,
    }  # fmt: skip
    assert written.stat().st_mode & 0o777 == 0o600
    row = house.store.audit.newest()[0]
    assert (row.action, row.actor, row.result) == ("settings_change", "a owner", "done")
    assert row.detail == {"settings": now["turned"]}

    back = dict(put(house, {"risk.leverage": None}).json or {})
    assert (one(back, "risk.leverage")["value"], one(back, "risk.leverage")["source"]) == (
        5, "default",
    )  # fmt: skip


def test_what_is_wrong_is_told_at_its_field_and_changes_nothing(
    house: House, tmp_path: Path
) -> None:
    answer = put(house, {"risk.leverage": 200, "log_level": "DEBUG", "daily_report": "maybe"})
    assert (answer.status_code, (answer.json or {})["code"]) == (422, "bad_settings")
    assert (answer.json or {})["faults"] == {
        "risk.leverage": "risk.leverage must be a whole number from 1 to 125, was '200'",
        "daily_report": "daily_report must be true or false, was 'maybe'",
    }
    together = put(house, {"risk.leverage": 11})
    assert list((together.json or {})["faults"]) == ["risk.leverage"]
    faults = (put(house, {"dashboard_port": 1, "publish_hz": 2, "nope": 1}).json or {})["faults"]
    assert faults == {
        "dashboard_port": (
            "dashboard_port is not for the page to change: write it in config/dashboards.yaml"
        ),
        "publish_hz": "publish_hz is given by PUBLISH_HZ, which wins: change it there",
        "nope": "nope is no setting",
    }
    assert not (tmp_path / "settings.yaml").exists()
    assert one(shown(house), "log_level")["value"] == "INFO"


def test_of_two_owners_the_second_is_told_to_look_again(house: House) -> None:
    version = shown(house)["version"]

    assert put(house, {"session_hours": 24}, version).status_code == 200
    late = put(house, {"session_hours": 12}, version)

    assert (late.status_code, (late.json or {})["code"]) == (409, "changed_meanwhile")
    assert one(shown(house), "session_hours")["value"] == 24


def test_a_file_that_is_wrong_leaves_what_is_in_force_and_says_why(
    house: House, tmp_path: Path
) -> None:
    assert put(house, {"session_hours": 24}).status_code == 200
    (tmp_path / "settings.yaml").write_text("session_hours: soon\nseed: 3\n", encoding="utf-8")

    answer = shown(house)
    assert "seed in " in answer["trouble"]
    assert one(answer, "session_hours")["value"] == 24
    again = house.post("/api/settings/reload", {})
    assert (again.status_code, (again.json or {})["code"]) == (422, "bad_settings")

    (tmp_path / "settings.yaml").write_text("session_hours: 6\n", encoding="utf-8")
    good = house.post("/api/settings/reload", {})
    assert (good.json or {})["turned"] == ["session_hours 24 → 6"]
    assert house.store.audit.newest()[0].action == "settings_reload"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TRADER])
def test_only_owners_see_and_change_them(house: House, role: Role) -> None:
    headers = {"Authorization": f"Bearer {house.keys[role]}"}
    body = {"version": "", "changes": {}}

    assert house.get("/api/settings", role).status_code == 403
    assert house.client().put("/api/settings", json=body, headers=headers).status_code == 403
    assert house.post("/api/settings/reload", {}, role).status_code == 403


def test_a_page_is_told_of_trading_only_what_is_not_the_usual(house: House) -> None:
    assert '"trading":{' not in house.browser().get("/").text

    changes = {"trading.max_positions": 7, "trading.update_interval": 9}
    assert put(house, changes).status_code == 200

    assert '"trading":{"update_interval":9,"max_positions":7}' in house.browser().get("/").text
