from pathlib import Path

import msgspec
import pytest

from core.dashboard import SCHEMA_VERSION
from core.errors import ConfigError
from runner.state_file import StateFile

GOOD = {"schema_version": SCHEMA_VERSION, "epoch": "e", "seq": 7, "state": {}}


@pytest.fixture
def file(tmp_path: Path) -> StateFile:
    return StateFile(tmp_path / "dashboard_state.json")


def test_a_file_of_its_own_is_left_to_be_replaced(file: StateFile) -> None:
    assert file.set_aside(1) == ""
    file.path.write_bytes(msgspec.json.encode(GOOD))
    assert file.set_aside(1) == ""
    assert file.path.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"[]",
        b"null",
        b'{"schema_version": 1}',
        msgspec.json.encode(GOOD)[:-2],
        msgspec.json.encode({**GOOD, "schema_version": "1"}),
        msgspec.json.encode({**GOOD, "state": []}),
    ],
)
def test_what_cannot_be_read_is_kept_under_another_name(file: StateFile, content: bytes) -> None:
    file.path.write_bytes(content)
    told = file.set_aside(1)

    assert "was set aside as dashboard_state.json.kept-1: it cannot be read" in told
    assert not file.path.exists()
    assert file.path.with_name("dashboard_state.json.kept-1").read_bytes() == content


def test_a_newer_one_is_kept_and_both_versions_are_named(file: StateFile) -> None:
    file.path.write_bytes(msgspec.json.encode({**GOOD, "schema_version": SCHEMA_VERSION + 1}))

    assert f"its schema version is {SCHEMA_VERSION + 1}, this program knows" in file.set_aside(1)


def test_nothing_that_was_set_aside_is_overwritten(file: StateFile, tmp_path: Path) -> None:
    for content in (b"one", b"two", b"three"):
        file.path.write_bytes(content)
        file.set_aside(1)

    assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == [b"one", b"three", b"two"]


def test_one_that_cannot_be_set_aside_is_told_in_a_sentence(tmp_path: Path) -> None:
    long_name = "s" * 250  # there is no longer one beside it
    file = StateFile(tmp_path / long_name)
    file.path.write_bytes(b"mine")

    with pytest.raises(ConfigError, match=r"cannot be set aside .*: move it away"):
        file.set_aside(1)
    assert file.path.read_bytes() == b"mine"


def test_what_killed_writers_left_is_swept_and_nothing_else(
    file: StateFile, tmp_path: Path
) -> None:
    file.write(1, b"{}")
    for name in (".dashboard_state.json.abc.new", "note.new", ".dashboard_state.json"):
        (tmp_path / name).write_bytes(b"x")
    file.sweep()

    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [".dashboard_state.json", "dashboard_state.json", "note.new"]
