"""A program that asks for the state again gets what the application gives, and is still checked."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from werkzeug.test import TestResponse

from store.access import Role
from telegram_webapp.express import MOST_KINDS, Express
from telegram_webapp.limits import REQUESTS
from tests.telegram_webapp.house import House, house
from tests.telegram_webapp.rig import until

PATH = "/api/dashboard"


@pytest.fixture
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        yield built


def express(built: House) -> Express:
    """Return the part that answers again."""
    part: Any = built.app.wsgi_app
    while not isinstance(part, Express):
        part = part._app
    return part


def told(answer: TestResponse) -> dict[str, str]:
    """Return the headers, but for what is of one request alone."""
    own = {"X-Request-Id", "RateLimit", "Date"}
    return {name: value for name, value in answer.headers if name not in own}


@pytest.mark.parametrize("encoding", ["", "gzip", "br"])
def test_a_second_answer_is_like_the_first(lived_in: House, encoding: str) -> None:
    headers = {"Accept-Encoding": encoding}
    first = lived_in.get(PATH, headers=headers)
    assert len(express(lived_in)._known) == 1

    again = lived_in.get(PATH, headers=headers)

    assert (again.status_code, again.data) == (200, first.data)
    assert told(again) == told(first)
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    left = [int(a.headers["RateLimit"].split("r=")[1].split(";")[0]) for a in (first, again)]
    assert left[1] == left[0] - 1


def test_what_changed_is_told(lived_in: House) -> None:
    assert lived_in.engine is not None
    first = lived_in.get(PATH)
    seq = lived_in.engine.price(64_000.5)
    until(lambda: (lived_in.link.snapshot().data or {"seq": 0})["seq"], lambda now: now >= seq)

    again = lived_in.get(PATH)

    state = msgspec.json.decode(again.data)
    assert state["state"]["prices"]["BTC/USDT"]["last"] == 64_000.5
    assert again.headers["ETag"] != first.headers["ETag"]
    same = {"If-None-Match": again.headers["ETag"]}
    assert lived_in.get(PATH, headers=same).status_code == 304


def test_a_key_that_was_revoked_opens_nothing(lived_in: House) -> None:
    assert [lived_in.get(PATH).status_code for _ in range(2)] == [200, 200]
    lived_in.store.revoke_key(f"a {Role.VIEWER}", lived_in.clock.now())
    lived_in.doorman._fresh_until = 0.0

    assert lived_in.get(PATH).status_code == 401


def test_a_budget_is_spent_at_either_door(lived_in: House) -> None:
    answers = [lived_in.get(PATH).status_code for _ in range(REQUESTS.amount)]
    assert set(answers) == {200}

    refused = lived_in.get(PATH)

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_while_the_engine_is_away_the_state_says_so(lived_in: House) -> None:
    assert "stale" not in msgspec.json.decode(lived_in.get(PATH).data)
    lived_in.stop_engine()

    assert msgspec.json.decode(lived_in.get(PATH).data)["stale"] is True


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Host": "a b"}])
def test_another_host_is_refused_as_before(lived_in: House, headers: dict[str, str]) -> None:
    assert lived_in.get(PATH).status_code == 200

    assert lived_in.get(PATH, headers=headers).status_code == 400


def test_no_more_kinds_of_requests_are_remembered_than_may_be(lived_in: House) -> None:
    part = express(lived_in)
    for number in range(MOST_KINDS + 10):
        part._learn(str(number).encode(), [])

    assert len(part._known) == MOST_KINDS
    assert b"9" not in part._known
