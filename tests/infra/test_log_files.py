"""The files in which each process keeps what it said lately."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.log_files import LogFile, LogFileHandler, log_paths
from infra.logging import setup_logging
from tests.telegram_webapp.rig import ROOT

LINE = "x" * 99  # 100 bytes with its end


def test_a_file_that_is_full_becomes_the_older_one_and_no_more_is_kept(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "logs", "web", half_bytes=1000)
    for number in range(35):
        file.write(f"{number:03d}{LINE[3:]}")
    newest, older = log_paths(tmp_path / "logs", "web")

    lines = (older.read_text() + newest.read_text()).splitlines()
    assert [int(line[:3]) for line in lines] == list(range(20, 35))
    assert {path.name for path in newest.parent.iterdir()} == {"web.log", "web.log.1"}
    assert newest.stat().st_mode & 0o777 == 0o600
    assert newest.parent.stat().st_mode & 0o777 == 0o700
    file.close()


def test_parts_of_one_process_put_a_full_file_away_once(tmp_path: Path) -> None:
    one, other = (LogFile(tmp_path, "web", half_bytes=1000) for _ in range(2))
    for number in range(15):
        (one, other)[number % 2].write(f"{number:03d}{LINE[3:]}")
    newest, older = log_paths(tmp_path, "web")

    assert len(older.read_text().splitlines()) == 10
    assert len(newest.read_text().splitlines()) == 5
    one.close()
    other.close()


def test_a_folder_that_refuses_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("no folder")
    file = LogFile(tmp_path / "logs", "web")

    file.write("lost")
    (tmp_path / "logs").unlink()
    file.write("kept, \udc80 too")
    assert log_paths(tmp_path / "logs", "web")[0].read_text() == "kept, ? too\n"
    file.close()


def test_a_file_that_somebody_took_away_is_made_anew(tmp_path: Path) -> None:
    file = LogFile(tmp_path, "bot")
    file.write("one")
    log_paths(tmp_path, "bot")[0].unlink()
    file.write("two")
    assert log_paths(tmp_path, "bot")[0].read_text() == "two\n"
    file.close()


def test_records_are_kept_as_they_are_shown_without_secrets(tmp_path: Path) -> None:
    handler = LogFileHandler(LogFile(tmp_path, "web"))
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.emit(logging.makeLogRecord({"msg": "hello"}))
    handler.close()
    assert log_paths(tmp_path, "web")[0].read_text() == "hello\n"

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        setup_logging("engine", "INFO", "json", tmp_path)
        logging.getLogger("store").info("Bearer abc.def")
        kept = log_paths(tmp_path, "engine")[0].read_text()
        root.handlers[-1].close()
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    assert '"text":"Bearer ***"' in kept.replace(": ", ":")


@pytest.mark.parametrize("launched", [True, False])
def test_a_process_that_a_launcher_hears_keeps_no_file_of_its_own(
    tmp_path: Path, *, launched: bool
) -> None:
    program = (
        "import logging, sys; from pathlib import Path\n"
        "from utils.parent_watch import exit_with_parent; exit_with_parent()\n"
        "from infra.logging import setup_logging\n"
        "setup_logging('bot', folder=Path(sys.argv[1])); logging.getLogger('x').info('said')"
    )
    reading, writing = os.pipe()
    environment = {**os.environ, **({"PARENT_FD": str(reading)} if launched else {})}
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, env=environment, check=True,
        pass_fds=(reading,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(reading)
    os.close(writing)
    assert log_paths(tmp_path, "bot")[0].exists() is not launched
