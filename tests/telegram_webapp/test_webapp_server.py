"""`python webapp_server.py` as a person or a supervisor starts it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from store.access import AccessStore, Role
from tests.services import PATIENCE_S
from tests.telegram_webapp.rig import ROOT, Client, StandInEngine, free_port, listens, until
from utils.clock import SystemClock


@contextmanager
def started(data_dir: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "webapp_server.py"],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(data_dir), **environment},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_it_streams_to_a_key_follows_the_engine_and_stops_in_time(tmp_path: Path) -> None:
    port = free_port()
    access = AccessStore(tmp_path / "access.db")
    access.migrate()
    key = access.create_key("phone", Role.TRADER, SystemClock().now())
    with (
        StandInEngine(tmp_path) as engine,
        started(tmp_path, DASHBOARD_PORT=str(port)) as process,
    ):
        until(lambda: listens(port), bool)
        with Client(port) as stranger, Client(port, "e1-0", key=key) as client:
            refused = stranger.begin().head
            beat = client.begin().event()
            facts = client.facts_until(engine.facts(3))
            access.revoke_key("phone", SystemClock().now())
            process.terminate()
            process.wait(PATIENCE_S)
            rest = client.rest()
    access.close()

    assert refused.startswith(b"HTTP/1.1 401 ")
    assert (beat.data["role"], beat.data["engine"]) == ("trader", "up")
    assert facts == [1, 2, 3]
    assert rest.startswith(b"retry: ")
    assert process.returncode == 0


def test_a_neighbour_on_this_machine_cannot_speak_for_a_proxy(tmp_path: Path) -> None:
    """Gunicorn would believe it: that is switched off."""
    port = free_port()
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on", "Script-Name": "/evil"}
    with started(tmp_path, DASHBOARD_PORT=str(port)):
        until(lambda: listens(port), bool)
        answer = httpx.get(f"http://127.0.0.1:{port}/", headers=said, timeout=PATIENCE_S)

    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer.headers


def test_a_bad_setting_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    with started(tmp_path, DASHBOARD_PORT="80x") as process:
        _, said = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 2
    assert said.startswith("DASHBOARD_PORT")
    assert said.count("\n") == 1


@pytest.mark.parametrize("content", [b"this is no database" * 100])
def test_a_damaged_database_of_credentials_stops_the_start_and_stays(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "access.db"
    file.write_bytes(content)
    with started(tmp_path, DASHBOARD_PORT=str(free_port())) as process:
        _, said = process.communicate(timeout=PATIENCE_S)

    assert process.returncode != 0
    assert "The dashboard cannot be served: " in said
    assert "Traceback" not in said
    assert file.read_bytes() == content
