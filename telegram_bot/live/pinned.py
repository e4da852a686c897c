"""The pinned message of each chat that asked for one, changed when something changed."""

import asyncio
import contextlib
import logging
from typing import Final

from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from store.standing import Kind, Standing, end_standing, list_standing, note_standing
from telegram_bot.deck import Deck
from telegram_bot.live.editing import edited, sent
from telegram_bot.live.text import ENDED, Shown, live_text
from telegram_bot.rounds import keep_looking
from telegram_bot.sending import OurBot, flood_wait_s, is_gone, is_the_same

LOOK_S: Final = 2.0
EVERY_S: Final = 10.0  # Telegram takes about twenty edits a minute in a chat, taps included
CHECK_S: Final = 60.0  # how often is looked whether it is still pinned

log = logging.getLogger(__name__)


class LiveMessages:
    """Keeps each live message up to date.

    Promise: at most one change a chat in `EVERY_S`, and none when the text is the same; what
    happened meanwhile is in the next one. A message that was deleted is sent anew, one that was
    unpinned is let be. Restarts go on with the messages that stand.
    """

    def __init__(self, deck: Deck, bot: OurBot) -> None:
        self._deck = deck
        self._bot = bot
        self._due: dict[int, float] = {}
        self._floods: dict[int, float] = {}  # until when Telegram wishes to be left alone
        self._check: dict[int, float] = {}
        self._keys: dict[int, str] = {}
        self._loose: set[int] = set()  # sent, but not pinned yet

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        trouble = "Live messages were not brought up to date"
        await keep_looking(self.look, self._deck.clock, LOOK_S, trouble)

    async def look(self) -> None:
        """Bring up to date what is due.

        Raises:
            StoreError: it is not known which messages there are.
            TelegramError: Telegram cannot be reached.
        """
        rows = await asyncio.to_thread(list_standing, self._deck.access.database, Kind.LIVE)
        if not rows:
            return
        users = await asyncio.to_thread(self._deck.access.users.listed)
        allowed = {user.id for user in users if user.status == "allowed"}
        shown = live_text(self._deck)
        troubles: list[TelegramError] = []
        for row in rows:
            try:
                await self._see_to(row, shown, may_look=row.chat_id in allowed)
            except TelegramError as error:  # the next chat's may do
                self._wait(row.chat_id, EVERY_S)
                troubles.append(error)
        if troubles:
            raise troubles[0]

    async def _see_to(self, row: Standing, shown: Shown, *, may_look: bool) -> None:
        """Bring one chat's message up to date, as far as it may be now.

        Raises:
            StoreError: the database refused.
            TelegramError: Telegram cannot be reached.
        """
        chat_id, now_s = row.chat_id, self._deck.clock.monotonic()
        is_over = not (row.is_on and may_look)
        due_s = self._floods if is_over else self._due
        if now_s < due_s.get(chat_id, 0.0):
            return
        try:
            if is_over:
                await self._end(row, is_told=True)
            else:
                await self._keep(row, shown)
        except RetryAfter as error:
            self._wait(chat_id, flood_wait_s(error))
            self._floods[chat_id] = self._due[chat_id]
        except Forbidden:  # they blocked the bot
            await self._end(row, is_told=False)

    async def _keep(self, row: Standing, shown: Shown) -> None:
        if row.message_id is None or row.sent_at is None:
            await self._send(row, shown)
        elif row.changed_at > row.sent_at:  # they asked again
            await self._send(row, shown)
            await self._leave(row)
        elif await self._is_unpinned(row, row.message_id):
            await self._end(row, is_told=True)
        elif self._keys.get(row.chat_id) != shown.key:
            await self._edit(row, shown)

    async def _send(self, row: Standing, shown: Shown) -> None:
        self._wait(row.chat_id, EVERY_S)
        message_id = await sent(self._bot, row, shown)
        await self._note(row, message_id)
        self._keys[row.chat_id] = shown.key
        self._loose.add(row.chat_id)
        await self._pin(row.chat_id, message_id)

    async def _pin(self, chat_id: int, message_id: int) -> None:
        try:
            await self._bot.pin_chat_message(chat_id, message_id, disable_notification=True)
        except BadRequest as error:
            log.info("The live message of %d was not pinned: %s", chat_id, error)
        self._loose.discard(chat_id)
        self._check[chat_id] = self._deck.clock.monotonic() + CHECK_S

    async def _edit(self, row: Standing, shown: Shown) -> None:
        self._wait(row.chat_id, EVERY_S)
        if await edited(self._bot, row, shown):
            self._keys[row.chat_id] = shown.key
            return
        await self._note(row, None)
        self._due.pop(row.chat_id, None)

    async def _is_unpinned(self, row: Standing, message_id: int) -> bool:
        """Return whether its person unpinned the message: Telegram tells only who asks."""
        chat_id, now_s = row.chat_id, self._deck.clock.monotonic()
        if chat_id in self._loose:
            await self._pin(chat_id, message_id)
        if now_s < self._check.get(chat_id, 0.0):
            return False
        chat = await self._bot.get_chat(chat_id)
        self._check[chat_id] = now_s + CHECK_S
        if chat.pinned_message is not None:
            return False
        return not await self._is_deleted(row, message_id)

    async def _is_deleted(self, row: Standing, message_id: int) -> bool:
        """Return whether the message is gone, by an edit that changes at most its buttons.

        Raises:
            BadRequest: that is refused for another reason.
        """
        try:
            await self._bot.edit_message_reply_markup(row.chat_id, message_id, reply_markup=None)
        except BadRequest as error:
            if is_gone(error):
                self._keys.pop(row.chat_id, None)
                return True
            if not is_the_same(error):
                raise
        return False

    async def _end(self, row: Standing, *, is_told: bool) -> None:
        """Let the message be: unpin it, and say in it that it is over."""
        if is_told:
            await self._leave(row)
        await asyncio.to_thread(end_standing, self._deck.access.database, row)
        self._keys.pop(row.chat_id, None)
        self._loose.discard(row.chat_id)
        for times in (self._due, self._floods, self._check):
            times.pop(row.chat_id, None)

    async def _leave(self, row: Standing) -> None:
        if row.message_id is None:
            return
        with contextlib.suppress(BadRequest, Forbidden):  # it is gone, or not pinned
            await self._bot.unpin_chat_message(row.chat_id, row.message_id)
        with contextlib.suppress(BadRequest, Forbidden):
            await self._bot.edit_message_text(
                ENDED, row.chat_id, row.message_id, parse_mode=ParseMode.HTML
            )

    async def _note(self, row: Standing, message_id: int | None) -> None:
        database, now = self._deck.access.database, self._deck.clock.now()
        await asyncio.to_thread(note_standing, database, row, message_id, now)

    def _wait(self, chat_id: int, seconds: float) -> None:
        self._due[chat_id] = self._deck.clock.monotonic() + seconds
