"""What people are told of what is watched."""

import datetime as dt
import uuid
from typing import Final

import msgspec

from core.alerts import AlertType, Level
from core.words import MINUTE_MS, duration
from telegram_bot.delivery.told import Told


class Words(msgspec.Struct, frozen=True):
    """How one watched thing is told of."""

    type: AlertType
    level: Level
    lost: str
    back: str
    meaning: str


WORDS: Final = {
    "engine": Words(
        AlertType.ENGINE, Level.ERROR, "The engine does not answer", "The engine is back",
        "Until it is back nothing is traded, and no stop that it keeps itself is watched.",
    ),
    "web": Words(
        AlertType.SYSTEM, Level.ERROR, "The page does not answer", "The page is back",
        "Trading goes on, and the bot answers; the page and its API do not.",
    ),
    "feed": Words(
        AlertType.FEED_STALE, Level.WARN, "Market data is stale", "Market data flows again",
        "New entries are stopped until it flows again.",
    ),
}  # fmt: skip


def lost(name: str, since: int, now: int, badge: str) -> Told:
    """Return what is told when *name* is lost since *since*."""
    words = WORDS[name]
    clock = f"{dt.datetime.fromtimestamp(since / 1000, tz=dt.UTC):%H:%M:%S}"
    detail = f"Since {clock} UTC, {span(now - since)}. {words.meaning}"
    return _told(words.type, words.level, words.lost, detail, (now, badge))


def back(name: str, since: int, until: int, now: int, badge: str) -> Told:
    """Return what is told when *name*, lost from *since* to *until*, is back."""
    words = WORDS[name]
    detail = f"It was away for {span(until - since)}."
    return _told(words.type, Level.INFO, words.back, detail, (now, badge))


def span(ms: int) -> str:
    """Return a time span, short ones in seconds."""
    return f"{max(0, ms) // 1000}s" if ms < 2 * MINUTE_MS else duration(ms)


def _told(kind: AlertType, level: Level, title: str, detail: str, about: tuple[int, str]) -> Told:
    now, badge = about
    return Told(
        source=f"watch:{uuid.uuid4()}", at=now, type=kind, level=level, title=title, detail=detail,
        badge=badge, link="system", is_folded=False,
    )  # fmt: skip
