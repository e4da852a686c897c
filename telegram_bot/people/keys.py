"""Keys for programs: listed, made, revoked."""

import asyncio
from typing import Final

from core.errors import CommandError
from core.words import age
from store.access import ApiKey, Role
from telegram_bot.command import Ask, Button, Later, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told

SHOWN_S: Final = 60
MOST: Final = 30
USAGE: Final = "/keys create NAME ROLE, where the role is viewer, trader or owner"


async def keys(deck: Deck, ask: Ask) -> Reply:
    """Return the living keys, or make one and show its secret once.

    Raises:
        CommandError: what follows the command is not of our form.
    """
    match ask.words:
        case []:
            return await _list(deck, ask)
        case ["create", name, role] if role in {*Role}:
            return await _create(deck, ask, name, Role(role))
        case _:
            raise CommandError("usage", f"Write {USAGE}.", 400)


async def revoke_key(deck: Deck, ask: Ask) -> Reply:
    """Revoke the key that a button names.

    Raises:
        CommandError: there is no such key any more.
    """
    living = {str(key.id): key for key in await _living(deck)}
    match ask.words:
        case ["revoke", number] if number in living:
            name = living[number].name
        case _:
            raise CommandError("unknown_key", "That key is revoked already.", 404)
    by = ask.identity
    await asyncio.to_thread(deck.access.revoke_key, name, ask.now, by)
    reply = await _list(deck, ask)
    done = f"Key {name} is revoked"
    return Reply(text=f"✅ {told(done)}.\n\n{reply.text}", buttons=reply.buttons, alert=done)


async def _create(deck: Deck, ask: Ask, name: str, role: Role) -> Reply:
    make = deck.access.create_key
    secret = await asyncio.to_thread(make, name, role, ask.now, ask.identity)
    text = (
        f"Key <b>{told(name)}</b>, {role}. It is shown once, and this message goes in a minute:\n"
        f"<code>{told(secret)}</code>"
    )
    return Reply(text=text, later=Later(SHOWN_S), is_new=True)


async def _list(deck: Deck, ask: Ask) -> Reply:
    living = await _living(deck)
    lines = ["<b>Keys</b>", *(_line(key, ask.now) for key in living[:MOST])]
    lines.append(f"To make one: {USAGE}." if living else f"There is none. {USAGE} makes one.")
    buttons = [[Button(f"Revoke {key.name}"[:60], f"k:revoke {key.id}")] for key in living[:MOST]]
    return Reply(text="\n".join(lines), buttons=buttons)


async def _living(deck: Deck) -> list[ApiKey]:
    known = await asyncio.to_thread(deck.access.list_keys)
    return [key for key in known if key.revoked_at is None]


def _line(key: ApiKey, now: int) -> str:
    used = f"used {age(now - key.last_used_at)} ago" if key.last_used_at else "never used"
    return told(f"{key.name} · {key.role} · {used}")
