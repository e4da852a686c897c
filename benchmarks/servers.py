"""Servers of the event stream in processes of their own, and what they take."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from benchmarks.deck import ROOT, free_port
from store.access import AccessStore, Role
from tests.telegram_webapp.rig import until
from utils.clock import SystemClock

STREAMS = "10000"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs; ``key`` opens its streams."""

    port: int
    key: str
    arbiter: psutil.Process

    @property
    def worker(self) -> psutil.Process:
        """Return the process that holds the streams."""
        return self.arbiter.children()[0]

    def cpu_us(self) -> float:
        """Return the CPU time that its processes have taken, μs."""
        return sum(_cpu_us(process) for process in (self.arbiter, self.worker))

    def memory_kb(self) -> float:
        """Return what the worker holds, kB (1 000 bytes)."""
        return self.worker.memory_info().rss / 1000


@contextmanager
def dashboard(folder: Path) -> Iterator[Server]:
    """Run the real web process on *folder*, which has an engine, and lend it with a key."""
    store = AccessStore(folder / "access.db")
    store.migrate()
    key = store.create_key("benchmark", Role.VIEWER, SystemClock().now())
    store.close()
    with _running(["webapp_server.py"], folder, key) as server:
        yield server


@contextmanager
def queue_per_client(folder: Path) -> Iterator[Server]:
    """Run `queue_server` on the bus of *folder*; it asks for no key."""
    with _running(["-m", "benchmarks.queue_server"], folder, "none") as server:
        yield server


@contextmanager
def empty(folder: Path) -> Iterator[Server]:
    """Run `empty_server`; it asks for no key."""
    with _running(["-m", "benchmarks.empty_server"], folder, "") as server:
        yield server


@contextmanager
def _running(program: Sequence[str], folder: Path, key: str) -> Iterator[Server]:
    port = free_port()
    settings = {
        "DATA_DIR": str(folder), "DASHBOARD_PORT": str(port), "LOG_LEVEL": "WARNING",
        "STREAMS_PER_CLIENT": STREAMS, "MAX_STREAMS": STREAMS,
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, *program], cwd=ROOT, env={**os.environ, **settings})
    try:
        until(lambda: _answers(port), bool)
        yield Server(port, key, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/api/health")
    except httpx.TransportError:
        return False
    return True


def _cpu_us(process: psutil.Process) -> float:
    """Return CPU time; by the scheduler's own nanoseconds where they are told."""
    files = list(Path(f"/proc/{process.pid}/task").glob("*/schedstat"))
    if files:
        return sum(int(file.read_text().split()[0]) for file in files) / 1000
    times = process.cpu_times()
    return float(times.user + times.system) * 1e6
