"""What a deck at rest holds in memory, and whether an accelerated week makes it grow."""

import time

import httpx

from benchmarks.deck import Deck, deck
from benchmarks.report import Result

SETTLE_S = 20.0
WEEK_SPEED = 20_160  # a week in half a minute
MEGABYTE = 1_000_000


def rss_mb(deck: Deck) -> tuple[float, float]:
    """Return the resident memory of (engine, web worker), MB."""
    return (
        deck.engine.memory_info().rss / MEGABYTE,
        deck.web.memory_info().rss / MEGABYTE,
    )


def run() -> list[Result]:
    """Measure."""
    with deck() as running:
        time.sleep(SETTLE_S)
        engine, web = rss_mb(running)
    with deck(SPEED=str(WEEK_SPEED), WARMUP_DAYS="1") as running:
        key = running.api_key()
        early = _after_days(running, key, 2)
        late = _after_days(running, key, 9)
    return [
        Result("engine at rest", engine, "MB", at_most=120, note="resident, after 7 days of past"),
        Result("web worker at rest", web, "MB", at_most=90, note="resident, nobody connected"),
        Result("engine, growth in a week", late[0] - early[0], "MB", note="accelerated"),
        Result("web worker, growth in a week", late[1] - early[1], "MB", note="accelerated"),
    ]


def _after_days(running: Deck, key: str, days: int) -> tuple[float, float]:
    """Wait until the account is *days* old on the engine's clock; return the memory then."""
    with httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {key}"}) as client:
        while True:
            state = client.get("api/dashboard").raise_for_status().json()["state"]
            account = state["account"]
            if account and account["at"] - account["started_at"] >= days * 86_400_000:
                return rss_mb(running)
            time.sleep(0.5)
