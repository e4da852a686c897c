"""What people and programs asked for, and what came of it."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from store.audit import AuditRow
from telegram_bot.command import Ask, Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told

USUAL: Final = 15
MOST: Final = 100
_TOLD: Final = ("command", "position_id", "words", "name", "session", "user_id")


async def audit(deck: Deck, ask: Ask) -> Reply:
    """Return the newest rows, newest first."""
    wanted = ask.words[0] if ask.words else ""
    limit = max(1, min(MOST, int(wanted))) if wanted.isdecimal() else USUAL
    rows = await asyncio.to_thread(deck.access.audit.newest, limit)
    lines = [f"<b>Audit</b>, the last {len(rows)}, UTC", *(_line(row) for row in rows)]
    return Reply(text="\n".join(lines), buttons=[[Button("Refresh", f"r:audit {limit}")]])


def _line(row: AuditRow) -> str:
    at = datetime.fromtimestamp(row.at / 1000, UTC).strftime("%d %b %H:%M:%S")
    about = {**row.detail, **(row.detail.get("args") or {})}
    detail = " ".join(str(about[name]) for name in _TOLD if about.get(name))
    return told(f"{at} · {row.actor} · {row.action} {detail[:80]}".rstrip() + f" · {row.result}")
