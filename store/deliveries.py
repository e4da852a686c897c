"""Messages on their way to people's chats: one row a message a chat, in ``access.db``.

A row waits until the bot has sent it. What is told by another row's message, because many were
put together into a digest or the same came again, names that row in ``told_by``.
"""

import uuid
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Update, and_, func, or_, select, update

from core.alerts import Level
from store.access_tables import deliveries, recipients
from store.database import Database
from store.delivery import DIGEST, Content, Delivery, State, values_of
from store.rows import columns_of, read_as

MOST: Final = 5000  # rows that are looked at together


def chats_with_work(database: Database) -> list[int]:
    """Return the chats with messages to send or to bring up to date, but for stopped ones.

    Raises:
        StoreError: the database refused.
    """
    reachable = and_(
        recipients.c.chat_id == deliveries.c.chat_id, recipients.c.stopped_at.is_(None)
    )
    query = select(deliveries.c.chat_id).join(recipients, reachable)
    query = query.where(or_(_waiting(), _grown())).distinct()
    with database.read() as connection:
        return list(connection.execute(query).scalars())


def oldest_waiting(database: Database) -> int | None:
    """Return when (ms) the oldest message was made that waits for no quiet hours, None without.

    Raises:
        StoreError: the database refused.
    """
    query = select(func.min(deliveries.c.created_at)).where(
        _waiting(), deliveries.c.is_held.is_(False)
    )
    with database.read() as connection:
        found: int | None = connection.execute(query).scalar()
    return found


def waiting(database: Database, chat_id: int, *, only_errors: bool = False) -> list[Delivery]:
    """Return what waits for *chat_id*, oldest first, at most `MOST`.

    Raises:
        StoreError: the database refused.
    """
    query = _select().where(_waiting(chat_id)).order_by(deliveries.c.id).limit(MOST)
    if only_errors:
        query = query.where(deliveries.c.level == Level.ERROR)
    return _read(database, query)


def grown(database: Database, chat_id: int) -> Delivery | None:
    """Return the oldest sent message whose *times* has grown since, None when all say it.

    Raises:
        StoreError: the database refused.
    """
    query = _select().where(deliveries.c.chat_id == chat_id, _grown())
    return next(iter(_read(database, query.order_by(deliveries.c.id).limit(1))), None)


def told_by(database: Database, digest_id: int) -> list[Delivery]:
    """Return the messages that the digest *digest_id* tells of, oldest first.

    Raises:
        StoreError: the database refused.
    """
    mine = and_(deliveries.c.told_by == digest_id, deliveries.c.type != DIGEST)
    return _read(database, _select().where(mine).order_by(deliveries.c.id).limit(MOST))


def hold(database: Database, chat_id: int) -> None:
    """Remember of everything but errors that waits for *chat_id* that it had to be quiet.

    Raises:
        StoreError: the database refused.
    """
    fresh = and_(
        _waiting(chat_id), deliveries.c.level != Level.ERROR, deliveries.c.is_held.is_(False)
    )
    with database.read() as connection:
        if connection.execute(select(deliveries.c.id).where(fresh).limit(1)).first() is None:
            return
    with database.write(durable=False) as connection:
        connection.execute(update(deliveries).where(fresh).values(is_held=True))


def put_together(database: Database, rows: Sequence[Delivery], now: int) -> Delivery:
    """Let one message tell of all *rows* of one chat; a digest among them takes the others in.

    Raises:
        StoreError: the database refused, and each row waits as before.
    """
    digest = next((row for row in rows if row.type == DIGEST), None)
    values: dict[str, Any] = {
        "level": max((row.level for row in rows), key=list(Level).index),
        "is_silent": all(row.is_silent for row in rows),
        "is_held": any(row.is_held for row in rows),
        "happened_at": min(row.happened_at for row in rows),
    }
    with database.write() as connection:
        if digest is None:
            new = Delivery(
                source=f"{DIGEST}:{uuid.uuid4()}", chat_id=rows[0].chat_id, owner=rows[0].owner,
                type=DIGEST, content=Content(title=""), created_at=now, **values,
            )  # fmt: skip
            entry = deliveries.insert().values(values_of(new)).returning(deliveries.c.id)
            digest_id = int(connection.execute(entry).scalar_one())
        else:
            digest_id = digest.id
            connection.execute(_one(digest_id).values(values))
        others = [row.id for row in rows if row.id != digest_id]
        taken = {"state": State.DIGESTED, "told_by": digest_id}
        connection.execute(_each(others).values(taken))
        inner = [row.id for row in rows if row.type == DIGEST and row.id != digest_id]
        moved = update(deliveries).where(deliveries.c.told_by.in_(inner))
        connection.execute(moved.values(told_by=digest_id))
        found = connection.execute(_select().where(deliveries.c.id == digest_id)).one()
    return read_as(Delivery, found)


