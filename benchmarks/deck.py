"""A whole Quarterdeck as a person starts it, in a temporary folder, for measurements."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

ROOT = Path(__file__).resolve().parent.parent
READY_S = 60.0


@dataclass(frozen=True, slots=True)
class Deck:
    """A running deck: its processes, its address, and a link that signs in once."""

    folder: Path
    port: int
    link: str
    engine: psutil.Process
    web: psutil.Process

    @property
    def url(self) -> str:
        """Return the page's address."""
        return f"http://127.0.0.1:{self.port}/"

    def api_key(self, role: str = "viewer") -> str:
        """Return a new API key."""
        command = ["keys", "create", "--role", role, "--name", "benchmark"]
        made = subprocess.run(
            [sys.executable, "run_dashboard.py", *command, "--data-dir", str(self.folder)],
            cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return made.stdout.strip()


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def deck(**settings: str) -> Iterator[Deck]:
    """Start the launcher with *settings* as environment variables; stop it at the end."""
    port = free_port()
    with TemporaryDirectory(prefix="qd") as folder:
        command = ["run_dashboard.py", "--no-browser", "--port", str(port), "--data-dir", folder]
        launcher = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env={**os.environ, **settings},
        )  # fmt: skip
        try:
            link = _wait_for_link(launcher)
            engine, web = _processes(launcher.pid)
            yield Deck(Path(folder), port, link, engine, web)
        finally:
            launcher.send_signal(signal.SIGTERM)
            launcher.communicate(timeout=15)


def _wait_for_link(launcher: "subprocess.Popen[str]") -> str:
    assert launcher.stdout is not None  # noqa: S101 - asked for above
    deadline = time.monotonic() + READY_S
    for line in launcher.stdout:
        found = re.search(r"http://\S+#code=\S+", line)
        if found:
            os.set_blocking(launcher.stdout.fileno(), False)
            return found[0]
        if time.monotonic() > deadline:
            break
    raise TimeoutError("the launcher did not print its link")


def _processes(launcher: int) -> tuple[psutil.Process, psutil.Process]:
    """Return the engine and the web worker (gunicorn's child)."""
    children = psutil.Process(launcher).children(recursive=True)
    engine = next(p for p in children if "runner" in p.cmdline())
    web = max((p for p in children if "webapp_server.py" in " ".join(p.cmdline())),
              key=lambda p: p.create_time())  # fmt: skip
    return engine, web
