from collections.abc import Iterator
from typing import Any

import pytest

from infra.recognition import Recognition
from telegram_webapp.probe import AT_ONCE
from tests.telegram_webapp.house import House, problem

PROBE = "/api/health/stream-probe"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    built = House(
        tmp_path_factory.mktemp("house"),
        trusted_proxies=["127.0.0.1"], public_url="https://deck.example/bot1/",
    )  # fmt: skip
    yield built
    built.close()


def told(house: House, path: str, **headers: str) -> dict[str, Any]:
    answer = house.client().get(path, headers=headers)
    assert isinstance(answer.json, dict)
    return answer.json


def test_a_challenge_is_answered_as_only_this_instance_can(house: House) -> None:
    ours = Recognition(house.settings.run_dir)
    challenge = ours.new_challenge()

    said = told(house, f"/api/health?challenge={challenge}")

    assert said["proof"] == ours.answer(challenge)
    assert set(said) == {"status", "engine", "version", "proof"}


@pytest.mark.parametrize("challenge", ["", "x" * 32, "a" * 31, "a" * 33, "A" * 32])
def test_what_is_no_challenge_gets_no_answer(house: House, challenge: str) -> None:
    said = told(house, f"/api/health?challenge={challenge}")

    assert set(said) == {"status", "engine", "version"}


def test_one_of_us_is_told_how_the_request_arrived(house: House) -> None:
    ours = Recognition(house.settings.run_dir)
    challenge = ours.new_challenge()
    headers = {"X-Forwarded-For": "8.8.4.4", "X-Forwarded-Host": "deck.example"}
    path = f"/bot1/api/health?challenge={challenge}&ask={ours.ask(challenge)}"

    assert told(house, path, **headers)["seen"] == {
        "url": "https://deck.example/bot1/", "client": "8.8.4.4", "proxies": 1,
    }  # fmt: skip


def test_the_probe_is_a_stream_of_two_events_that_nobody_may_keep(house: House) -> None:
    answer = house.client().get(f"{PROBE}?pause_ms=100")

    assert answer.mimetype == "text/event-stream"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Cache-Control"] == "no-store, no-transform"
    assert answer.text.count("event: probe") == 2


@pytest.mark.parametrize("pause", ["99", "2001", "x"])
def test_the_probe_does_not_last(house: House, pause: str) -> None:
    assert problem(house.client().get(f"{PROBE}?pause_ms={pause}"))["code"] == "bad_parameter"


def test_only_a_few_probe_at_once_and_places_are_given_back(house: House) -> None:
    """They are begun, not read: a generator that never ran must give its place back, too."""
    begun = [house.client().get(PROBE, buffered=False) for _ in range(AT_ONCE)]
    refused = house.client().get(PROBE)
    for answer in begun:
        answer.close()

    assert refused.status_code == 503
    assert house.client().head(PROBE).status_code == 200
    assert house.client().get(f"{PROBE}?pause_ms=100").status_code == 200


def test_a_question_that_is_no_text_is_refused(house: House) -> None:
    answer = house.client().get("/api/health", environ_overrides={"QUERY_STRING": "\x80"})

    assert answer.status_code == 400
    assert problem(answer)["code"] == "bad_parameter"


def test_it_lives_though_nothing_else_does(house: House) -> None:
    assert told(house, "/api/health/live") == {"status": "ok"}


def test_it_is_not_ready_without_engine_and_database_and_says_why(house: House) -> None:
    answer = house.client().get("/api/health/ready")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json is not None
    assert answer.json["code"] == "not_ready"
    parts = answer.json["parts"]
    assert (parts["engine"], parts["access"]) == ("away", "ok")
    assert parts["database"].startswith("not made yet")


def test_the_page_is_ready_without_them(house: House) -> None:
    said = told(house, "/api/health/ready?for=page")

    assert said == {"status": "ok", "parts": {"access": "ok"}}
