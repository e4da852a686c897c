"""Who may come in: API keys for programs, one-time codes for people, the sessions they become.

Secrets are 256 random bits, told once and kept as SHA-256. They are looked up by that hash, so
how long an answer takes says nothing about a secret that is nearly right.
"""

import enum
import hashlib
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Select, delete, select, update
from sqlalchemy.exc import IntegrityError

from core.errors import ConfigError
from store.access_tables import api_keys, one_time_codes, sessions
from store.audit import DONE, AuditLog, AuditRow, add
from store.database import ACCESS_MIGRATIONS, Database
from store.rows import columns_of, read_as

MAX_NAME: Final = 64
KEPT_AFTER_END_MS: Final = 30 * 24 * 3600 * 1000
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
        subject: whose it is, as the audit names them: the key's name, or the session's role.
        role: what they may do.
        via: by which door: ``key``, ``code``, later others.
        credential_id: ``key-<n>`` or ``session-<n>``; never given twice.
        expires_at: wall clock, ms; None never.
    """

    subject: str
    role: Role
    via: str
    credential_id: str
    expires_at: int | None = None


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


class AccessStore:
    """``access.db``: written by the web process, the launcher's commands and the bot.

    Promise: a code signs in once, however many try at the same time; what was revoked or has
    expired is never found; every change leaves an audit row in the same transaction.
    """

    def __init__(self, path: Path) -> None:
        self._database = access_database(path)
        self.audit = AuditLog(self._database)

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

    def create_key(self, name: str, role: Role, now: int) -> str:
        """Return the secret of a new API key; it cannot be told again.

        Raises:
            ConfigError: the name is in use by a living key, or is none that a key may have.
            StoreError: the database refused.
        """
        _check_name(name)
        secret = _new_secret("qdk_")
        values = {"hash": _hash(secret), "name": name, "role": role, "created_at": now}
        with self._database.write() as connection:
            try:
                connection.execute(api_keys.insert().values(values))
            except IntegrityError:
                raise ConfigError(
                    f"key name must be new, a key {name!r} exists: revoke that one first"
                ) from None
            _audit(connection, "key_created", now, {"name": name, "role": role})
        return secret

    def list_keys(self) -> list[ApiKey]:
        """Return every key there ever was, oldest first.

        Raises:
            StoreError: the database refused.
        """
        query = select(*columns_of(ApiKey, api_keys)).order_by(api_keys.c.id)
        with self._database.read() as connection:
            return [read_as(ApiKey, row) for row in connection.execute(query)]

    def revoke_key(self, name: str, now: int) -> bool:
        """Make the living key *name* useless; return whether there was one.

        Raises:
            StoreError: the database refused.
        """
        living = (api_keys.c.name == name) & api_keys.c.revoked_at.is_(None)
        with self._database.write() as connection:
            found = connection.execute(update(api_keys).where(living).values(revoked_at=now))
            if found.rowcount:
                _audit(connection, "key_revoked", now, {"name": name})
        return bool(found.rowcount)

    def create_code(self, role: Role, *, now: int, life_ms: int) -> str:
        """Return a new one-time code; what ended long ago is forgotten.

        Raises:
            StoreError: the database refused.
        """
        code = _new_secret("")
        values = {"hash": _hash(code), "role": role, "expires_at": now + life_ms}
        with self._database.write() as connection:
            for table in (one_time_codes, sessions):
                long_ago = table.c.expires_at < now - KEPT_AFTER_END_MS
                connection.execute(delete(table).where(long_ago))
            connection.execute(one_time_codes.insert().values(values))
        return code

    def redeem_code(self, code: str, *, now: int, life_ms: int) -> tuple[str, Identity] | None:
        """Use *code* up for a session of *life_ms*; return its secret and whose it is.

        None if the code is not one of ours, was used, or is too old.

        Raises:
            StoreError: the database refused, and the code is not used up.
        """
        codes = one_time_codes.c
        good = (codes.hash == _hash(code)) & codes.used_at.is_(None) & (codes.expires_at > now)
        use = update(one_time_codes).where(good).values(used_at=now).returning(codes.role)
        with self._database.write() as connection:
            role = connection.execute(use).scalar()
            if role is None:
                return None
            return _open_session(connection, Role(role), now, life_ms)

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
                _audit(connection, "signed_out", now, {"session": identity.credential_id}, identity)
        return bool(ended.rowcount)

    def find(self, secret: str, now: int) -> Identity | None:
        """Return the key or session whose secret this is, if it holds.

        Raises:
            StoreError: the database refused.
        """
        hashed = _hash(secret)
        with self._database.read() as connection:
            key = connection.execute(_holding_keys().where(api_keys.c.hash == hashed)).first()
            if key is not None:
                return _key(key)
            query = _holding_sessions(now).where(sessions.c.hash == hashed)
            session = connection.execute(query).first()
        return None if session is None else _session(session)

    def holding(self, now: int) -> set[str]:
        """Return the ids of all credentials that hold.

        Raises:
            StoreError: the database refused.
        """
        with self._database.read() as connection:
            ids = {_key(row).credential_id for row in connection.execute(_holding_keys())}
            return ids | {
                _session(row).credential_id for row in connection.execute(_holding_sessions(now))
            }

    def note_use(self, ids: Iterable[str], now: int) -> None:
        """Remember of the keys among the credentials *ids* that they were used just now.

        Raises:
            StoreError: the database refused.
        """
        numbers = [int(name.removeprefix("key-")) for name in ids if name.startswith("key-")]
        if not numbers:
            return
        with self._database.write(durable=False) as connection:
            used = update(api_keys).where(api_keys.c.id.in_(numbers))
            connection.execute(used.values(last_used_at=now))


def _check_name(name: str) -> None:
    if not (name.isprintable() and name.strip() == name and 0 < len(name) <= MAX_NAME):
        raise ConfigError(f"key name must be 1 to {MAX_NAME} printable characters, was {name!r}")
    if name in {TERMINAL, *Role}:
        raise ConfigError(f"key name must not be what a person is called, was {name!r}")


def _new_secret(prefix: str) -> str:
    return prefix + secrets.token_urlsafe(32)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _holding_keys() -> Select[Any]:
    return select(api_keys).where(api_keys.c.revoked_at.is_(None))


def _holding_sessions(now: int) -> Select[Any]:
    return select(sessions).where(sessions.c.revoked_at.is_(None), sessions.c.expires_at > now)


def _key(row: Row[Any]) -> Identity:
    return Identity(subject=row.name, role=Role(row.role), via="key", credential_id=f"key-{row.id}")


def _session(row: Row[Any]) -> Identity:
    return Identity(
        subject=row.subject,
        role=Role(row.role),
        via=row.via,
        credential_id=f"session-{row.id}",
        expires_at=row.expires_at,
    )


def _open_session(
    connection: Connection, role: Role, now: int, life_ms: int
) -> tuple[str, Identity]:
    secret, via = _new_secret("qds_"), "code"
    entry = sessions.insert().values(
        hash=_hash(secret),
        subject=str(role),
        role=role,
        via=via,
        created_at=now,
        expires_at=now + life_ms,
    )
    identity = _session(connection.execute(entry.returning(sessions)).one())
    _audit(connection, "signed_in", now, {"session": identity.credential_id, "via": via}, identity)
    return secret, identity


def _audit(
    connection: Connection,
    action: str,
    now: int,
    detail: dict[str, Any],
    by: Identity | None = None,
) -> None:
    actor, role = (by.subject, by.role) if by else (TERMINAL, Role.OWNER)
    row = AuditRow(at=now, actor=actor, role=role, action=action, detail=detail, result=DONE)
    add(connection, row)
