"""The desk from which letters go out: takes the next one for a chat, and keeps the receipts."""

import uuid
from collections.abc import Callable, Sequence

import msgspec

from core.alerts import AlertType, Level
from store.access import AccessStore, Role
from store.alert_settings import AlertSettings, read_settings
from store.database import Database
from store.deliveries import (
    begin_attempt,
    chats_with_work,
    grown,
    hold,
    note_failed,
    note_missed,
    note_sent,
    note_shown,
    put_together,
    told_by,
    waiting,
)
from store.delivery import DIGEST, Delivery
from store.recipients import find_recipient, stop_chat
from telegram_bot.delivery.people import read_people
from telegram_bot.delivery.plan import to_put_together
from telegram_bot.delivery.told import Told, rows_for


class Letter(msgspec.Struct, frozen=True):
    """A message to send; with *is_edit*, the one that was sent is to say it anew.

    Attributes:
        row: what is sent.
        covered: what it tells of, if it is a digest.
        is_silent: whether it makes no sound.
        is_edit: whether it takes the place of ``row.message_id``.
    """

    row: Delivery
    covered: list[Delivery]
    is_silent: bool
    is_edit: bool = False


class Desk:
    """Everything the sender needs of ``access.db``; its methods block, and are called in threads.

    Promise: whenever the process ends, what was not sent waits, in order.
    """

    def __init__(
        self,
        access: AccessStore,
        now: Callable[[], int],
        on_sent: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare; *on_sent* hears of each letter that arrived."""
        self._on_sent = on_sent
        self._access = access
        self._database: Database = access.database
        self._now = now

    def chats(self) -> list[int]:
        """Return the chats for which there may be a letter.

        Raises:
            StoreError: the database refused.
        """
        return chats_with_work(self._database)

    def take(self, chat_id: int) -> Letter | None:
        """Return the letter for *chat_id* that is next now, if there is one.

        Raises:
            StoreError: the database refused.
        """
        recipient = find_recipient(self._database, chat_id)
        if recipient is None or recipient.stopped_at is not None:
            return None
        now = self._now()
        settings = read_settings(self._database, recipient.owner)
        rows = self._due(chat_id, settings, now)
        if not rows:
            row = grown(self._database, chat_id)
            return None if row is None else Letter(row, [], is_silent=True, is_edit=True)
        many = to_put_together(rows, now)
        row = put_together(self._database, many, now) if many else rows[0]
        covered = told_by(self._database, row.id) if row.type == DIGEST else []
        return Letter(row, covered, is_silent=row.is_silent or settings.is_muted(now))

    def begin(self, letter: Letter) -> None:
        """Note that *letter* leaves now.

        Raises:
            StoreError: the database refused, so it must not leave.
        """
        if not letter.is_edit:
            begin_attempt(self._database, letter.row, self._now())

    def sent(self, letter: Letter, message_id: int) -> None:
        """Note that *letter* arrived as the message *message_id*.

        Raises:
            StoreError: the database refused; the letter will go out again.
        """
        if letter.is_edit:
            note_shown(self._database, letter.row)
        else:
            note_sent(self._database, letter.row, message_id, self._now())
            self._on_sent()

    def missed(self, letter: Letter, why: str, *, is_doubtful: bool) -> None:
        """Note that *letter* must go out again, perhaps having arrived if *is_doubtful*.

        Raises:
            StoreError: the database refused.
        """
        if not letter.is_edit:
            note_missed(self._database, letter.row, why, is_doubtful=is_doubtful)

    def refused(self, letter: Letter, why: str) -> None:
        """Note that *letter* will never be taken.

        Raises:
            StoreError: the database refused.
        """
        if letter.is_edit:
            note_shown(self._database, letter.row)
        else:
            note_failed(self._database, letter.row, why)

    def stop(self, letter: Letter, why: str) -> bool:
        """Write no more to the chat of *letter* and tell the owners; return whether it is new.

        Raises:
            StoreError: the database refused.
        """
        self.missed(letter, why, is_doubtful=False)
        chat_id, now = letter.row.chat_id, self._now()
        tell = self._stopped(chat_id, why, now)
        return stop_chat(self._database, chat_id, why, now, tell)

    def _due(self, chat_id: int, settings: AlertSettings, now: int) -> Sequence[Delivery]:
        if settings.held_until(now) is None:
            return waiting(self._database, chat_id)
        hold(self._database, chat_id)
        return waiting(self._database, chat_id, only_errors=True)

    def _stopped(self, chat_id: int, why: str, now: int) -> list[Delivery]:
        user = self._access.users.find(chat_id)
        name = f"{user.name} ({chat_id})" if user and user.name else str(chat_id)
        told = Told(
            source=f"watch:{uuid.uuid4()}", at=now, type=AlertType.SYSTEM, level=Level.WARN,
            role=Role.OWNER, title=f"{name} cannot be told anything",
            detail=f"Telegram says: {why}. What is for them waits until they write to the bot.",
        )  # fmt: skip
        others = [one for one in read_people(self._access) if one.chat_id != chat_id]
        return rows_for(told, others, now)
