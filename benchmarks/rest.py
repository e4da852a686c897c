"""What a deck at rest holds in memory, also after its first visitor, and in a week that is fast.

Resident memory, in MB of 1 000 000 bytes, of a new folder: everything is made for the first time.
"""

import re
import time
from pathlib import Path
from typing import Final

import httpx

from benchmarks.deck import Deck, deck
from benchmarks.report import Result

SETTLE_S: Final = 20.0
WEEK_SPEED: Final = 20_160  # a week in half a minute
FIRST_DAY, LAST_DAY = 2, 9  # of the week that is measured
PATIENCE_S: Final = 240.0
MEGABYTE: Final = 1_000_000
DAY_MS: Final = 86_400_000
FLAT_MB: Final = 5.0  # what the interpreter takes and gives back anyway


def run() -> list[Result]:
    """Measure."""
    return [*_at_rest(), *_in_a_week()]


def _at_rest() -> list[Result]:
    with deck() as running:
        time.sleep(SETTLE_S)
        engine, web = _held_mb(running)
        _visit(running)
        time.sleep(SETTLE_S)
        _, visited = _held_mb(running)
        peak = _peak_mb(running)
    return [
        Result("engine at rest", engine, "MB", at_most=120, note="after 7 days of past"),
        Result("web worker at rest", web, "MB", at_most=90, note="nobody connected"),
        Result("web worker, visited", visited, "MB", at_most=90, note="every file of it sent once"),
        Result("web worker, highest", peak, "MB", at_most=90, note="since its first start"),
    ]


def _in_a_week() -> list[Result]:
    with deck(SPEED=str(WEEK_SPEED), WARMUP_DAYS="1") as running, _program(running) as client:
        early = _after_days(running, client, FIRST_DAY)
        late = _after_days(running, client, LAST_DAY)
    note = f"day {FIRST_DAY} to {LAST_DAY} at {WEEK_SPEED:,} times the speed"
    return [
        Result(f"{name}, growth in a week", after - before, "MB", at_most=FLAT_MB, note=note)
        for name, before, after in zip(("engine", "web worker"), early, late, strict=True)
    ]


def _held_mb(running: Deck) -> tuple[float, float]:
    """Return what (engine, web worker) hold now."""
    return (
        running.engine.memory_info().rss / MEGABYTE,
        running.web.memory_info().rss / MEGABYTE,
    )


def _peak_mb(running: Deck) -> float:
    """Return the most that the web worker ever held, or what it holds where none is told."""
    status = Path(f"/proc/{running.web.pid}/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) * 1024 / MEGABYTE if found else _held_mb(running)[1]


def _visit(running: Deck) -> None:
    """Ask for the page, every file that it names, Plotly's too, and the state."""
    with _program(running) as client:
        page = client.get("").raise_for_status().text
        for path in sorted(set(re.findall(r'"(/static/[^"]+\.\w+)"', page))):
            client.get(path).raise_for_status()
        client.get("api/dashboard").raise_for_status()


def _after_days(running: Deck, client: httpx.Client, days: int) -> tuple[float, float]:
    """Wait until the account is *days* old on the engine's clock; return what is held then.

    Raises:
        TimeoutError: it does not grow that old.
    """
    latest = time.monotonic() + PATIENCE_S
    while time.monotonic() < latest:
        account = client.get("api/dashboard").raise_for_status().json()["state"]["account"]
        if account and account["at"] - account["started_at"] >= days * DAY_MS:
            return _held_mb(running)
        time.sleep(0.5)
    raise TimeoutError(f"the account was not {days} days old after {PATIENCE_S:.0f} s")


def _program(running: Deck) -> httpx.Client:
    key = running.api_key()
    return httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {key}"})
