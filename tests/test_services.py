"""What a run of the tests says of servers that are not there."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LACKING = """
from tests.services import require

def test_that_needs_one():
    require("PostgreSQL", "install it")

def test_that_needs_none():
    pass
"""


def run(folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    (folder / "test_lacking.py").write_text(LACKING, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", folder, folder],
        cwd=folder, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_test_without_its_server_is_skipped_and_listed_by_name(tmp_path: Path) -> None:
    done = run(tmp_path)

    assert done.returncode == 0, done.stdout
    assert "1 passed, 1 skipped" in done.stdout
    assert "not run here, for want of a service" in done.stdout
    assert "test_lacking.py::test_that_needs_one: needs PostgreSQL: install it" in done.stdout


def test_it_fails_where_every_server_must_be_there(tmp_path: Path) -> None:
    done = run(tmp_path, REQUIRE_SERVICES="1")

    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "needs PostgreSQL: install it" in done.stdout
