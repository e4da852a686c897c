"""Where people are signed in, and how to end that."""

import asyncio
from typing import Final

from core.errors import CommandError
from core.words import age
from store.access import Role
from store.sessions import SessionRow
from telegram_bot.command import Ask, Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told

MOST: Final = 20


async def sessions(deck: Deck, ask: Ask) -> Reply:
    """Return one's own sessions; an owner sees everybody's."""
    rows = await _visible(deck, ask)
    lines = ["<b>Sessions</b>", *(_line(row, ask.now) for row in rows[:MOST])]
    if not rows:
        lines.append("None is open.")
    if len(rows) > MOST:
        lines.append(f"and {len(rows) - MOST} more, on the page.")
    buttons = [[Button(f"End {row.id} · {row.subject}"[:60], f"s:end {row.id}")] for row in rows]
    return Reply(text="\n".join(lines), buttons=buttons[:MOST])


async def end_session(deck: Deck, ask: Ask) -> Reply:
    """End the session that a button names.

    Raises:
        CommandError: it is not one that the person may end, or not open any more.
    """
    match ask.words:
        case ["end", number] if number.isdecimal():
            session_id = int(number)
        case _:
            raise CommandError("bad_button", "This button is of another version.", 400)
    if session_id not in {row.id for row in await _visible(deck, ask)}:
        raise CommandError("unknown_session", f"Session {session_id} is not open.", 404)
    end = deck.access.end_session
    if not await asyncio.to_thread(end, session_id, ask.identity, ask.now):
        raise CommandError("unknown_session", f"Session {session_id} is not open.", 404)
    reply = await sessions(deck, ask)
    done = f"Session {session_id} is ended"
    return Reply(text=f"✅ {done}.\n\n{reply.text}", buttons=reply.buttons, alert=done)


async def _visible(deck: Deck, ask: Ask) -> list[SessionRow]:
    rows = await asyncio.to_thread(deck.access.list_sessions, ask.now)
    is_owner = ask.identity.role.includes(Role.OWNER)
    return [row for row in rows if is_owner or row.user_id == ask.identity.user_id]


def _line(row: SessionRow, now: int) -> str:
    seen = row.last_seen_at or row.created_at
    what = " · ".join(filter(None, (row.client, row.address)))
    text = f"{row.id}: {row.subject} · {row.role} · {row.via}, seen {age(now - seen)} ago"
    return told(f"{text} · {what}" if what else text)
