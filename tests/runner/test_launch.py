"""The launcher's commands, run as a person runs them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from infra.settings import Settings
from runner.announce import qr_code
from runner.instance import only_instance
from tests.services import PATIENCE_S, free_port

ROOT = Path(__file__).parents[2]


def launch(
    folder: Path, *words: str, answer: str = "", **variables: str
) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, ROOT / "run_dashboard.py", *words],
        env={**kept, "DATA_DIR": str(folder), **variables},
        input=answer, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def test_check_prints_the_settings_in_force_without_passwords(tmp_path: Path) -> None:
    url = "postgresql+psycopg://me:s3cret@127.0.0.1/qd"

    done = launch(tmp_path, "--check", "--port", "8123", DATABASE_URL=url)

    shown = yaml.safe_load(done.stdout)
    assert done.returncode == 0, done.stderr
    assert set(shown) == set(Settings.model_fields)
    assert shown["dashboard_port"] == 8123
    assert shown["database_url"] == "postgresql+psycopg://me:***@127.0.0.1/qd"
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("words", [["--check"], [], ["login"], ["keys", "list"]], ids=" ".join)
def test_what_is_wrong_is_said_in_a_sentence_each_and_nothing_starts(
    tmp_path: Path, words: list[str]
) -> None:
    done = launch(tmp_path, *words, DASHBOARD_PORT="80x", MARKET="moon")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "MARKET must be auto, sim, replay or exchange, was 'moon'",
        "DASHBOARD_PORT must be a whole number from 1 to 65535, was '80x'",
    ]


def test_a_port_that_is_taken_is_said_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = launch(tmp_path, "--no-browser", "--port", str(port))

    assert done.returncode == 2
    assert done.stderr.startswith(f"port {port} on 127.0.0.1 cannot be used (Address already in")


def test_the_same_data_folder_twice_is_refused(tmp_path: Path) -> None:
    with only_instance(tmp_path / "run", "127.0.0.1", 8123):
        done = launch(tmp_path, "--no-browser", "--port", str(free_port()))

    assert done.returncode == 2
    assert f"data folder {tmp_path} is in use" in done.stderr
    assert f"as process {os.getpid()} on port 8123" in done.stderr


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = launch(tmp_path / "file" / "data", "--check")

    assert done.returncode == 2
    assert done.stderr.startswith(f"data folder {tmp_path}/file/data cannot be used: ")


def test_a_reset_without_a_terminal_needs_a_yes(tmp_path: Path) -> None:
    done = launch(tmp_path, "--reset-paper", "--port", str(free_port()), answer="y\n")

    assert done.returncode == 2
    assert done.stderr == "--reset-paper asks first, and there is no terminal: add --yes\n"


def test_a_link_from_outside_is_printed_beside_the_one_here_and_as_a_code(tmp_path: Path) -> None:
    done = launch(tmp_path, "login", "--qr", PUBLIC_URL="https://deck.example/bot1")

    here, outside, *code = done.stdout.splitlines()
    assert here.startswith("http://127.0.0.1:8080/#code=")
    assert outside.startswith("https://deck.example/bot1/#code=")
    assert here.partition("=")[2] != outside.partition("=")[2]
    assert "\n".join(code).strip("\n") == qr_code(outside).strip("\n")


def test_a_new_key_stands_alone_on_standard_output(tmp_path: Path) -> None:
    done = launch(tmp_path, "keys", "create", "--role", "viewer", "--name", "grafana")

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 1
    again = launch(tmp_path, "keys", "create", "--role", "viewer", "--name", "grafana")
    assert again.returncode == 2
    assert again.stdout == ""
    listed = launch(tmp_path, "keys", "list")
    assert "grafana" in listed.stdout
    assert done.stdout.strip() not in listed.stdout


def test_login_prints_a_link_alone(tmp_path: Path) -> None:
    done = launch(tmp_path, "login", "--port", "8123")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("http://127.0.0.1:8123/#code=")
    assert done.stdout.count("\n") == 1


def test_help_names_every_option_of_the_launcher(tmp_path: Path) -> None:
    done = launch(tmp_path, "--help")

    for option in (
        "--market", "--replay", "--funding", "--loop", "--speed", "--seed", "--balance",
        "--reset-paper", "--yes", "--host", "--port", "--data-dir", "--check", "--no-browser",
        "login", "keys",
    ):  # fmt: skip
        assert option in done.stdout, option
