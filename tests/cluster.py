"""A PostgreSQL server of a test's own, which can be stopped, started, and made to say nothing."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

import psutil

from tests.services import (
    PATIENCE_S,
    _postgres_answers,
    _postgres_programs,
    free_port,
    require,
    wait_until,
)


class Cluster:
    """One server with its data in a folder; PostgreSQL refuses root, so it runs as another user."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self._programs, self._folder = programs, folder
        self._user = "postgres" if os.geteuid() == 0 else None
        self._server: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(folder, self._user)
        subprocess.run(
            [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-N"],
            check=True, capture_output=True, user=self._user, cwd=folder,
        )  # fmt: skip

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ("fsync=off", "unix_socket_directories=", "listen_addresses=127.0.0.1")
        self._server = subprocess.Popen(
            [self._programs / "postgres", "-D", self._folder / "data", "-p", str(self.port),
             *(f"-c{option}" for option in options)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=self._user,
            cwd=self._folder,
        )  # fmt: skip
        wait_until(lambda: _postgres_answers(self.url), "PostgreSQL answers")

    def stop(self) -> None:
        """Stop it at once: every connection breaks, and new ones are refused."""
        if self._server is not None:
            self.wake()
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(PATIENCE_S)
            self._server = None

    def fall_silent(self) -> None:
        """Let it stand still: the system goes on taking connections, and nobody answers."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):  # its work was done just now
                process.suspend()

    def wake(self) -> None:
        """Let it go on."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):  # its work was done just now
                process.resume()

    def _processes(self) -> list[psutil.Process]:
        assert self._server is not None
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self._server.pid)
            return [first, *first.children(recursive=True)]
        return []


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Lend a server that runs."""
    programs = _postgres_programs()
    if programs is None:
        require("PostgreSQL", "install its server")
        return
    folder = Path(mkdtemp(prefix="qd-cluster-", dir="/tmp"))
    built = Cluster(programs, folder)
    try:
        built.start()
        yield built
    finally:
        built.stop()
        shutil.rmtree(folder, ignore_errors=True)
