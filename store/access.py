"""Who may come in: API keys for programs, one-time codes for people, the sessions they become."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Select, delete, select, update
from sqlalchemy.exc import IntegrityError

from core.errors import ConfigError
from store.access_tables import api_keys, notices, one_time_codes, sessions
from store.audit import AuditLog
from store.database import ACCESS_MIGRATIONS, Database
from store.identity import TERMINAL, Identity, Role, hash_secret, new_secret, note
from store.rows import columns_of, read_as
from store.sessions import (
    Opening,
    SessionRow,
    end_session,
    holding_sessions,
    identity_of,
    list_open,
    open_session,
    signed_out_at,
)  # fmt: skip
from store.user import User, identity_of_user
from store.users import Users

__all__ = ["AccessStore", "ApiKey", "Identity", "Role", "SessionRow", "User", "access_database"]

MAX_NAME: Final = 64
# what people of Telegram and their things are called by
PERSON: Final = re.compile(r"^telegram:|\(\d+\)$|^user \d+$")
KEPT_AFTER_END_MS: Final = 30 * 24 * 3600 * 1000


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key as it is listed. Times are wall clock, ms."""

    id: int
    name: str
    role: Role
    created_at: int
    last_used_at: int | None
    revoked_at: int | None


def access_database(path: Path) -> Database:
    """Return the database of credentials at *path*, of which nothing is opened yet."""
    return Database(f"sqlite:///{path}", ACCESS_MIGRATIONS)


