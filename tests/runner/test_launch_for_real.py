"""The launcher with the real engine and the real web process."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.services import PATIENCE_S, free_port, wait_until

ROOT = Path(__file__).parents[2]


class Instance:
    """A Quarterdeck started from a terminal."""

    def __init__(self, folder: Path, port: int, **variables: str) -> None:
        self.folder, self.port = folder, port
        self.log_path = folder.parent / f"{folder.name}.log"
        self.out_path = folder.parent / f"{folder.name}-{port}-{time.monotonic_ns()}.out"
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self.log_path.open("ab") as log, self.out_path.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "run_dashboard.py", "--no-browser",
                 "--port", str(port), "--data-dir", folder],
                env={**kept, "MARKET": "sim", "WARMUP_DAYS": "1", **variables},
                stdin=subprocess.DEVNULL,
                stdout=out, stderr=log,
            )  # fmt: skip

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8")

    def link(self) -> str:
        """Return the one-time link once it is printed."""
        try:
            wait_until(
                lambda: "#code=" in self.out_path.read_text("utf-8"), "it is ready", PATIENCE_S
            )
        except pytest.fail.Exception:
            pytest.fail(f"it printed no link:\n{self.log}")
        return self.out_path.read_text("utf-8").strip()

    def health(self) -> dict[str, Any]:
        with contextlib.suppress(httpx.TransportError):
            return dict(
                httpx.get(f"http://127.0.0.1:{self.port}/api/health", timeout=PATIENCE_S).json()
            )
        return {}

    def engine_pid(self) -> int | None:
        running = descendants(self.process.pid)
        return next((pid for pid, words in running if "-m runner" in words), None)

    def interrupt(self) -> None:
        """Press Ctrl-C, and wait until it has ended."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_S)


def descendants(ancestor: int) -> list[tuple[int, str]]:
    """Return the process id and command line of every process below *ancestor*."""
    listing = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()]
    below: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for pid, parent, *words in rows:
        below[int(parent)].append((int(pid), " ".join(words)))
    found = list(below[ancestor])
    for number, _ in found:  # which grows; a child may be numbered below its parent
        found += below[number]
    return found


def gone(pids: list[int]) -> Callable[[], bool]:
    def are_gone() -> bool:
        listing = subprocess.run(
            ["ps", "-eo", "pid=,stat="], capture_output=True, text=True, check=True
        ).stdout
        rows = [line.split() for line in listing.splitlines()]
        return not {int(pid) for pid, state in rows if not state.startswith("Z")} & set(pids)

    return are_gone


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Instance]]:
    instances: list[Instance] = []

    def start_one(name: str = "data", port: int | None = None, **variables: str) -> Instance:
        instances.append(Instance(tmp_path / name, port or free_port(), **variables))
        return instances[-1]

    yield start_one
    for instance in instances:
        with instance.process:
            if instance.process.poll() is None:
                instance.interrupt()


def test_it_starts_lets_one_in_stops_and_goes_on_where_it_was(
    start: Callable[..., Instance],
) -> None:
    first = start()
    base, _, code = first.link().partition("/#code=")
    with httpx.Client(base_url=base, headers={"Origin": base}) as page:
        assert page.get("/api/dashboard").status_code == 401
        assert page.post("/api/auth/login", json={"code": code}).status_code == 200
        before = page.get("/api/dashboard").json()
    assert before["state"]["engine"]["badge"] == "SIMULATED"
    wait_until(lambda: "Playing the last" in first.log and ": 100 %" in first.log, "it caught up")
    family = [pid for pid, _ in descendants(first.process.pid)]
    assert len(family) >= 2

    first.interrupt()
    assert first.process.returncode == 0
    assert gone(family)()

    played = first.log.count("Playing the last")
    second = start()
    base, _, code = second.link().partition("/#code=")
    assert second.log.count("Playing the last") == played
    with httpx.Client(base_url=base, headers={"Origin": base}) as page:
        page.post("/api/auth/login", json={"code": code})
        after = page.get("/api/dashboard").json()
    assert after["state"]["trades"][: len(before["state"]["trades"])] == before["state"]["trades"]


def test_an_engine_that_is_killed_comes_back(start: Callable[..., Instance]) -> None:
    instance = start()
    instance.link()
    old = instance.engine_pid()
    assert old is not None

    os.kill(old, signal.SIGKILL)

    wait_until(lambda: "engine ended (killed by SIGKILL)" in instance.log, "its end is told")
    wait_until(lambda: instance.engine_pid() not in {None, old}, "another engine runs")
    wait_until(lambda: instance.health().get("engine") == "up", "the page sees it")


def test_nothing_outlives_a_launcher_that_is_killed_and_it_can_start_again_at_once(
    start: Callable[..., Instance],
) -> None:
    first = start()
    first.link()
    family = [pid for pid, _ in descendants(first.process.pid)]

    first.process.kill()
    second = start(port=first.port)

    wait_until(gone(family), "the old children are gone")
    second.link()


def test_two_run_side_by_side_and_none_on_the_same_folder(
    start: Callable[..., Instance],
) -> None:
    one, two = start("one"), start("two")
    one.link()
    two.link()

    third = start("one")

    assert third.process.wait(PATIENCE_S) == 2
    assert f"Quarterdeck already runs on it as process {one.process.pid}" in third.log
    assert one.health()["engine"] == two.health()["engine"] == "up"


def test_it_tells_how_its_processes_are_and_which_were_started_again(
    start: Callable[..., Instance],
) -> None:
    instance = start(SYSTEM__UPDATE_INTERVAL="1")
    base, _, code = instance.link().partition("/#code=")
    with httpx.Client(base_url=base, headers={"Origin": base}, timeout=PATIENCE_S) as page:
        assert page.post("/api/auth/login", json={"code": code}).status_code == 200

        def processes() -> dict[str, Any]:
            with contextlib.suppress(httpx.TransportError):
                told = page.get("/api/system").json()
                return {one["name"]: one for one in told.get("processes", [])}
            return {}

        def restarts(name: str) -> int | None:
            restarts: int | None = processes().get(name, {}).get("restarts")
            return restarts

        wait_until(lambda: restarts("web") == 0, "each has told how it is", PATIENCE_S)
        found = processes()
        assert {"engine", "web", "launcher", "database"} <= set(found)
        for name in ("engine", "web", "launcher"):
            assert found[name]["status"] == "up", found[name]
            assert found[name]["rss_bytes"] > 10_000_000
            assert found[name]["open_files"] > 3

        os.kill(found["web"]["pid"], signal.SIGKILL)  # a worker, whose server lives on
        wait_until(lambda: restarts("web") == 1, "its end was counted", PATIENCE_S)
        engine = instance.engine_pid()
        assert engine is not None
        assert engine == found["engine"]["pid"]
        os.kill(engine, signal.SIGKILL)
        wait_until(lambda: restarts("engine") == 1, "the engine's was", PATIENCE_S)
        wait_until(
            lambda: processes().get("engine", {}).get("lag") is not None, "it is back", PATIENCE_S
        )
        assert processes()["engine"]["pid"] != engine
