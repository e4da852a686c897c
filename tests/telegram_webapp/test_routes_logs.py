"""What the processes said lately: for owners alone, filtered, without secrets."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from infra.log_files import LogFile
from infra.log_lines import stamp
from store.access import Role
from tests.telegram_webapp.house import House, house, problem

AT = 1_795_271_528_042
BOT = "424242:AAbot-token-of-a-test"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    database = f"sqlite:///{folder / 'quarterdeck.db'}"
    secrets: dict[str, Any] = {
        "telegram_bot_token": SecretStr(BOT), "exchange_secret": SecretStr("s3cret-of-a-test"),
        "exchange_key": SecretStr("key-of-a-test"), "database_url": database,
    }  # fmt: skip
    with house(folder, engine=False, **secrets) as built:
        for process in ("engine", "web"):
            file = LogFile(built.settings.log_dir, process)
            file.write(f"{stamp(AT)} INFO {process} store: Bearer abc.def, {BOT}, s3cret-of-a-test")
            file.write(f"{stamp(AT + 1000)} ERROR {process} store: Fell [4f1c0d2a]")
            file.close()
        yield built


def lines(shared: House, query: str = "") -> list[dict[str, Any]]:
    answer = shared.get(f"/api/logs?{query}", Role.OWNER)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["lines"]  # type: ignore[index]
    return found


def test_only_owners_read_logs(shared: House) -> None:
    assert shared.client().get("/api/logs").status_code == 401
    for role in (Role.VIEWER, Role.TRADER):
        assert problem(shared.get("/api/logs", role))["code"] == "role_needed"


def test_the_newest_lines_stand_first(shared: House) -> None:
    found = lines(shared)
    assert [line["text"] for line in found[:2]] == ["Fell", "Fell"]
    assert {line["process"] for line in found} == {"engine", "web"}
    assert found[0] == {
        "at": AT + 1000, "level": "ERROR", "process": "engine", "logger": "store", "text": "Fell",
        "request_id": "4f1c0d2a",
    }  # fmt: skip


def test_lines_are_asked_for_by_level_process_words_and_number(shared: House) -> None:
    assert len(lines(shared, "level=error")) == 2
    assert [line["process"] for line in lines(shared, "process=web&limit=1")] == ["web"]
    assert len(lines(shared, "text=BEARER")) == 2
    for query in ("level=loud", "process=passwd", "process=../run/x", "limit=501", "limt=3"):
        assert problem(shared.get(f"/api/logs?{query}", Role.OWNER))["code"] == "bad_parameter"


def test_no_secret_is_told_nor_can_one_be_searched_for(shared: House) -> None:
    told = shared.get("/api/logs", Role.OWNER).text
    assert "Bearer ***" in told
    for secret in (BOT, BOT.partition(":")[2], "s3cret-of-a-test", "abc.def"):
        assert secret not in told
        assert lines(shared, f"text={secret}") == []


def test_what_has_not_grown_is_not_sent_again(shared: House) -> None:
    first = shared.get("/api/logs?level=info", Role.OWNER)
    again = {"If-None-Match": first.headers["ETag"]}
    assert shared.get("/api/logs?level=info", Role.OWNER, headers=again).status_code == 304
    assert shared.get("/api/logs?level=error", Role.OWNER, headers=again).status_code == 200
    file = LogFile(shared.settings.log_dir, "bot")
    file.write(f"{stamp(AT + 2000)} INFO bot x: more")
    file.close()
    assert shared.get("/api/logs?level=info", Role.OWNER, headers=again).status_code == 200
