import subprocess
import sys
from pathlib import Path

import pytest

from infra.notes import BOT, TUNNEL, note, read_note, remove_note, write_note


def leave_as_another(run_dir: Path) -> None:
    script = "import sys, pathlib; from infra.notes import *; "
    script += "write_note(pathlib.Path(sys.argv[1]), TUNNEL, url='https://gone/')"
    subprocess.run(
        [sys.executable, "-c", script, run_dir], check=True, cwd=Path(__file__).parents[2]
    )


def test_a_note_is_read_by_its_name_and_taken_back(tmp_path: Path) -> None:
    with note(tmp_path, TUNNEL, url="https://a/"):
        write_note(tmp_path, TUNNEL, url="https://b/")
        said = read_note(tmp_path, TUNNEL)
        other = read_note(tmp_path, BOT)

    assert said is not None
    assert said["url"] == "https://b/"
    assert other is None
    assert list(tmp_path.iterdir()) == []


def test_the_note_of_one_who_is_gone_does_not_count_and_is_not_ours_to_take(
    tmp_path: Path,
) -> None:
    leave_as_another(tmp_path)

    assert (tmp_path / "tunnel.json").exists()
    assert read_note(tmp_path, TUNNEL) is None
    remove_note(tmp_path, TUNNEL)
    assert (tmp_path / "tunnel.json").exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"pid": "x"}', '{"pid": -1}', "{}", "\x00"])
def test_what_is_no_note_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "bot.json").write_text(text, encoding="utf-8")

    assert read_note(tmp_path, BOT) is None