class AccessStore:  # noqa: PLR0904 - keys, codes and sessions share its promise
    """``access.db``: written by the web process, the launcher's commands and the bot.

    Promise: a code signs in once, however many try at the same time; what was revoked or has
    expired is never found; every change leaves an audit row in the same transaction.
    """

    def __init__(self, path: Path) -> None:
        self._database = access_database(path)
        self.audit = AuditLog(self._database)
        self.users = Users(self._database)

    @property
    def database(self) -> Database:
        """Return the database itself, for what else lives in it."""
        return self._database

    def migrate(self) -> None:
        """Make the file and its tables, or bring them to the newest revision.

        Raises:
            ConfigError: the file is damaged, not ours, or cannot be made; it is left as it is.
            SchemaError: the schema is newer than this version.
            StoreError: the database refused.
        """
        self._database.migrate()

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def create_key(self, name: str, role: Role, now: int, by: Identity | str = TERMINAL) -> str:
        """Return the secret of a new API key, made by somebody or at the terminal.

        It cannot be told again.

        Raises:
            ConfigError: the name is in use by a living key, or is none that a key may have.
            StoreError: the database refused.
        """
        _check_name(name)
        secret = new_secret("qdk_")
        values = {"hash": hash_secret(secret), "name": name, "role": role, "created_at": now}
        with self._database.write() as connection:
            try:
                connection.execute(api_keys.insert().values(values))
            except IntegrityError:
                raise ConfigError(
                    f"key name must be new, a key {name!r} exists: revoke that one first"
                ) from None
            note(connection, "key_created", now, {"name": name, "role": role}, by)
        return secret

    def list_keys(self) -> list[ApiKey]:
        """Return every key there ever was, oldest first.

        Raises:
            StoreError: the database refused.
        """
        query = select(*columns_of(ApiKey, api_keys)).order_by(api_keys.c.id)
        with self._database.read() as connection:
            return [read_as(ApiKey, row) for row in connection.execute(query)]

    def revoke_key(self, name: str, now: int, by: Identity | str = TERMINAL) -> bool:
        """Make the living key *name* useless; return whether there was one.

        Raises:
            StoreError: the database refused.
        """
        living = (api_keys.c.name == name) & api_keys.c.revoked_at.is_(None)
        with self._database.write() as connection:
            found = connection.execute(update(api_keys).where(living).values(revoked_at=now))
            if found.rowcount:
                note(connection, "key_revoked", now, {"name": name}, by)
        return bool(found.rowcount)

    def create_code(self, role: Role, *, now: int, life_ms: int, user_id: int | None = None) -> str:
        """Return a new one-time code, of a person if *user_id* is given; old ones are forgotten.

        Raises:
            StoreError: the database refused.
        """
        code = new_secret("")
        values = {
            "hash": hash_secret(code), "role": role, "expires_at": now + life_ms,
            "user_id": user_id,
        }  # fmt: skip
        with self._database.write() as connection:
            _forget_old(connection, now)
            connection.execute(one_time_codes.insert().values(values))
        return code

    def redeem_code(
        self, code: str, *, now: int, life_ms: int, client: str = "", address: str = ""
    ) -> tuple[str, Identity] | None:
        """Use *code* up for a session of *life_ms*; return its secret and whose it is.

        None if the code is not one of ours, was used, is too old, or is of somebody who may not
        come in any more. A person's session has the role that they have by now.

        Raises:
            StoreError: the database refused, and the code is not used up.
        """
        codes = one_time_codes.c
        good = (
            (codes.hash == hash_secret(code)) & codes.used_at.is_(None) & (codes.expires_at > now)
        )
        use = update(one_time_codes).where(good).values(used_at=now)
        with self._database.write() as connection:
            used = connection.execute(use.returning(codes.role, codes.user_id)).first()
            if used is None:
                return None
            subject, role = str(used.role), Role(used.role)
            if used.user_id is not None:
                user = self.users.find_within(connection, used.user_id)
                if user is None or user.status != "allowed" or user.role is None:
                    return None
                subject, role = user.subject, user.role
            opening = Opening(
                subject=subject, role=role, via="code", life_ms=life_ms, user_id=used.user_id,
                client=client, address=address,
            )  # fmt: skip
            return open_session(connection, opening, now)

    def open_session_for(
        self, user: User, *, via: str, now: int, life_ms: int, client: str = "", address: str = ""
    ) -> tuple[str, Identity]:
        """Open a session of an allowed Telegram user; return its secret and whose it is.

        Raises:
            StoreError: the database refused.
            ValueError: the user is not allowed in.
        """
        identity = identity_of_user(user)
        opening = Opening(
            subject=identity.subject, role=identity.role, via=via, life_ms=life_ms,
            user_id=user.id, client=client, address=address,
        )  # fmt: skip
        with self._database.write() as connection:
            _forget_old(connection, now)
            return open_session(connection, opening, now)

    def identity_of(self, user: User) -> Identity:
        """Return who an allowed *user* is to the bot.

        Raises:
            ValueError: the user is not allowed in.
        """
        return identity_of_user(user)

    def list_sessions(self, now: int) -> list[SessionRow]:
        """Return every session that holds, newest first.

        Raises:
            StoreError: the database refused.
        """
        return list_open(self._database, now)

    def end_session(self, session_id: int, by: Identity | str, now: int) -> bool:
        """End any session; return whether it was open.

        Raises:
            StoreError: the database refused.
        """
        return end_session(self._database, session_id, by, now)

    def signed_out_at(self, user_id: int) -> int | None:
        """Return when somebody last ended a Telegram session of a user, None for never.

        Raises:
            StoreError: the database refused.
        """
        return signed_out_at(self._database, user_id)

    def revoke_session(self, identity: Identity, now: int) -> bool:
        """End the session of *identity*; return whether it was open.

        Raises:
            StoreError: the database refused.
        """
        number = int(identity.credential_id.removeprefix("session-"))
        mine = (sessions.c.id == number) & sessions.c.revoked_at.is_(None)
        with self._database.write() as connection:
            ended = connection.execute(update(sessions).where(mine).values(revoked_at=now))
            if ended.rowcount:
                note(connection, "signed_out", now, {"session": identity.credential_id}, identity)
        return bool(ended.rowcount)

    def find(self, secret: str, now: int) -> Identity | None:
        """Return the key or session whose secret this is, if it holds.

        Raises:
            StoreError: the database refused.
        """
        hashed = hash_secret(secret)
        with self._database.read() as connection:
            key = connection.execute(_holding_keys().where(api_keys.c.hash == hashed)).first()
            if key is not None:
                return _key(key)
            query = holding_sessions(now).where(sessions.c.hash == hashed)
            session = connection.execute(query).first()
        return None if session is None else identity_of(session)

    def holding(self, now: int) -> set[str]:
        """Return the ids of all credentials that hold.

        Raises:
            StoreError: the database refused.
        """
        with self._database.read() as connection:
            ids = {_key(row).credential_id for row in connection.execute(_holding_keys())}
            return ids | {
                identity_of(row).credential_id for row in connection.execute(holding_sessions(now))
            }

    def note_use(self, ids: Iterable[str], now: int) -> None:
        """Remember of the keys and sessions *ids* that they were used just now.

        Raises:
            StoreError: the database refused.
        """
        used: dict[str, list[int]] = {"key": [], "session": []}
        for name in ids:
            kind, _, number = name.partition("-")
            used.setdefault(kind, []).append(int(number))
        if not any(used.values()):
            return
        seen = update(sessions).where(sessions.c.id.in_(used["session"])).values(last_seen_at=now)
        keys = update(api_keys).where(api_keys.c.id.in_(used["key"])).values(last_used_at=now)
        with self._database.write(durable=False) as connection:
            connection.execute(seen)
            connection.execute(keys)


def _forget_old(connection: Connection, now: int) -> None:
    long_ago = now - KEPT_AFTER_END_MS
    for over in (one_time_codes.c.expires_at, sessions.c.expires_at, notices.c.at):
        connection.execute(delete(over.table).where(over < long_ago))


def _check_name(name: str) -> None:
    if not (name.isprintable() and name.strip() == name and 0 < len(name) <= MAX_NAME):
        raise ConfigError(f"key name must be 1 to {MAX_NAME} printable characters, was {name!r}")
    if name in {TERMINAL, *Role} or PERSON.search(name):
        raise ConfigError(f"key name must not be what a person is called, was {name!r}")


def _holding_keys() -> Select[Any]:
    return select(api_keys).where(api_keys.c.revoked_at.is_(None))


def _key(row: Row[Any]) -> Identity:
    return Identity(subject=row.name, role=Role(row.role), via="key", credential_id=f"key-{row.id}")
