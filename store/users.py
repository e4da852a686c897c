"""The people of Telegram who may come in, ask to, or may not: the allow-list, in ``access.db``."""

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select, update

from core.errors import CommandError
from store.access_tables import users
from store.database import Database
from store.identity import Role, note
from store.notices import ACCESS_REQUESTED, Notice, add_notice
from store.rows import columns_of, read_as
from store.sessions import end_sessions_of
from store.user import SETTING, User, printable

MAX_PENDING: Final = 50
PENDING_MS: Final = 30 * 24 * 3600 * 1000


class Users:
    """Reads and changes the allow-list.

    Promise: every change leaves an audit row in the same transaction; who loses a role loses the
    sessions that bore it; there is always an owner left, if there was one. Whom the setting
    names has the role it says, unless they were blocked: that holds until they are allowed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, user_id: int) -> User | None:
        """Return the person of that id, None if nobody of it ever came.

        Raises:
            StoreError: the database refused.
        """
        with self._database.read() as connection:
            return _find(connection, user_id)

    def find_within(self, connection: Connection, user_id: int) -> User | None:
        """Return the person of that id, within a transaction of the caller's."""
        return _find(connection, user_id)

    def listed(self) -> list[User]:
        """Return everybody, in the order in which they came.

        Raises:
            StoreError: the database refused.
        """
        query = select(*columns_of(User, users)).order_by(users.c.created_at, users.c.id)
        with self._database.read() as connection:
            return [read_as(User, row) for row in connection.execute(query)]

    def allow(  # noqa: PLR0913 - who, as what, by whom, and what is known of them
        self, user_id: int, role: Role, by: str, now: int, *,
        name: str = "", username: str = "", source: str = "bot",
    ) -> User:  # fmt: skip
        """Let somebody in with *role*, or give them another one; return them.

        Raises:
            CommandError: that would leave nobody who owns this, or the setting says otherwise.
            StoreError: the database refused.
        """
        with self._database.write() as connection:
            return _allow(connection, user_id, role, by, now, (name, username, source))

    def block(self, user_id: int, by: str, now: int) -> bool:
        """Let somebody in no more; return whether they were known.

        Raises:
            CommandError: that would leave nobody who owns this.
            StoreError: the database refused.
        """
        with self._database.write() as connection:
            user = _find(connection, user_id)
            if user is None:
                return False
            _keep_an_owner(connection, user, None)
            changed = {"status": "blocked", "changed_at": now, "changed_by": by}
            connection.execute(update(users).where(users.c.id == user_id).values(changed))
            end_sessions_of(connection, user_id, now)
            note(connection, "user_blocked", now, {"user_id": user_id, "name": user.name}, by)
        return True

    def remove(self, user_id: int, by: str, now: int) -> bool:
        """Forget somebody, who may then ask again; return whether they were known.

        Raises:
            CommandError: that would leave nobody who owns this, or the setting names them.
            StoreError: the database refused.
        """
        with self._database.write() as connection:
            return _remove(connection, user_id, by, now)

    def ask(self, user_id: int, name: str, username: str, now: int) -> User:
        """Note that somebody wants to come in; return them as they are known.

        Owners are told once. When `MAX_PENDING` wait already, nothing is kept and nobody told;
        who waited for `PENDING_MS` is forgotten.

        Raises:
            StoreError: the database refused.
        """
        name, username = printable(name), printable(username)
        with self._database.write() as connection:
            known = _find(connection, user_id)
            if known is not None:
                return known
            user = User(
                id=user_id, name=name, username=username, role=None, status="pending", source="",
                created_at=now, changed_at=now, changed_by="", last_seen_at=now,
            )  # fmt: skip
            is_pending = users.c.status == "pending"
            long_ago = users.c.created_at < now - PENDING_MS
            connection.execute(users.delete().where(is_pending, long_ago))
            waiting = select(func.count()).where(is_pending)
            if connection.execute(waiting).scalar_one() >= MAX_PENDING:
                return user
            connection.execute(users.insert().values(msgspec.structs.asdict(user)))
            data = {"name": name, "username": username}
            add_notice(
                connection, Notice(at=now, kind=ACCESS_REQUESTED, user_id=user_id, data=data)
            )
        return user

    def seen(self, user_id: int, name: str, username: str, now: int) -> None:
        """Note that somebody came just now, and what they are called today.

        Raises:
            StoreError: the database refused.
        """
        today = {"last_seen_at": now, "name": printable(name), "username": printable(username)}
        with self._database.write(durable=False) as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(today))

    def settle_setting(self, entries: Mapping[int, Role], now: int) -> None:
        """Make the allow-list hold what the setting says: *entries*, and no others from it.

        Raises:
            StoreError: the database refused.
        """
        named_before = select(*columns_of(User, users)).where(users.c.source == SETTING)
        with self._database.write() as connection:
            before = [read_as(User, row) for row in connection.execute(named_before)]
            for user_id, role in entries.items():
                _settle(connection, user_id, role, now)
            for user in before:
                if user.id in entries:
                    continue
                if user.status == "blocked":
                    ours = update(users).where(users.c.id == user.id)
                    connection.execute(ours.values(source=""))
                else:
                    _forget(connection, user, SETTING, now)


