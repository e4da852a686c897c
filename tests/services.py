"""Servers the tests need: one that answers, else one started from installed programs."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

import psycopg
import pytest

# how long anything is waited for: on a machine that is ten times slower, too
PATIENCE_S = 60.0
MISSING = "needs "


def require(service: str, how: str) -> None:
    """Skip the test for want of *service*, or fail it when every service must be there."""
    text = f"{MISSING}{service}: {how}"
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# the first draws pages with the same engine and without a window, in two thirds of the time
COMMANDS = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
    "google-chrome-stable",
)  # fmt: skip


def find_chromium(*, whole: bool = False) -> str | None:
    """Return the path of a Chromium: one of the machine's, else the test framework's own.

    A *whole* one has preferences too, such as refusing other sites' cookies.
    """
    for name in COMMANDS[1:] if whole else COMMANDS:
        if found := shutil.which(name):
            return found
    bundles = [
        Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
        Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
        *sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome")),
        *sorted(
            Path.home().glob(
                "Library/Caches/ms-playwright/chromium-*/chrome-mac*/*/Contents/MacOS/*"
            )
        ),
    ]
    return next((str(path) for path in bundles if path.exists()), None)


@contextmanager
def postgres_server() -> Iterator[str]:
    """Yield the libpq URL of a PostgreSQL superuser's database ``postgres``."""
    given = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
    if _postgres_answers(given):
        yield given
        return
    programs = _postgres_programs()
    if programs is None:
        require("PostgreSQL", "install its server, or name one in TEST_POSTGRES_URL")
        return
    folder = Path(mkdtemp(prefix="qd-pg-", dir="/tmp"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    try:
        with _own_postgres(programs, folder, user) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _own_postgres(programs: Path, folder: Path, user: str | None) -> Iterator[str]:
    data, port = folder / "data", free_port()
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"],
        check=True, capture_output=True, user=user, cwd=folder,
    )  # fmt: skip
    # nothing of these tests survives the machine, so nothing is synced
    options = ["fsync=off", "unix_socket_directories=", "listen_addresses=127.0.0.1"]
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), *(f"-c{text}" for text in options)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user, cwd=folder,
    )  # fmt: skip
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    try:
        wait_until(lambda: _postgres_answers(url), "PostgreSQL answers")
        yield url
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


def _postgres_programs() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("postgres"):
        folders.append(Path(found).resolve().parent)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


def _postgres_answers(url: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=10):
        return True
    return False


@contextmanager
def redis_server() -> Iterator[str]:
    """Yield the URL of a Redis server whose data may be flushed."""
    given = os.environ.get("TEST_REDIS_URL")
    if given and _redis_answers(given):
        yield given
        return
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        require("Redis", "install redis-server, or name one in TEST_REDIS_URL")
        return
    port = free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"redis://127.0.0.1:{port}/0"
    try:
        wait_until(lambda: _redis_answers(url), "Redis answers")
        yield url
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


def _redis_answers(url: str) -> bool:
    place = urlsplit(url)
    address = (place.hostname or "127.0.0.1", place.port or 6379)
    with suppress(OSError), socket.create_connection(address, timeout=10) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith((b"+PONG", b"-NOAUTH"))
    return False


def wait_until(
    holds: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S, every_s: float = 0.02
) -> None:
    """Return once *holds*; fail the test, saying *what*, when it does not in *timeout_s*."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:g} s in vain until {what}")
        time.sleep(every_s)
