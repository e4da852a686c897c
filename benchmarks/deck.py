"""A whole Quarterdeck as a person starts it, in a temporary folder, for measurements."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import IO

import psutil

ROOT = Path(__file__).resolve().parent.parent
READY_S = 60.0
STOP_S = 15.0
LINES = 20  # of what it said last, should it fail


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
    """Start the launcher with *settings* as environment variables; stop it at the end.

    Raises:
        RuntimeError: it ended without a link; the text says what it said.
    """
    port = free_port()
    with TemporaryDirectory(prefix="qd") as folder:
        command = ["run_dashboard.py", "--no-browser", "--port", str(port), "--data-dir", folder]
        launcher = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env={**os.environ, **settings},
        )  # fmt: skip
        link: Future[str] = Future()
        reader = Thread(target=_read, args=(launcher.stdout, link))
        reader.start()
        try:
            found = link.result(READY_S)
            engine, web = _processes(launcher.pid)
            yield Deck(Path(folder), port, found, engine, web)
        finally:
            launcher.send_signal(signal.SIGTERM)
            launcher.wait(STOP_S)
            reader.join()


def _read(output: IO[str], link: "Future[str]") -> None:
    """Read what the launcher says to its end, so that it never waits; *link* is its link."""
    said: deque[str] = deque(maxlen=LINES)
    with output:
        for line in output:
            said.append(line)
            found = re.search(r"http://\S+#code=\S+", line)
            if found and not link.done():
                link.set_result(found[0])
    if not link.done():
        link.set_exception(RuntimeError("".join(said)))


def _processes(launcher: int) -> tuple[psutil.Process, psutil.Process]:
    """Return the engine and the web worker (gunicorn's child)."""
    children = psutil.Process(launcher).children(recursive=True)
    engine = next(p for p in children if "runner" in p.cmdline())
    web = max((p for p in children if "webapp_server.py" in " ".join(p.cmdline())),
              key=lambda p: p.create_time())  # fmt: skip
    return engine, web
