"""Somebody of Telegram, as the allow-list has them."""

from typing import Final, Literal

import msgspec

from store.identity import Identity, Role
from utils.one_line import one_line

MAX_NAME: Final = 40
SETTING: Final = "setting"  # the source of who comes in by TELEGRAM_USERS

Status = Literal["allowed", "pending", "blocked"]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person of Telegram. Times are wall clock, ms.

    Attributes:
        id: Telegram's.
        role: None unless they are, or were, allowed.
        source: who brought them in: ``setting``, ``page``, ``bot`` or ``terminal``; empty of one
            who only asked.
        changed_by: who changed status or role last.
    """

    id: int
    name: str
    username: str
    role: Role | None
    status: Status
    source: str
    created_at: int
    changed_at: int
    changed_by: str
    last_seen_at: int | None

    @property
    def subject(self) -> str:
        """Return what the audit and the engine call them."""
        return f"{self.name} ({self.id})" if self.name else f"user {self.id}"


def identity_of_user(user: User) -> Identity:
    """Return who an allowed *user* is to whoever speaks for Telegram itself, the bot.

    Raises:
        ValueError: the user is not allowed in.
    """
    if user.status != "allowed" or user.role is None:
        raise ValueError(f"user {user.id} is not allowed in")
    return Identity(
        subject=user.subject, role=user.role, via="telegram", credential_id=f"user-{user.id}",
        user_id=user.id,
    )  # fmt: skip


def printable(text: str) -> str:
    """Return *text* in one short line, without what does not show or turns its direction."""
    return one_line(text, MAX_NAME)
