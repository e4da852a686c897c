"""How the machine is: health, version, settings in force."""

from typing import Final

import yaml

from core import words
from telegram_bot.answers import exchange, frame
from telegram_bot.command import Ask, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told
from utils.version import VERSION

MOST_LINES: Final = 110
ENGINE: Final = {
    "running": "running", "warming_up": "playing history",
    "blocked": "blocked: the ledger cannot be written",
    "ended": "the tape is over", "stopping": "stopping",
}  # fmt: skip


async def health(deck: Deck, ask: Ask) -> Reply:  # noqa: ARG001 - nothing may follow
    """Return whether engine, feed and strategies are well."""
    snapshot = deck.snapshot()
    state = snapshot.state or {}
    engine, feed = state.get("engine") or {}, state.get("feed") or {}
    status = ENGINE.get(str(engine.get("status")), str(engine.get("status", words.UNKNOWN)))
    rows = [
        ("Engine", status if snapshot.is_up else "away"),
        ("Last sign of life", _ago(snapshot.age_ms)),
        ("Market", f"{engine.get('market', words.UNKNOWN)}"),
        ("Feed", str(feed.get("status", words.UNKNOWN))),
        ("Refused messages", f"{feed.get('refused', 0):,}"),
        ("Open positions", str(len(state.get("positions") or {}))),
        ("Version", str(engine.get("version", words.UNKNOWN))),
    ]
    since = engine.get("started_at")
    if since and snapshot.at:
        rows.append(("Up for", words.age(max(0, snapshot.at - since))))
    body = frame.table(rows + exchange.rows(state))
    troubles = exchange.troubles(state, snapshot.at or deck.clock.now())
    strategies = [
        f"{name}: {member['status']}{': ' + member['note'] if member['note'] else ''}"
        for name, member in (state.get("strategies") or {}).items()
    ]
    body = "\n".join(filter(None, (body, told("\n".join(troubles + strategies)))))
    alerts = (state.get("alerts") or [])[-3:]
    if alerts:
        body += "\n\nLast alerts\n" + "\n".join(
            told(f"{frame.hour(alert['at'])} {alert['title']}") for alert in reversed(alerts)
        )
    return frame.reply(deck, "Health", body, again="health", link="alerts")


async def version(deck: Deck, ask: Ask) -> Reply:  # noqa: ARG001 - nothing may follow
    """Return which version runs."""
    engine = (deck.snapshot().state or {}).get("engine") or {}
    rows = [("Bot", VERSION), ("Engine", str(engine.get("version", "away")))]
    return frame.reply(deck, "Version", frame.table(rows))


async def config(deck: Deck, ask: Ask) -> Reply:
    """Return the settings in force, secrets masked: all, or those whose names hold a word."""
    wanted = ask.words[0].lower() if ask.words else ""
    shown = {name: value for name, value in deck.settings.effective().items() if wanted in name}
    text = yaml.safe_dump(shown, sort_keys=False, allow_unicode=True) if shown else ""
    lines = text.splitlines()[:MOST_LINES]
    body = f"<pre>{told(chr(10).join(lines))}</pre>" if lines else "No setting has that name."
    return frame.reply(deck, "Settings", body)


def _ago(age_ms: int | None) -> str:
    return words.UNKNOWN if age_ms is None else f"{words.age(age_ms)} ago"
