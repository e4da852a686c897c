"""What the two commands do before there is an environment, on made-up machines."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "setup.sh"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose environment has an interpreter and records what pip is asked to do."""
    (tmp_path / "requirements.txt").write_text("one==1\n", encoding="utf-8")
    (tmp_path / "constraints.txt").write_text("one==1\n", encoding="utf-8")
    program(tmp_path / ".venv/bin/pip", "")
    program(
        tmp_path / ".venv/bin/python",
        f'case "$2" in pip) echo "$@" >> pip.log;; *) exec {sys.executable} "$@";; esac',
    )
    return tmp_path


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def setup(project: Path, python: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", SCRIPT, "requirements.txt"],
        cwd=project, env={"PATH": "/usr/bin:/bin", "PYTHON": python},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def installs(project: Path) -> int:
    log = project / "pip.log"
    return log.read_text(encoding="utf-8").count("install") if log.exists() else 0


def test_what_is_pinned_is_installed_once(project: Path) -> None:
    assert setup(project).returncode == 0
    assert setup(project).returncode == 0

    assert installs(project) == 1


def test_a_changed_pin_is_installed(project: Path) -> None:
    setup(project)
    (project / "constraints.txt").write_text("one==2\n", encoding="utf-8")
    setup(project)

    assert installs(project) == 2


def test_an_installation_that_failed_is_said_so_and_tried_again(project: Path) -> None:
    program(
        project / ".venv/bin/python",
        f'case "$2" in pip) exit 1;; *) exec {sys.executable} "$@";; esac',
    )

    for _ in range(2):
        failed = setup(project)
        assert failed.returncode == 1
        assert "The packages of requirements.txt could not be installed" in failed.stderr


def test_a_python_without_ensurepip_is_told_what_to_install(tmp_path: Path, project: Path) -> None:
    (project / ".venv/bin/pip").unlink()
    python = program(
        tmp_path / "python-of-debian",
        f'case "$2" in *ensurepip*) exit 1;; *) exec {sys.executable} "$@";; esac',
    )

    failed = setup(project, str(python))

    assert failed.returncode == 1
    assert "lacks the module ensurepip" in failed.stderr
    assert f"apt-get install python3.{sys.version_info.minor}-venv" in failed.stderr


def test_a_python_that_is_too_old_is_refused(tmp_path: Path, project: Path) -> None:
    (project / ".venv/bin/python").unlink()
    old = program(tmp_path / "python3.8", "exit 1")

    failed = setup(project, str(old))

    assert failed.returncode == 1
    assert failed.stderr.startswith("Quarterdeck needs Python 3.11 or newer")
