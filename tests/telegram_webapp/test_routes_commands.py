"""Wishes on their way to the engine and back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra.bus.base import CommandFailure, CommandReply
from store.access import Role
from tests.telegram_webapp.house import House, house, problem

ASK = {"command": "close_position", "args": {"position_id": "p1"}, "idempotency_key": "k-1"}
CONFIRM = {"confirm": "intent-1", "idempotency_key": "k-2"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        yield built


@pytest.fixture
def open_house(shared: House) -> House:
    shared.asked.clear()
    shared.answer = lambda request: CommandReply(ok=True, result={"by": request.name})
    return shared


def audit(house: House) -> tuple[str, str, dict[str, Any], str]:
    row = house.store.audit.newest(1)[0]
    return row.actor, row.action, row.detail, row.result


def test_a_command_is_prepared_by_the_engine(open_house: House) -> None:
    open_house.answer = lambda _: CommandReply(ok=True, result={"intent_id": "i-9", "title": "T"})

    answer = open_house.post("/api/commands", ASK, Role.TRADER)

    assert answer.json == {"intent": {"intent_id": "i-9", "title": "T"}}
    asked = open_house.asked[0]
    assert (asked.id, asked.name, asked.actor, asked.role) == (
        "k-1", "prepare", "a trader", "trader",
    )  # fmt: skip
    assert asked.args == {"command": "close_position", "args": {"position_id": "p1"}}
    detail = {**asked.args, "idempotency_key": "k-1", "intent_id": "i-9"}
    assert audit(open_house) == ("a trader", "prepare", detail, "done")


def test_an_intent_is_confirmed_by_the_engine(open_house: House) -> None:
    result = {"ok": True, "title": "Done", "detail": ""}
    open_house.answer = lambda _: CommandReply(ok=True, result=result)

    answer = open_house.post("/api/commands", CONFIRM)

    assert answer.json == {"result": result}
    asked = open_house.asked[0]
    assert (asked.id, asked.name, asked.args) == ("k-2", "confirm", {"intent_id": "intent-1"})
    detail = {"intent_id": "intent-1", "idempotency_key": "k-2"}
    assert audit(open_house) == ("a owner", "confirm", detail, "done")


def test_the_kill_switch_needs_no_second_step(open_house: House) -> None:
    result = {"ok": True, "title": "Trading stopped", "detail": "0 entry orders cancelled"}
    open_house.answer = lambda _: CommandReply(ok=True, result=result)
    wish = {"command": "stop", "args": {"reason": "a bad feeling"}, "idempotency_key": "k-3"}

    answer = open_house.post("/api/commands", wish, Role.TRADER)

    assert answer.json == {"result": result}
    asked = open_house.asked[0]
    assert (asked.id, asked.name, asked.args) == ("k-3", "stop", {"reason": "a bad feeling"})
    assert audit(open_house)[1:] == (
        "stop", {"reason": "a bad feeling", "idempotency_key": "k-3"}, "done",
    )  # fmt: skip
    assert open_house.post("/api/commands", wish, Role.VIEWER).status_code == 403


@pytest.mark.parametrize(("status", "shown"), [(409, 409), (404, 404), (500, 503), (200, 503)])
def test_a_refusal_of_the_engine_is_told_as_it_is(
    open_house: House, status: int, shown: int
) -> None:
    failure = CommandFailure("intent_expired", status, "It is older than 60 s.")
    open_house.answer = lambda _: CommandReply(ok=False, error=failure)

    answer = open_house.post("/api/commands", CONFIRM)

    assert answer.status_code == shown
    assert problem(answer)["code"] == "intent_expired"
    assert problem(answer)["detail"] == "It is older than 60 s."
    assert audit(open_house)[3] == "intent_expired"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "x",
        {"idempotency_key": "k"},
        {"command": "pause"},
        {**ASK, **CONFIRM},
        {**ASK, "idempotency_key": ""},
        {**ASK, "idempotency_key": "x" * 65},
        {**ASK, "idempotency_key": "a b"},
        {**ASK, "idempotency_key": "k\n"},
        {**ASK, "idempotency_key": 7},
        {**ASK, "command": "Close"},
        {**ASK, "command": ""},
        {**ASK, "args": {"a": None}},
        {**ASK, "args": {"a": {"b": "c"}}},
        {**ASK, "args": {"a": "x" * 201}},
        {**ASK, "args": {f"a_{'b' * n}": 1 for n in range(11)}},
        {**ASK, "extra": 1},
        {**CONFIRM, "confirm": ""},
    ],
)
def test_a_body_of_another_shape_never_reaches_the_engine(open_house: House, body: object) -> None:
    answer = open_house.post("/api/commands", body)

    assert answer.status_code == 400
    assert problem(answer)["code"] == "bad_body"
    assert open_house.asked == []


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe", b"[" * 60_000, b'{"command":"\\ud800"}', b"NaN"]
)
def test_bytes_that_are_no_json_are_refused(open_house: House, data: bytes) -> None:
    headers = {"Authorization": f"Bearer {open_house.keys[Role.OWNER]}"}

    answer = open_house.client().post(
        "/api/commands", data=data, content_type="application/json", headers=headers
    )

    assert answer.status_code == 400
    assert problem(answer)["code"] == "bad_body"


def test_a_body_that_is_too_large_is_not_read(open_house: House) -> None:
    answer = open_house.post("/api/commands", {**ASK, "args": {"a": "x" * 70_000}})

    assert answer.status_code == 413
    assert problem(answer)["code"] == "request_entity_too_large"
    assert open_house.asked == []


def test_while_the_engine_is_away_nothing_is_asked(tmp_path: Path) -> None:
    with house(tmp_path, engine=False) as alone:
        answer = alone.post("/api/commands", CONFIRM)

        assert answer.status_code == 503
        assert problem(answer)["code"] == "engine_away"
        assert answer.headers["Retry-After"] == "5"
        assert audit(alone)[1:] == (
            "confirm", {"intent_id": "intent-1", "idempotency_key": "k-2"}, "no_answer",
        )  # fmt: skip


def test_any_argument_of_a_command_arrives_as_it_was_sent(open_house: House) -> None:
    args = {"order_id": "o-1", "price": 60000.1, "count": 3, "text": "ü'; DROP TABLE audit"}

    open_house.post(
        "/api/commands", {"command": "move_order", "args": args, "idempotency_key": "k"}
    )

    assert open_house.asked[0].args["args"] == args
    assert audit(open_house)[2]["args"] == args
    assert msgspec.json.encode(args)
