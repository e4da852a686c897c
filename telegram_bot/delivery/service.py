"""Delivery as the bot runs it: one task that expands, one that sends."""

import asyncio
import logging
from typing import Final

from core.errors import StoreError
from telegram_bot.changes import Changes
from telegram_bot.deck import Deck
from telegram_bot.delivery.desk import Desk
from telegram_bot.delivery.expander import Expander
from telegram_bot.delivery.sender import Sender, wait_for
from telegram_bot.sending import OurBot

LOOK_S: Final = 2.0  # at the latest; what the engine says wakes it sooner
GAP_S: Final = 0.5

log = logging.getLogger(__name__)


class Delivery:
    """Tells everybody what happens, for as long as the bot runs."""

    def __init__(self, deck: Deck, bot: OurBot) -> None:
        self._deck = deck
        self._work = Changes()
        self._expander = Expander(deck.access, deck.database, deck.clock)
        desk = Desk(deck.access, deck.clock.now, deck.count_sent)
        self._sender = Sender(desk, bot, deck.clock, lambda: deck.page_url, self._work)

    async def run(self) -> None:
        """Expand and send until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._expand())
            group.create_task(self._sender.run())

    async def _expand(self) -> None:
        is_told = False
        while True:
            seen = self._deck.changed.count
            try:
                if await asyncio.to_thread(self._expander.step):
                    self._work.tell()
                is_told = False
            except StoreError as error:
                if not is_told:
                    log.error("What happened is told later: %s", error)  # noqa: TRY400
                is_told = True
            await self._deck.clock.sleep(GAP_S)
            await wait_for(self._deck.changed, seen, self._deck.clock, LOOK_S - GAP_S)
