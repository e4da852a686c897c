"""Who is told things: the allowed users, whose private chats have their ids."""

from store.access import AccessStore, Role
from store.alert_settings import AlertSettings, read_all_settings
from store.identity import owner_of
from store.recipients import Recipient, list_recipients, resume_chat, settle_recipients
from store.user import User
from telegram_bot.delivery.told import Person


def read_people(access: AccessStore) -> list[Person]:
    """Return every recipient who is allowed now, with their wishes.

    Raises:
        StoreError: the database refused.
    """
    allowed = _allowed(access)
    settings = read_all_settings(access.database)
    return [
        Person(one.chat_id, one.owner, role, one.since, _of(settings, one.owner))
        for one in list_recipients(access.database)
        if (role := _role(allowed.get(one.chat_id))) is not None
    ]


def settle_people(access: AccessStore, now: int) -> None:
    """Tell who was allowed since the last time, and no more who isn't allowed any more.

    A chat that could not be reached is written to again once its person has written.

    Raises:
        StoreError: the database refused.
    """
    allowed = _allowed(access)
    known = {one.chat_id: one for one in list_recipients(access.database)}
    new = [
        Recipient(chat_id=user.id, owner=owner_of(user.id), since=min(now, user.changed_at))
        for user in allowed.values()
        if user.id not in known
    ]
    settle_recipients(access.database, new, known.keys() - allowed.keys())
    for chat_id, one in known.items():
        seen_at = allowed[chat_id].last_seen_at if chat_id in allowed else None
        if one.stopped_at is not None and seen_at is not None and seen_at > one.stopped_at:
            resume_chat(access.database, chat_id)


def _allowed(access: AccessStore) -> dict[int, User]:
    return {user.id: user for user in access.users.listed() if _role(user) is not None}


def _role(user: User | None) -> Role | None:
    return user.role if user is not None and user.status == "allowed" else None


def _of(settings: dict[str, AlertSettings], owner: str) -> AlertSettings:
    return settings.get(owner, AlertSettings(owner=owner))
