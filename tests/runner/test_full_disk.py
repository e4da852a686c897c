"""The real engine on file systems that fill up and are emptied again."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.runner.audit import Books, check_books, check_state, check_told
from tests.runner.engine_process import EngineProcess

BUSY: dict[str, Any] = {"SPEED": "2000", "STRATEGIES": "churn", "RISK__RISK_PER_TRADE_PCT": "0.01"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes, where the machine lets us make one."""
    disk, mount = tmp_path / "disk", shutil.which("mount")
    disk.mkdir()
    tiny = ["-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if mount is None or os.geteuid() != 0 or subprocess.run([mount, *tiny], check=False).returncode:
        pytest.skip("only root can make a small file system, and only where mounting is allowed")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte free; return the file to delete."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 1024)
    return ballast


def codes(engine: EngineProcess) -> list[str]:
    return [alert["code"] for alert in engine.heard.of("alert_raised")]


def more(engine: EngineProcess, kind: str, count: int) -> Callable[[], bool]:
    """Return a test for *count* more events of *kind* than were heard so far."""
    enough = len(engine.heard.of(kind)) + count
    return lambda: len(engine.heard.of(kind)) >= enough


def test_with_no_room_for_the_state_file_trading_goes_on_after_one_alert(
    small_disk: Path, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    ledger.mkdir()
    data, state_file = small_disk / "data", small_disk / "data" / "dashboard_state.json"
    url = f"sqlite:///{ledger}/quarterdeck.db"
    log = tmp_path / "engine.log"
    with EngineProcess(data, churn=True, log=log, DATABASE_URL=url, **BUSY) as engine:
        engine.wait_until(state_file.exists, "the state file is there")
        ballast = fill(small_disk)
        engine.wait_until(lambda: "state_file" in codes(engine), "the alert is raised")
        whole = json.loads(state_file.read_bytes())
        engine.wait_until(more(engine, "candle_closed", 300), "trading goes on")
        assert json.loads(state_file.read_bytes()) == whole

        ballast.unlink()
        engine.wait_until(
            lambda: json.loads(state_file.read_bytes())["seq"] > whole["seq"], "it is written again"
        )
        engine.wait_until(more(engine, "candle_closed", 100), "all is quiet again")
        assert codes(engine).count("state_file") == 1
        engine.stop()

    books = Books(ledger)
    check_books(books)
    check_told(books, engine.heard)
    check_state(books, json.loads(state_file.read_bytes())["state"])


def test_with_no_room_for_the_ledger_nothing_is_told_that_is_not_stored(
    small_disk: Path, tmp_path: Path
) -> None:
    data, log = small_disk / "data", tmp_path / "engine.log"
    with EngineProcess(data, churn=True, log=log, **BUSY) as engine:
        engine.wait_for("order_filled", 5)
        ballast = fill(small_disk)
        engine.wait_until(lambda: engine.heard.status == "blocked", "it says what is wrong")
        told = len(engine.heard.facts)
        engine.wait_until(lambda: engine.log.count("trading waits") >= 3, "it has tried again")
        assert len(engine.heard.facts) == told

        ballast.unlink()
        engine.wait_until(lambda: engine.heard.status == "running", "it goes on")
        engine.wait_until(more(engine, "order_filled", 5), "it trades again")
        assert codes(engine).count("store_back") == 1

        fill(small_disk)
        engine.wait_until(lambda: engine.heard.status == "blocked", "it is blocked again")
        engine.stop()

    ballast.unlink()
    books = Books(data)
    check_books(books)
    check_told(books, engine.heard)
