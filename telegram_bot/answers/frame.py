"""What every answer has: a head with what kind of money it is, a foot with how fresh it is."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from core import words
from core.errors import CommandError
from telegram_bot.command import Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.follower import Snapshot
from telegram_bot.markup import told
from telegram_bot.reply import open_button

WIDTH: Final = 32  # columns that the narrowest phone shows of a table
State = dict[str, Any]
Row = tuple[str, str]


def state_of(deck: Deck) -> State:
    """Return what the dashboard shows.

    Raises:
        CommandError: nothing was ever heard from an engine.
    """
    state = deck.snapshot().state
    if not state or not state.get("engine"):
        raise CommandError(
            "engine_away", "The engine is away and left no state: start it, then ask again.", 503
        )
    return state


def reply(
    deck: Deck,
    title: str,
    body: str,
    *,
    again: str = "",
    buttons: Sequence[Sequence[Button]] = (),
    link: str = "",
) -> Reply:
    """Return an answer with head, foot and buttons.

    Args:
        deck: whose state it is about.
        title: of the answer, plain.
        body: Telegram's HTML.
        again: the command with its words that a tap on Refresh asks again; empty for none.
        buttons: rows above that.
        link: the word that opens its place on the page; empty for none.
    """
    snapshot = deck.snapshot()
    head = f"<b>{told(title)}</b> · {told(badge(snapshot))}"
    last = [Button("Refresh", f"r:{again}")] if again else []
    if link:
        last += open_button(deck.page_url, link)
    text = "\n".join(filter(None, (head, body, freshness(snapshot, deck.clock.now()))))
    return Reply(text=text, buttons=[*map(list, buttons), *([last] if last else [])])


def badge(snapshot: Snapshot) -> str:
    """Return what kind of money it is, or that nobody knows."""
    return snapshot.badge or "engine away"


def freshness(snapshot: Snapshot, now: int) -> str:
    """Return what is not as usual: engine away, prices stale, trading paused; empty if all is."""
    state = snapshot.state or {}
    engine, feed = state.get("engine") or {}, state.get("feed") or {}
    lines = []
    if not snapshot.is_up:
        heard = f", last heard {words.age(snapshot.age_ms)} ago" if snapshot.age_ms else ""
        lines.append(f"⚠️ Engine away{heard}. These are the last known figures.")
    elif feed.get("status") == "stale":
        newest = feed.get("last_message_at")
        old = f" {words.age((snapshot.at or now) - newest)} old" if newest else " stale"
        lines.append(f"⚠️ Prices are{old}. New entries are stopped. Stops still stand.")
    if engine.get("status") == "warming_up":
        lines.append(f"Playing history: {engine.get('progress_pct') or 0:.0f} %.")
    if engine.get("paused"):
        since = engine.get("paused_at")
        at = f" at {hour(since)} UTC" if since else ""
        lines.append(f"⏸ Paused by {engine.get('paused_by')}{at}. No new entries.")
    return "\n".join(f"<i>{told(line)}</i>" for line in lines)


def table(rows: Iterable[Row]) -> str:
    """Return labels at the left and values at the right, in letters of one width."""
    lines = []
    for label, value in rows:
        room = WIDTH - len(value) - 1
        shown = label if len(label) <= room else f"{label[: max(1, room - 1)]}…"
        lines.append(f"{shown}{' ' * (WIDTH - len(shown) - len(value))}{value}")
    return f"<pre>{told(chr(10).join(lines))}</pre>" if lines else ""


def hour(at: int) -> str:
    """Return the time of day of *at* (ms), UTC."""
    return f"{_moment(at):%H:%M}"


def day(at: int) -> str:
    """Return the date of *at* (ms), UTC."""
    return f"{_moment(at).day} {_moment(at):%b}"


def arrow(value: float | None) -> str:
    """Return the arrow that goes before a change."""
    return "" if not value else "▲ " if value > 0 else "▼ "


def whole(text: str, low: int, high: int, example: str) -> int:
    """Return the whole number *text*.

    Raises:
        CommandError: it is none from *low* to *high*.
    """
    if text.isascii() and text.isdecimal() and len(text) <= len(str(high)):
        number = int(text)
        if low <= number <= high:
            return number
    detail = f"That must be a whole number from {low} to {high}, was {text[:20]!r}: {example}"
    raise CommandError("bad_argument", detail, 400)


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
