import json
import logging
import re
from collections.abc import Iterator

import pytest

from infra.correlation import correlated
from infra.logging import LineFormatter, setup_logging, without_secrets


@pytest.fixture(autouse=True)
def _the_root_logger_is_put_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with correlated(""):
        yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_tells_time_level_process_and_logger(capfd: pytest.CaptureFixture[str]) -> None:
    setup_logging("engine")
    logging.getLogger("store").info("Migrated %d tables", 3)

    line = capfd.readouterr().err
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO engine store: Migrated 3 tables\n", line
    )


def test_the_time_is_utc() -> None:
    record = logging.makeLogRecord({"msg": "x", "created": 0.0, "msecs": 42.0})

    assert LineFormatter("web").format(record).startswith("1970-01-01T00:00:00.042Z ")


def test_what_is_below_the_level_is_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    setup_logging("engine", "WARNING")
    logging.getLogger("store").info("quiet")

    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /#code=abc-DEF_123 now", "GET /#code=*** now"),
        ("Authorization: Bearer qd_abc.123", "Authorization: Bearer ***"),
        ("postgresql+psycopg://me:s3cret@host/db", "postgresql+psycopg://me:***@host/db"),
        ("Set-Cookie: session=abc; HttpOnly", "Set-Cookie: ***"),
        ("found key qdk_abc-123 twice", "found key qdk_*** twice"),
        ("key sk-proj_12-ab was refused", "key sk-*** was refused"),
        (f"POST /bot424242:{'aB_-' * 9}/getMe", "POST /bot424242:***/getMe"),
        ("BTC/USDT at 12:30:01 costs 3", "BTC/USDT at 12:30:01 costs 3"),
    ],
)
def test_secrets_are_masked_and_the_rest_is_left(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


def test_a_secret_in_a_traceback_is_masked(capfd: pytest.CaptureFixture[str]) -> None:
    setup_logging("engine")
    try:
        int("redis://:hunter2@host:6379/0")
    except ValueError:
        logging.getLogger("bus").exception("Gone")

    text = capfd.readouterr().err
    assert "redis://:***@host" in text
    assert "hunter2" not in text


def test_a_line_says_to_which_request_it_belongs(capfd: pytest.CaptureFixture[str]) -> None:
    setup_logging("web")
    with correlated("4f1c0d2a"):
        logging.getLogger("store").info("one")
    logging.getLogger("store").info("two")

    first, second = capfd.readouterr().err.splitlines()
    assert first.endswith(" INFO web store: one [4f1c0d2a]")
    assert second.endswith(" INFO web store: two")


def test_programs_get_an_object_a_line_without_secrets(capfd: pytest.CaptureFixture[str]) -> None:
    setup_logging("engine", form="json")
    with correlated("4f1c0d2a"):
        logging.getLogger("store").warning("Bearer %s\nand “more”", "abc.def")
    try:
        int("postgresql+psycopg://me:s3cret@host/db")
    except ValueError:
        logging.getLogger("store").exception("broken")

    first, second = map(json.loads, capfd.readouterr().err.splitlines())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("at"))
    assert first == {
        "level": "WARNING",
        "process": "engine",
        "logger": "store",
        "correlation_id": "4f1c0d2a",
        "text": "Bearer ***\nand “more”",
    }
    assert second["text"] == "broken"
    assert "ValueError" in second["exception"]
    assert "me:***@host" in second["exception"]
