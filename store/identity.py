"""Who somebody is to this Quarterdeck, and the secrets that prove it.

Secrets are 256 random bits, told once and kept as SHA-256. They are looked up by that hash, so
how long an answer takes says nothing about a secret that is nearly right.
"""

import enum
import hashlib
import secrets
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from store.audit import DONE, AuditRow, add

TERMINAL: Final = "terminal"


class Role(enum.StrEnum):
    """What one may do; each role may all that the ones before it may."""

    VIEWER = "viewer"
    TRADER = "trader"
    OWNER = "owner"

    def includes(self, other: "Role") -> bool:
        """Return whether this role may do what *other* may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes in with a key or session that holds.

    Attributes:
        subject: whose it is, as the audit and the engine name them: the key's name, the name and
            id of a Telegram user, or the session's role.
        role: what they may do.
        via: by which door: ``key``, ``code``, ``telegram``.
        credential_id: ``key-<n>``, ``session-<n>`` or ``user-<n>``; never given twice.
        expires_at: wall clock, ms; None never.
        user_id: of a Telegram user, None of anybody else.
    """

    subject: str
    role: Role
    via: str
    credential_id: str
    expires_at: int | None = None
    user_id: int | None = None

    @property
    def owner_id(self) -> str:
        """Return whom their preferences, alert rules and receipts belong to."""
        return self.subject if self.user_id is None else owner_of(self.user_id)


def owner_of(user_id: int) -> str:
    """Return what a Telegram user's things are stored by: `Identity.owner_id` of theirs."""
    return f"telegram:{user_id}"


def new_secret(prefix: str) -> str:
    """Return a secret of 256 bits that begins with *prefix*."""
    return prefix + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> bytes:
    """Return what is kept of *secret*."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def note(
    connection: Connection,
    action: str,
    now: int,
    detail: dict[str, Any],
    by: "Identity | str" = TERMINAL,
) -> None:
    """Add to the audit, within a transaction of the caller's, that *action* was done.

    *by* is who did it, or the name of an owner who did.
    """
    actor, role = (by, Role.OWNER) if isinstance(by, str) else (by.subject, by.role)
    add(
        connection,
        AuditRow(at=now, actor=actor, role=role, action=action, detail=detail, result=DONE),
    )
