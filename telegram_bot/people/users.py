"""Who may come in: listed, allowed, blocked."""

import asyncio
from typing import Final

from core.errors import CommandError
from store.access import Role
from store.user import User
from telegram_bot.command import Ask, Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told

MOST: Final = 30
ORDER: Final = ("pending", "allowed", "blocked")


async def users(deck: Deck, ask: Ask) -> Reply:
    """Return everybody who may come in, asks to, or may not."""
    known = await asyncio.to_thread(deck.access.users.listed)
    known.sort(key=lambda user: (ORDER.index(user.status), user.id))
    shown = known[:MOST]
    lines = ["<b>Users</b>", *(_line(user) for user in shown)]
    if not known:
        lines.append("Nobody yet: TELEGRAM_USERS names the first owner.")
    if len(known) > MOST:
        lines.append(f"and {len(known) - MOST} more, on the page.")
    buttons = [_buttons(user) for user in shown if user.id != ask.identity.user_id]
    return Reply(text="\n".join(lines), buttons=buttons)


async def change_user(deck: Deck, ask: Ask) -> Reply:
    """Do what a button under a list of users, or under somebody's request, says.

    Raises:
        CommandError: it is no such button, or about oneself or nobody.
    """
    action, user_id, role = _wanted(ask.words)
    if user_id == ask.identity.user_id:
        raise CommandError("own_role", "You cannot change your own role; another owner can.")
    by = ask.identity.subject
    table = deck.access.users
    user = await asyncio.to_thread(table.find, user_id)
    name = _name(user) if user else str(user_id)
    if action == "allow" and role is not None:
        await asyncio.to_thread(table.allow, user_id, role, by, ask.now)
        await deck.tell(user_id, Reply(text=f"You may come in now, as {role}. Send /start."))
        done = f"{name} is allowed, as {role}"
    else:
        if not await asyncio.to_thread(table.block, user_id, by, ask.now):
            raise CommandError("unknown_user_id", f"User {user_id} is not in the list.", 404)
        done = f"{name} is blocked"
    reply = await users(deck, ask)
    return Reply(text=f"✅ {told(done)}.\n\n{reply.text}", buttons=reply.buttons, alert=done)


def access_buttons(user_id: int) -> list[list[Button]]:
    """Return what an owner can do about somebody who asks to come in."""
    return [
        [
            Button("Approve as viewer", f"u:allow {user_id} viewer"),
            Button("as trader", f"u:allow {user_id} trader"),
        ],
        [Button("Block", f"u:block {user_id}")],
    ]


def _wanted(words: list[str]) -> tuple[str, int, Role | None]:
    """Return (action, user, role) of a button.

    Raises:
        CommandError: it is none of ours.
    """
    match words:
        case ["allow", number, role] if number.isdecimal() and role in {*Role}:
            return "allow", int(number), Role(role)
        case ["block", number] if number.isdecimal():
            return "block", int(number), None
        case _:
            raise CommandError("bad_button", "This button is of another version.", 400)


def _line(user: User) -> str:
    role = f" · {user.role}" if user.role and user.status == "allowed" else ""
    handle = f" @{user.username}" if user.username else ""
    return f"{told(_name(user))}{told(handle)} (<code>{user.id}</code>) · {user.status}{role}"


def _name(user: User) -> str:
    return user.name or f"user {user.id}"


def _buttons(user: User) -> list[Button]:
    """Return what can be changed of *user*, in one row."""
    name = _name(user)[:20]
    if user.status == "pending":
        return [
            Button(f"✓ {name}: viewer", f"u:allow {user.id} viewer"),
            Button("trader", f"u:allow {user.id} trader"),
            Button("Block", f"u:block {user.id}"),
        ]
    if user.status == "blocked":
        return [Button(f"Unblock {name} as viewer", f"u:allow {user.id} viewer")]
    others = [role for role in (Role.VIEWER, Role.TRADER) if role != user.role]
    make = [Button(f"{name}: {role}", f"u:allow {user.id} {role}") for role in others]
    return [*make, Button(f"Block {name}", f"u:block {user.id}")]
