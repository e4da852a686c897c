"""The report: written by a process of its own, handed out as a file that can touch nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from store.access import Role
from store.writer import Batch
from telegram_webapp.report import PAUSE_S
from tests.store import samples
from tests.telegram_webapp.house import House, house, problem
from tests.telegram_webapp.rig import until


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path, own_history=False) as built:
        built.remember(Batch(trades=[samples.trade(1)]))
        yield built


def status(house: House) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(house.get("/api/report/status").data)
    return found


def write(house: House, text: str = "<p>told</p>") -> None:
    path = house.settings.report_path
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")


def test_without_a_report_it_says_so(open_house: House) -> None:
    assert status(open_house) == {
        "state": "none", "detail": "", "written_at": None, "age_ms": None, "bytes": None,
    }  # fmt: skip
    answer = open_house.get("/api/report")
    assert (answer.status_code, problem(answer)["code"]) == (404, "no_report")


def test_a_report_is_a_file_whose_scripts_reach_nobody(open_house: House) -> None:
    write(open_house)

    with open_house.get("/api/report") as answer:
        assert answer.get_data(as_text=True) == "<p>told</p>"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="quarterdeck-report.html"'
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert int(answer.headers["X-Report-Age-Ms"]) >= 0
    told = status(open_house)
    assert (told["state"], told["bytes"]) == ("ready", 11)
    assert 0 <= told["age_ms"] < 60_000


def test_a_report_that_a_browser_has_is_not_sent_again(open_house: House) -> None:
    write(open_house)
    with open_house.get("/api/report") as first:
        known = {"If-None-Match": first.headers["ETag"]}

    assert open_house.get("/api/report", headers=known).status_code == 304
    write(open_house, "<p>another</p>")
    with open_house.get("/api/report", headers=known) as changed:
        assert (changed.status_code, changed.get_data()) == (200, b"<p>another</p>")


def test_a_new_report_is_written_when_a_trader_asks(open_house: House) -> None:
    answer = open_house.post("/api/report", {}, Role.TRADER)

    assert answer.status_code == 202
    assert msgspec.json.decode(answer.data)["state"] == "writing"
    told = until(lambda: status(open_house), lambda found: found["state"] != "writing")
    assert told["state"] == "ready", told
    assert told["bytes"] > 10_000
    assert open_house.store.audit.newest()[0].action == "report"

    again = open_house.post("/api/report", {}, Role.TRADER)
    assert (again.status_code, problem(again)["code"]) == (429, "too_many")
    assert 0 < int(again.headers["Retry-After"]) <= PAUSE_S + 1


def test_a_report_that_fails_says_why_and_may_be_tried_again(open_house: House) -> None:
    open_house.settings.report_path.parent.write_text("in the way", "utf-8")

    assert open_house.post("/api/report", {}, Role.TRADER).status_code == 202
    told = until(lambda: status(open_house), lambda found: found["state"] != "writing")
    assert told["state"] == "failed"
    assert "learning_reports" in told["detail"]

    assert open_house.post("/api/report", {}, Role.TRADER).status_code == 202
    until(lambda: status(open_house), lambda found: found["state"] != "writing")


def test_who_only_reads_starts_no_work(open_house: House) -> None:
    answer = open_house.post("/api/report", {}, Role.VIEWER)

    assert (answer.status_code, problem(answer)["code"]) == (403, "role_needed")
    assert status(open_house)["state"] == "none"


@pytest.mark.parametrize(
    ("body", "code"),
    [({"account": 77}, "unknown_account"), ({"account": 0}, "bad_body"), ({"x": 1}, "bad_body")],
)
def test_a_report_of_no_account_is_refused(open_house: House, body: object, code: str) -> None:
    assert problem(open_house.post("/api/report", body, Role.TRADER))["code"] == code
