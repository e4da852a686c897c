"""Sessions of people, in ``access.db``: opened by a code or by Telegram, listed, ended."""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Select, func, select, update

from store.access_tables import sessions
from store.database import Database
from store.identity import Identity, Role, hash_secret, new_secret, note
from store.notices import NEW_SESSION, Notice, add_notice
from store.rows import columns_of, read_as

MAX_CLIENT: Final = 80
TELEGRAM: Final = "telegram"  # the door of who is vouched for by Telegram


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A session to be opened.

    Attributes:
        subject: whose, as the audit names them.
        via: by which door.
        user_id: of a Telegram user.
        client: the browser or app, short.
        address: where from.
    """

    subject: str
    role: Role
    via: str
    life_ms: int
    user_id: int | None = None
    client: str = ""
    address: str = ""


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An open session as it is listed. Times are wall clock, ms."""

    id: int
    subject: str
    role: Role
    via: str
    user_id: int | None
    client: str
    address: str
    created_at: int
    expires_at: int
    last_seen_at: int | None


def open_session(connection: Connection, opening: Opening, now: int) -> tuple[str, Identity]:
    """Open a session within a transaction of the caller's; return its secret and whose it is.

    The audit and a notice tell of it.
    """
    secret = new_secret("qds_")
    entry = sessions.insert().values(
        hash=hash_secret(secret),
        subject=opening.subject,
        role=opening.role,
        via=opening.via,
        user_id=opening.user_id,
        client=opening.client[:MAX_CLIENT],
        address=opening.address[:MAX_CLIENT],
        created_at=now,
        expires_at=now + opening.life_ms,
    )
    identity = identity_of(connection.execute(entry.returning(sessions)).one())
    told = {"session": identity.credential_id, "via": opening.via}
    note(connection, "signed_in", now, told, identity)
    data = {
        "session_id": int(identity.credential_id.removeprefix("session-")),
        "subject": opening.subject,
        "role": opening.role,
        "via": opening.via,
        "client": opening.client[:MAX_CLIENT],
        "address": opening.address[:MAX_CLIENT],
    }
    about = opening.user_id
    add_notice(connection, Notice(at=now, kind=NEW_SESSION, user_id=about, data=data))
    return secret, identity


def list_open(database: Database, now: int) -> list[SessionRow]:
    """Return every session that holds, newest first.

    Raises:
        StoreError: the database refused.
    """
    query = select(*columns_of(SessionRow, sessions)).where(*_holds(now))
    with database.read() as connection:
        rows = connection.execute(query.order_by(sessions.c.id.desc()))
        return [read_as(SessionRow, row) for row in rows]


def end_session(database: Database, session_id: int, by: Identity | str, now: int) -> bool:
    """End a session before its time; return whether it was open.

    Raises:
        StoreError: the database refused.
    """
    mine = (sessions.c.id == session_id) & sessions.c.revoked_at.is_(None)
    over = {"revoked_at": now, "expires_at": now}  # by which `signed_out_at` tells it from others
    with database.write() as connection:
        ended = connection.execute(update(sessions).where(mine).values(over))
        if ended.rowcount:
            note(connection, "session_ended", now, {"session": f"session-{session_id}"}, by)
    return bool(ended.rowcount)


def signed_out_at(database: Database, user_id: int) -> int | None:
    """Return when somebody last ended a Telegram session of a user on purpose, None for never.

    What vouched for that session must open no other, though it may not be too old yet.

    Raises:
        StoreError: the database refused.
    """
    on_purpose = sessions.c.revoked_at == sessions.c.expires_at
    theirs = (sessions.c.user_id == user_id) & (sessions.c.via == TELEGRAM)
    query = select(func.max(sessions.c.revoked_at)).where(theirs, on_purpose)
    with database.read() as connection:
        ended_at: int | None = connection.execute(query).scalar()
        return ended_at


def end_sessions_of(connection: Connection, user_id: int, now: int) -> None:
    """End every session of a Telegram user within a transaction of the caller's."""
    mine = (sessions.c.user_id == user_id) & sessions.c.revoked_at.is_(None)
    connection.execute(update(sessions).where(mine).values(revoked_at=now))


def holding_sessions(now: int) -> Select[Any]:
    """Return the query of the sessions that hold."""
    return select(sessions).where(*_holds(now))


def identity_of(row: Row[Any]) -> Identity:
    """Return whose the session of *row* is."""
    return Identity(
        subject=row.subject,
        role=Role(row.role),
        via=row.via,
        credential_id=f"session-{row.id}",
        expires_at=row.expires_at,
        user_id=row.user_id,
    )


def _holds(now: int) -> tuple[Any, ...]:
    return sessions.c.revoked_at.is_(None), sessions.c.expires_at > now
