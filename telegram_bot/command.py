"""Commands and buttons: who asks, and what answers; knows nothing of Telegram's library."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec

from store.access import Identity, Role
from telegram_bot.reply import MAX_DATA, Button, Entry, Group, Later, Reply

if TYPE_CHECKING:
    from telegram_bot.deck import Deck

__all__ = [
    "MAX_DATA", "Answer", "Ask", "Button", "Command", "Group", "Later", "Reply", "Tap",
]  # fmt: skip


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks what.

    Attributes:
        identity: of an allowed user; the role was checked.
        chat_id: of the private chat, which is the user's id.
        update_id: Telegram's, never given twice: wishes are idempotent by it.
        words: what stands behind the command, or behind a button's prefix.
        now: wall clock, ms.
        message_id: of the message whose button was tapped, else 0.
    """

    identity: Identity
    chat_id: int
    update_id: int
    words: list[str]
    now: int
    message_id: int = 0


Answer = Callable[["Deck", Ask], Awaitable[Reply]]


class Command(Entry, frozen=True, kw_only=True):
    """Something to type, and what answers it."""

    answer: Answer


class Tap(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons whose data begins with ``<prefix>:`` do; the words behind are the ask's."""

    prefix: str
    role: Role
    answer: Answer
