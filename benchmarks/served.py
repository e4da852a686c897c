"""The web server over a folder, as it runs in production, without an engine."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import psutil

from benchmarks.deck import ROOT
from infra.settings import Settings

PATIENCE_S: Final = 60.0


@contextmanager
def served(settings: Settings, key: str) -> Iterator[tuple[httpx.Client, psutil.Process]]:
    """Serve *settings* for as long as the block; lend a client and the worker."""
    environment = settings.environment()
    server = subprocess.Popen(
        [sys.executable, "webapp_server.py"], cwd=ROOT, env={**environment, "PATH": ""},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with client_of(settings, key) as client:
            _wait_for(client)
            yield client, psutil.Process(server.pid).children()[0]
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


def client_of(settings: Settings, key: str) -> httpx.Client:
    """Return a client of the server of *settings* that has the *key*."""
    url = f"http://127.0.0.1:{settings.dashboard_port}/"
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=url, headers=headers, timeout=PATIENCE_S)


def _wait_for(client: httpx.Client) -> None:
    """Wait until it answers.

    Raises:
        TimeoutError: it does not.
    """
    latest = time.monotonic() + PATIENCE_S
    while time.monotonic() < latest:
        try:
            client.get("api/health")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"no server answered within {PATIENCE_S:.0f} s")
