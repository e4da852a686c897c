"""What the processes said lately, read back: both forms, together, filtered, without secrets."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from infra.log_files import PROCESSES, LogFile, log_paths
from infra.log_lines import LEVELS, stamp
from infra.log_masking import LogMask, secrets_of
from infra.log_reading import LONGEST_SHOWN, LOOKED_AT_BYTES, LogReader, WantedLines
from infra.settings import Settings

AT = 1_795_271_528_042  # 2026-11-21T14:32:08.042Z
SECRETS = {
    "exchange_key": "9b1Fexchangekey", "exchange_secret": "exchange-s3cret/with+signs=",
    "telegram_bot_token": "424242:AAbot-token", "telegram_webapp_key": "ab" * 32,
    "heartbeat_url": "https://hc-ping.com/a-ping-of-ours", "ngrok_authtoken": "ngrok-authtoken-1",
}  # fmt: skip
DATABASE = "postgresql+psycopg://me:pa55word@host/db"


def line(second: int, text: str, level: str = "INFO", process: str = "engine") -> str:
    return f"{stamp(AT + 1000 * second)} {level} {process} runner.engine: {text}"


def settings_in(folder: Path) -> Settings:
    secrets: dict[str, Any] = {name: SecretStr(value) for name, value in SECRETS.items()}
    return Settings(data_dir=folder, database_url=DATABASE, **secrets)


def say(folder: Path, process: str, *lines: str) -> None:
    file = LogFile(folder / "logs", process)
    for text in lines:
        file.write(text)
    file.close()


def read(folder: Path, **wanted: Any) -> list[str]:
    reader = LogReader(settings_in(folder))
    return [found.text for found in reader.newest(WantedLines(**wanted)).lines]


def test_both_forms_are_read_back_whole(tmp_path: Path) -> None:
    said = {
        "at": stamp(AT + 3000), "level": "WARNING", "process": "web", "logger": "store",
        "correlation_id": "4f1c0d2a", "text": "two\nlines", "exception": "ValueError: 7",
    }  # fmt: skip
    say(tmp_path, "engine", line(1, "Took [a] thing [d2af1c04]"), line(2, "Fell"), "  below")
    say(tmp_path, "web", json.dumps(said))

    found = LogReader(settings_in(tmp_path)).newest(WantedLines())
    newest, fell, took = found.lines
    assert (newest.at, newest.level, newest.process) == (AT + 3000, "WARNING", "web")
    assert (newest.text, newest.request_id) == ("two\nlines\nValueError: 7", "4f1c0d2a")
    assert (fell.at, fell.text, fell.logger) == (AT + 2000, "Fell\n  below", "runner.engine")
    assert (took.text, took.request_id) == ("Took [a] thing", "d2af1c04")
    assert (found.processes, found.since, found.is_whole) == (["engine", "web"], AT + 1000, True)


def test_a_process_that_fell_over_is_an_error_whatever_it_said_last(tmp_path: Path) -> None:
    trace = ["Traceback (most recent call last):", '  File "x.py"', "ValueError: no"]
    say(tmp_path, "bot", *trace)  # before it could say when
    say(tmp_path, "engine", line(1, "Started"), *trace)

    assert [text.splitlines()[0] for text in read(tmp_path, level="ERROR")] == ["Started", trace[0]]
    assert read(tmp_path, level="CRITICAL") == []


def test_lines_are_found_by_level_process_and_words(tmp_path: Path) -> None:
    say(tmp_path, "engine", *[line(n, f"one {n}", LEVELS[n % 5]) for n in range(10)])
    say(tmp_path, "web", line(20, "Two", "ERROR", "web"))

    assert read(tmp_path, level="ERROR") == ["Two", "one 9", "one 8", "one 4", "one 3"]
    assert read(tmp_path, process="web") == ["Two"]
    assert read(tmp_path, text="TWO") == ["Two"]
    assert read(tmp_path, text="runner.engine one", limit=2) == ["one 9", "one 8"]
    assert read(tmp_path, process="launcher") == []


def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    found = LogReader(settings_in(tmp_path)).newest(WantedLines())
    assert (found.lines, found.processes, found.since, found.is_whole) == ([], [], None, True)


def test_cut_characters_huge_lines_and_nonsense_are_survived(tmp_path: Path) -> None:
    newest, older = log_paths(tmp_path / "logs", "engine")
    newest.parent.mkdir(parents=True)
    huge = line(1, "h" * 3 * LONGEST_SHOWN)
    nonsense = b'\x00\x1b[31m\xff\xfe{\n{"at":7}\n' + "é".encode()[:1] + b"\n"
    newest.write_bytes(f"{huge}\n".encode() + nonsense + f"{line(2, 'after')}\n".encode())
    after, first = read(tmp_path)
    assert after == "after"
    assert len(first) < LONGEST_SHOWN + 100

    older.write_bytes("€".encode() * LOOKED_AT_BYTES)
    assert read(tmp_path)[0] == "after"
    newest.write_bytes(("€" * LOOKED_AT_BYTES + f"\n{line(3, 'end')}\n").encode())
    found = LogReader(settings_in(tmp_path)).newest(WantedLines())
    assert ([one.text for one in found.lines], found.is_whole) == (["end"], False)


def test_a_log_says_whether_it_grew(tmp_path: Path) -> None:
    reader = LogReader(settings_in(tmp_path))
    before = reader.version()
    say(tmp_path, "bot", "one")
    assert reader.version() != before


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password=hunter2, then", "password=***, then"),
        ("db_password: 'with space' ok", "db_password: *** ok"),
        ('{"api_key": "abcdef", "a": 1}', '{"api_key": ***, "a": 1}'),
        ("X-Api-Token: abc def", "X-Api-Token: *** def"),
        ("redis://:a/b@host:1/0", "redis://:***@host:1/0"),
        ("got eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2ln back", "got *** back"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: ***"),
        ("-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----",
         "-----BEGIN EC PRIVATE KEY-----***-----END EC PRIVATE KEY-----"),
        ("\x1b[31mred\x1b[0m \x07bell \u202eturned", "red \ufffdbell \ufffdturned"),
        ("4096 tokens were used, the key rests", "4096 tokens were used, the key rests"),
        ("BTC/USDT at 12:30:01 costs 3", "BTC/USDT at 12:30:01 costs 3"),
    ],
)  # fmt: skip
def test_what_is_named_or_looks_like_a_secret_is_masked(
    tmp_path: Path, text: str, shown: str
) -> None:
    assert LogMask(settings_in(tmp_path))(text) == shown


WORDS = st.text("abc ={}:\"'@/\\\n-", max_size=20)


@given(
    parts=st.lists(st.tuples(WORDS, st.sampled_from([*SECRETS.values(), "pa55word"])), max_size=6),
    process=st.sampled_from(PROCESSES), wanted=st.sampled_from(["", "exchange", "s3cret"]),
)  # fmt: skip
def test_no_secret_of_the_settings_is_ever_shown(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[str, str]], process: str,
    wanted: str,
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("logs")
    said = "".join(before + secret for before, secret in parts)
    say(folder, process, said, line(1, said), json.dumps(
        {"at": stamp(AT), "level": "INFO", "text": said, "logger": said, "correlation_id": said}
    ))  # fmt: skip
    settings = settings_in(folder)
    shown = json.dumps(
        [
            [one.text, one.logger, one.request_id]
            for one in LogReader(settings).newest(WantedLines(text=wanted)).lines
        ]
    )
    secrets = [secret for secret in secrets_of(settings) if secret]
    assert {*SECRETS.values(), "pa55word"} <= set(secrets)
    for secret in secrets:
        assert secret not in shown
