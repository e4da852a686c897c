"""The periodic summary: one silent message a chat, brought up to date every so often."""

import asyncio
import contextlib
from typing import Final

from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from core.market import HOUR_MS
from store.alert_settings import read_all_settings
from store.identity import owner_of
from store.standing import Kind, Standing, list_standing, note_standing
from telegram_bot.deck import Deck
from telegram_bot.live.editing import edited, sent
from telegram_bot.live.text import Shown, summary_text
from telegram_bot.rounds import keep_looking
from telegram_bot.sending import OurBot, flood_wait_s

LOOK_S: Final = 2.0
STAYS_MS: Final = HOUR_MS  # then a new one comes to the chat's end, and the old one goes


class Summaries:
    """Sends the summary to everybody who may look, has come, and did not switch it off.

    Promise: silently, nothing when nothing changed, nothing in quiet hours or while muted or
    while a live message stands; a chat holds one at a time, which comes anew after an hour.
    """

    def __init__(self, deck: Deck, bot: OurBot) -> None:
        self._deck = deck
        self._bot = bot
        self._due: dict[int, float] = {}
        self._keys: dict[int, str] = {}

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        await keep_looking(self.look, self._deck.clock, LOOK_S, "Summaries were not sent")

    async def look(self) -> None:
        """Send what is due.

        Raises:
            StoreError: it is not known to whom.
            TelegramError: Telegram cannot be reached.
        """
        every_s = self._deck.settings.tg_dashboard_interval
        if not every_s:
            return
        rows = await asyncio.to_thread(self._rows)
        now_s, troubles = self._deck.clock.monotonic(), list[TelegramError]()
        for row in rows:
            # the first comes after one interval: whoever has just come has just seen everything
            due_s = self._due.setdefault(row.chat_id, now_s + every_s)
            if now_s < due_s:
                continue
            self._due[row.chat_id] = now_s + every_s
            try:
                await self._tell(row, summary_text(self._deck))
            except RetryAfter as error:
                self._due[row.chat_id] = now_s + flood_wait_s(error)
            except Forbidden:  # they blocked the bot, and may come back
                continue
            except TelegramError as error:
                troubles.append(error)
        if troubles:
            raise troubles[0]

    def _rows(self) -> list[Standing]:
        """Return the chats that may be told now.

        Raises:
            StoreError: the database refused.
        """
        access, now = self._deck.access, self._deck.clock.now()
        known = {row.chat_id: row for row in list_standing(access.database, Kind.SUMMARY)}
        live = {r.chat_id for r in list_standing(access.database, Kind.LIVE) if r.is_on}
        wishes = read_all_settings(access.database)
        found = []
        for user in access.users.listed():
            row = known.get(user.id) or Standing(
                chat_id=user.id, kind=Kind.SUMMARY, is_on=True, changed_at=now
            )
            if user.status != "allowed" or user.last_seen_at is None:
                continue
            wish = wishes.get(owner_of(user.id))
            is_held = wish is not None and wish.held_until(now) is not None
            if row.is_on and user.id not in live and not is_held:
                found.append(row)
        return found

    async def _tell(self, row: Standing, shown: Shown) -> None:
        """Bring the summary of a chat up to date.

        Raises:
            StoreError: the database refused.
            TelegramError: Telegram refused or cannot be reached.
        """
        if self._keys.get(row.chat_id) == shown.key:
            return
        is_young = row.sent_at is not None and self._deck.clock.now() - row.sent_at < STAYS_MS
        if row.message_id is None or not is_young or not await edited(self._bot, row, shown):
            await self._send(row, shown)
        self._keys[row.chat_id] = shown.key

    async def _send(self, row: Standing, shown: Shown) -> None:
        message_id = await sent(self._bot, row, shown)
        database, now = self._deck.access.database, self._deck.clock.now()
        await asyncio.to_thread(note_standing, database, row, message_id, now)
        if row.message_id is not None:
            with contextlib.suppress(BadRequest):  # it is gone already, or too old
                await self._bot.delete_message(row.chat_id, row.message_id)