def _find(connection: Connection, user_id: int) -> User | None:
    query = select(*columns_of(User, users)).where(users.c.id == user_id)
    row = connection.execute(query).first()
    return None if row is None else read_as(User, row)


def _allow(
    connection: Connection, user_id: int, role: Role, by: str, now: int, about: tuple[str, str, str]
) -> User:
    known = _find(connection, user_id)
    if known is not None:
        _keep_setting(known, role)
        _keep_an_owner(connection, known, role)
        if known.source == SETTING:
            about = (*about[:2], SETTING)
    return _write(connection, user_id, role, by, now, about)


def _settle(connection: Connection, user_id: int, role: Role, now: int) -> None:
    """Let somebody in as the setting says, but nobody who was blocked after it said so."""
    known = _find(connection, user_id)
    if known is None or known.source != SETTING:
        about = (known.name, known.username) if known else ("", "")
        _write(connection, user_id, role, SETTING, now, (*about, SETTING))
    elif known.role is not role:
        if known.status == "blocked":
            connection.execute(update(users).where(users.c.id == user_id).values(role=role))
        else:
            _write(connection, user_id, role, SETTING, now, ("", "", SETTING))


def _write(
    connection: Connection, user_id: int, role: Role, by: str, now: int, about: tuple[str, str, str]
) -> User:
    known = _find(connection, user_id)
    name, username, source = about
    values = {
        "name": printable(name) or (known.name if known else ""),
        "username": printable(username) or (known.username if known else ""),
        "role": role, "status": "allowed", "source": source, "changed_at": now, "changed_by": by,
    }  # fmt: skip
    if known is None:
        connection.execute(users.insert().values(id=user_id, created_at=now, **values))
    else:
        connection.execute(update(users).where(users.c.id == user_id).values(values))
        if (known.status, known.role) != ("allowed", role):
            end_sessions_of(connection, user_id, now)
    detail = {"user_id": user_id, "name": values["name"], "role": role}
    note(connection, "user_allowed", now, detail, by)
    found = _find(connection, user_id)
    assert found is not None  # noqa: S101 - it was written just now
    return found


def _remove(connection: Connection, user_id: int, by: str, now: int) -> bool:
    user = _find(connection, user_id)
    if user is None:
        return False
    _keep_setting(user, None)
    _keep_an_owner(connection, user, None)
    _forget(connection, user, by, now)
    return True


def _forget(connection: Connection, user: User, by: str, now: int) -> None:
    connection.execute(users.delete().where(users.c.id == user.id))
    end_sessions_of(connection, user.id, now)
    note(connection, "user_removed", now, {"user_id": user.id, "name": user.name}, by)


def _keep_setting(user: User, role: Role | None) -> None:
    """Change nothing that the next start would change back.

    Raises:
        CommandError: the setting names *user*, with another role.
    """
    if user.source == SETTING and role is not user.role:
        detail = (
            f"TELEGRAM_USERS names {user.subject} as {user.role}: change it there and start "
            "again. Blocking works without that."
        )
        raise CommandError("set_in_settings", detail, 409)


def _keep_an_owner(connection: Connection, user: User, role: Role | None) -> None:
    """See that somebody still owns this when *user* gets *role*.

    Raises:
        CommandError: nobody would.
    """
    if user.status != "allowed" or user.role is not Role.OWNER or role is Role.OWNER:
        return
    others = select(func.count()).where(
        users.c.role == Role.OWNER, users.c.status == "allowed", users.c.id != user.id
    )
    if not connection.execute(others).scalar_one():
        detail = f"{user.subject} is the only owner: make somebody else one first."
        raise CommandError("last_owner", detail, 409)
