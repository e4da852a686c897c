"""Alerts, how each person wishes to be told of them, and rules of their own."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.alerts import AlertType
from infra.bus.base import CommandFailure, CommandReply
from store.access import Role
from store.access_tables import deliveries
from store.delivery import Content, Delivery, State, values_of
from store.outbox import OutboxRow
from store.records import AlertAcknowledgement, AlertRule
from store.writer import Batch
from tests.store import samples
from tests.telegram_webapp.house import NOW, House, house, problem

MINE = "a viewer"  # whom the viewer's key belongs to


def told(number: int, **changes: Any) -> OutboxRow:
    return samples.told(number, **{"at": NOW - number * 1000, "owner": "", **changes})


def rule(number: int, **changes: Any) -> AlertRule:
    return samples.rule(number, **{"owner": MINE, **changes})


def receipt(number: int, **changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "source": f"outbox:{number}", "chat_id": 7, "owner": MINE, "type": "fill", "level": "info",
        "content": Content(title="Bought 0.015 BTC", amount=Decimal("-1.25"), currency="USDT"),
        "happened_at": NOW, "created_at": NOW, "state": State.WAITING,
    }  # fmt: skip
    return msgspec.convert(values | changes, Delivery)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        rows = [
            told(1, type="fill", symbol="ETH/USDT"),
            told(2, type="stop_hit", level="warn"),
            told(3, type="rule", owner=MINE),
            told(4, type="rule", owner="somebody else"),
        ]
        rules = [
            rule(1, text="BTC/USDT > 1"),
            rule(2, text="DOGE/USDT > 1"),
            rule(3, owner="somebody else"),
        ]
        built.remember(Batch(outbox=rows, rules=rules))
        with built.store.database.write() as connection:
            for number in range(3):
                connection.execute(deliveries.insert().values(values_of(receipt(number))))
            other = receipt(9, owner="somebody else")
            connection.execute(deliveries.insert().values(values_of(other)))
        yield built


@pytest.fixture
def open_house(shared: House) -> House:
    shared.asked.clear()
    shared.answer = lambda _: CommandReply(ok=True, result={"rule": {"id": "r9"}})
    return shared


def ask(
    house: House, method: str, path: str, body: object = None, role: Role = Role.VIEWER
) -> TestResponse:
    client: FlaskClient = house.client()
    headers = {"Authorization": f"Bearer {house.keys[role]}"}
    return client.open(path, method=method, headers=headers, json=body)


def facts(answer: TestResponse) -> list[str]:
    return [alert["fact_id"] for alert in answer.json["alerts"]]  # type: ignore[index]


def test_alerts_are_listed_newest_first_with_the_own_rules_alone(open_house: House) -> None:
    answer = open_house.get("/api/alerts")

    assert facts(answer) == ["f1", "f2", "f3"]
    first = answer.json["alerts"][0]  # type: ignore[index]
    assert first["type"] == "fill"
    assert first["amount"] == 12.2
    assert first["link"] == "trade_position-1"
    assert facts(open_house.get("/api/alerts", Role.OWNER)) == ["f1", "f2"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type=stop_hit", ["f2"]),
        ("symbol=ETH/USDT", ["f1"]),
        ("strategy=nobody", []),
        (f"until={NOW - 2000}", ["f3"]),
        ("limit=1", ["f1"]),
        ("open=yes", ["f2"]),
    ],
)
def test_alerts_are_narrowed(open_house: House, query: str, found: list[str]) -> None:
    assert facts(open_house.get(f"/api/alerts?{query}")) == found


def test_traders_say_that_they_have_seen_to_an_alert(open_house: House) -> None:
    told = {"id": 2, "acknowledged_at": NOW, "acknowledged_by": "key a trader"}
    open_house.answer = lambda _: CommandReply(ok=True, result=told)
    path = "/api/alerts/2/acknowledge"
    assert problem(ask(open_house, "POST", path, {}))["code"] == "role_needed"
    assert open_house.asked == []

    answer = ask(open_house, "POST", path, {}, role=Role.TRADER)
    assert answer.json == told
    (request,) = open_house.asked
    assert (request.name, request.args, request.role) == ("acknowledge", {"alert_id": 2}, "trader")
    audit: Any = open_house.get("/api/audit?limit=1", Role.OWNER).json
    assert (audit["audit"][0]["action"], audit["audit"][0]["result"]) == ("acknowledge", "done")

    refusal = CommandFailure("no_alert", 404, "There is no alert 7 that you may see.")
    open_house.answer = lambda _: CommandReply(ok=False, error=refusal)
    refused = ask(open_house, "POST", "/api/alerts/7/acknowledge", {}, Role.TRADER)
    assert problem(refused)["code"] == "no_alert"
    huge = ask(open_house, "POST", f"/api/alerts/{2**60}/acknowledge", {}, Role.TRADER)
    assert problem(huge)["code"] == "no_alert"

    seen = AlertAcknowledgement(alert_id=2, at=NOW, actor="key a trader")
    open_house.remember(Batch(acknowledgements=[seen]))
    assert facts(open_house.get("/api/alerts?open=yes")) == []
    whole: Any = open_house.get("/api/alerts").json
    by = {alert["fact_id"]: alert["acknowledged_by"] for alert in whole["alerts"]}
    assert by == {"f1": "", "f2": "key a trader", "f3": ""}


def test_alerts_are_paged_and_exported(open_house: House) -> None:
    first = open_house.get("/api/alerts?limit=2")
    cursor = first.json["next_cursor"]  # type: ignore[index]

    assert facts(open_house.get(f"/api/alerts?limit=2&cursor={cursor}")) == ["f3"]
    lines = open_house.get("/api/alerts?format=csv").text.splitlines()
    assert lines[0].startswith("id,at,type,level,symbol")
    assert len(lines) == 4


@pytest.mark.parametrize("query", ["type=nonsense", "owner=x", "limit=0"])
def test_a_filter_that_makes_no_sense_is_refused(open_house: House, query: str) -> None:
    assert problem(open_house.get(f"/api/alerts?{query}"))["code"] == "bad_parameter"


def test_every_type_is_told_with_its_title_and_default(open_house: House) -> None:
    body: Any = open_house.get("/api/alerts/types").json

    assert [each["type"] for each in body["types"]] == [kind.value for kind in AlertType]
    assert body["modes"] == ["on", "silent", "off"]
    assert body["types"][0] == {
        "type": "fill", "title": "Fills", "level": "info", "default_mode": "silent",
    }  # fmt: skip


def test_wishes_are_kept_for_who_made_them_and_the_rest_stays(open_house: House) -> None:
    before: Any = open_house.get("/api/alerts/settings").json
    assert (before["modes"]["fill"], before["muted_until"], before["quiet"]) == (
        "silent",
        None,
        None,
    )

    quiet = {"start": 1320, "end": 420, "utc_offset": 120}
    first: Any = ask(open_house, "PUT", "/api/alerts/settings", {"quiet": quiet}).json
    second: Any = ask(
        open_house, "PUT", "/api/alerts/settings", {"modes": {"fill": "on", "rule": "off"}}
    ).json

    assert first["quiet"] == second["quiet"] == quiet
    assert second["quiet_text"] == "22:00\N{EN DASH}07:00 UTC+2"
    assert (second["modes"]["fill"], second["modes"]["rule"]) == ("on", "off")
    assert open_house.get("/api/alerts/settings").json == {
        **second, "held_until": open_house.get("/api/alerts/settings").json["held_until"],  # type: ignore[index]
    }  # fmt: skip
    others: Any = open_house.get("/api/alerts/settings", Role.TRADER).json
    assert others["modes"]["fill"] == "silent"

    ended: Any = ask(open_house, "PUT", "/api/alerts/settings", {"quiet": None}).json
    assert ended["quiet"] is None
    assert ended["modes"]["fill"] == "on"


def test_a_mute_lasts_as_long_as_wished_and_can_be_ended(open_house: House) -> None:
    before = open_house.clock.now()
    muted: Any = ask(open_house, "PUT", "/api/alerts/settings", {"muted_for_s": 7200}).json
    ended: Any = ask(open_house, "PUT", "/api/alerts/settings", {"muted_for_s": 0}).json

    assert before + 7_200_000 <= muted["muted_until"] <= open_house.clock.now() + 7_200_000
    assert muted["held_until"] >= muted["muted_until"]
    assert ended["muted_until"] is None


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"modes": {"nonsense": "on"}},
        {"modes": {"fill": "loud"}},
        {"muted_for_s": -1},
        {"muted_for_s": "1h"},
        {"quiet": {"start": 1440, "end": 0}},
        {"quiet": {"start": 60, "end": 60}},
        {"quiet": {"start": 60, "end": 70, "utc_offset": 841}},
        {"owner": "somebody else"},
    ],
)
def test_wishes_that_make_no_sense_change_nothing(open_house: House, body: object) -> None:
    before: Any = open_house.get("/api/alerts/settings").json

    answer = ask(open_house, "PUT", "/api/alerts/settings", body)

    assert problem(answer)["code"] == "bad_body"
    after: Any = open_house.get("/api/alerts/settings").json
    assert after["changed_at"] == before["changed_at"]


def test_receipts_are_ones_own_newest_first(open_house: House) -> None:
    body: Any = open_house.get("/api/alerts/receipts?limit=2").json

    assert [each["source"] for each in body["receipts"]] == ["outbox:2", "outbox:1"]
    assert body["waiting"] == 3
    newest = body["receipts"][0]
    assert (newest["title"], newest["amount"], newest["state"]) == (
        "Bought 0.015 BTC", -1.25, "waiting",
    )  # fmt: skip
    assert "chat_id" not in newest
    rest: Any = open_house.get(f"/api/alerts/receipts?before={body['next_before']}").json
    assert [each["source"] for each in rest["receipts"]] == ["outbox:0"]
    assert rest["next_before"] is None
    nobodys: Any = open_house.get("/api/alerts/receipts", Role.TRADER).json
    assert (nobodys["receipts"], nobodys["waiting"]) == ([], 0)


def test_rules_are_ones_own_but_for_an_owner_who_asks_for_all(open_house: House) -> None:
    mine: Any = open_house.get("/api/alerts/rules").json
    everybodys: Any = open_house.get("/api/alerts/rules?all=yes", Role.OWNER).json
    refused: Any = open_house.get("/api/alerts/rules?all=yes").json

    assert [(each["id"], each["mine"]) for each in mine["rules"]] == [("r1", True), ("r2", True)]
    assert [each["problem"][:30] for each in mine["rules"]] == [
        "",
        "'DOGE/USDT' is not traded here",
    ]
    assert mine["limit"] == 50
    assert [each["id"] for each in everybodys["rules"]] == ["r1", "r2", "r3"]
    assert refused == mine
    own: Any = open_house.get("/api/alerts/rules", Role.OWNER).json
    assert own["rules"] == []


def test_what_a_rule_can_be_about_is_told(open_house: House) -> None:
    body: Any = open_house.get("/api/alerts/rules/figures").json

    assert body["symbols"] == ["BTC/USDT", "ETH/USDT"]
    assert "equity < 9500" in body["examples"]
    equity = body["figures"]["account"][0]
    assert equity == {
        "name": "equity", "label": "Equity", "amount": True, "share": False, "count": False,
    }  # fmt: skip
    assert set(body["figures"]) == {"account", "strategy", "position", "symbol"}


def test_a_viewer_adds_and_removes_rules_by_the_engine(open_house: House) -> None:
    wanted = {"text": "equity < 9500", "cooldown_s": 60, "idempotency_key": "k1"}
    added = open_house.post("/api/alerts/rules", wanted, Role.VIEWER)
    removed = ask(open_house, "DELETE", "/api/alerts/rules/r9", {})

    assert added.json == removed.json == {"rule": {"id": "r9"}}
    first, second = open_house.asked
    assert (first.id, first.name, first.args) == (
        "k1", "rule_add", {"text": "equity < 9500", "cooldown_s": 60},
    )  # fmt: skip
    assert (first.actor, first.role, first.owner) == (MINE, "viewer", MINE)
    assert (second.name, second.args, second.owner) == ("rule_remove", {"rule_id": "r9"}, MINE)
    row = open_house.store.audit.newest(1)[0]
    assert (row.actor, row.action, row.result) == (MINE, "rule_remove", "done")


def test_what_the_engine_says_of_a_rule_is_told(open_house: House) -> None:
    failure = CommandFailure("bad_rule", 400, "'luck' is no figure.")
    open_house.answer = lambda _: CommandReply(ok=False, error=failure)

    answer = open_house.post("/api/alerts/rules", {"text": "luck < 3"}, Role.VIEWER)

    assert answer.status_code == 400
    assert (problem(answer)["code"], problem(answer)["detail"]) == (
        "bad_rule",
        "'luck' is no figure.",
    )


@pytest.mark.parametrize(
    "body",
    [{}, {"text": ""}, {"text": "x" * 121}, {"text": 7}, {"text": "equity < 1", "owner": "x"}],
)
def test_a_rule_of_another_shape_never_reaches_the_engine(open_house: House, body: object) -> None:
    assert problem(open_house.post("/api/alerts/rules", body))["code"] == "bad_body"
    assert open_house.asked == []