def begin_attempt(database: Database, row: Delivery, now: int) -> None:
    """Note that *row* is being sent: whoever dies meanwhile leaves it doubtful.

    Raises:
        StoreError: the database refused.
    """
    attempt = {"attempts": row.attempts + 1, "tried_at": now, "is_doubtful": True}
    _change(database, row, attempt)


def note_sent(database: Database, row: Delivery, message_id: int, now: int) -> None:
    """Note that Telegram took *row* as *message_id*, saying that it came ``row.times`` times.

    Raises:
        StoreError: the database refused.
    """
    receipt = {"message_id": message_id, "sent_at": now, "shown_times": row.times, "error": ""}
    _change(database, row, {"state": State.SENT, "is_doubtful": row.is_doubtful, **receipt})


def note_shown(database: Database, row: Delivery) -> None:
    """Note that the message of *row* says that it came ``row.times`` times, or cannot say it.

    Raises:
        StoreError: the database refused.
    """
    _change(database, row, {"shown_times": row.times})


def note_missed(database: Database, row: Delivery, error: str, *, is_doubtful: bool) -> None:
    """Note that *row* did not get through, or perhaps did if *is_doubtful*, and waits again.

    Raises:
        StoreError: the database refused.
    """
    doubt = row.is_doubtful or is_doubtful
    _change(database, row, {"error": error, "is_doubtful": doubt})


def note_failed(database: Database, row: Delivery, error: str) -> None:
    """Note that Telegram will never take *row*.

    Raises:
        StoreError: the database refused.
    """
    _change(database, row, {"state": State.FAILED, "error": error, "is_doubtful": row.is_doubtful})


def list_deliveries(
    database: Database, owner: str, limit: int = 100, before_id: int | None = None
) -> list[Delivery]:
    """Return *owner*'s receipts, newest first, of messages before *before_id* if it is given.

    Raises:
        StoreError: the database refused.
    """
    query = _select().where(deliveries.c.owner == owner)
    if before_id is not None:
        query = query.where(deliveries.c.id < before_id)
    return _read(database, query.order_by(deliveries.c.id.desc()).limit(limit))


def count_waiting(database: Database, owner: str) -> int:
    """Return how many messages wait for *owner*.

    Raises:
        StoreError: the database refused.
    """
    mine = and_(deliveries.c.owner == owner, _waiting())
    with database.read() as connection:
        return connection.execute(select(func.count()).where(mine)).scalar_one()


def was_told(database: Database, alert_type: str, since: int) -> bool:
    """Return whether anybody was, or will be, told of *alert_type* that happened after *since*.

    Raises:
        StoreError: the database refused.
    """
    told = and_(deliveries.c.type == alert_type, deliveries.c.happened_at >= since)
    with database.read() as connection:
        return connection.execute(select(deliveries.c.id).where(told).limit(1)).first() is not None


def _change(database: Database, row: Delivery, values: dict[str, Any]) -> None:
    # What a machine's sudden death takes of this is at most a receipt: the message comes again.
    with database.write(durable=False) as connection:
        connection.execute(_one(row.id).values(values))


def _one(row_id: int) -> Update:
    return update(deliveries).where(deliveries.c.id == row_id)


def _each(row_ids: Collection[int]) -> Update:
    return update(deliveries).where(deliveries.c.id.in_(row_ids), _waiting())


def _waiting(chat_id: int | None = None) -> ColumnElement[bool]:
    is_waiting = deliveries.c.state == State.WAITING
    return is_waiting if chat_id is None else and_(deliveries.c.chat_id == chat_id, is_waiting)


def _grown() -> ColumnElement[bool]:
    return and_(deliveries.c.state == State.SENT, deliveries.c.times > deliveries.c.shown_times)


def _select() -> Select[Any]:
    return select(*columns_of(Delivery, deliveries))


def _read(database: Database, query: Select[Any]) -> list[Delivery]:
    with database.read() as connection:
        return [read_as(Delivery, row) for row in connection.execute(query)]
