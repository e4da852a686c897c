"""Sends what waits: each chat on its own, so that one that is slow or blocked delays no other."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from core.errors import StoreError
from telegram_bot.changes import Changes
from telegram_bot.delivery.chat import Chat, keep_going
from telegram_bot.delivery.desk import Desk
from telegram_bot.delivery.pauses import Pauses
from telegram_bot.sending import OurBot
from utils.clock import Clock

LOOK_S: Final = 2.0

log = logging.getLogger(__name__)


class Sender:
    """Looks for chats with something to send, and lets each be served by a task of its own."""

    def __init__(
        self, desk: Desk, bot: OurBot, clock: Clock, page_url: Callable[[], str], work: Changes
    ) -> None:
        self._desk = desk
        self._bot = bot
        self._clock = clock
        self._page_url = page_url
        self._work = work
        self._pauses = Pauses(clock)
        self._chats: dict[int, Chat] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                seen = self._work.count
                await self._look()
                await wait_for(self._work, seen, self._clock, LOOK_S)
        finally:
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def chat(self, chat_id: int) -> Chat:
        """Return who serves *chat_id*, always the same."""
        if chat_id not in self._chats:
            self._chats[chat_id] = Chat(
                chat_id, self._desk, self._bot, self._pauses, self._clock, self._page_url
            )
        return self._chats[chat_id]

    async def _look(self) -> None:
        try:
            chats = await asyncio.to_thread(self._desk.chats)
        except StoreError as error:
            log.error("Messages wait: %s", error)  # noqa: TRY400 (it says it)
            return
        for chat_id in chats:
            task = self._tasks.get(chat_id)
            if task is None or task.done():
                work = keep_going(self.chat(chat_id), self._clock)
                self._tasks[chat_id] = asyncio.create_task(work)
                self._tasks[chat_id].add_done_callback(_complain)


async def wait_for(changes: Changes, seen: int, clock: Clock, at_most_s: float) -> None:
    """Wait until *changes* has counted on from *seen*, or *at_most_s*."""
    works = [
        asyncio.ensure_future(changes.wait(seen)),
        asyncio.ensure_future(clock.sleep(at_most_s)),
    ]
    try:
        await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)


def _complain(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("A chat's messages wait for the next look", exc_info=error)
