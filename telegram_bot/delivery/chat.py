"""One chat's letters, one after the other, for as long as it takes."""

import asyncio
import logging
from collections.abc import Callable
from random import Random
from typing import Final

from telegram.error import BadRequest, TelegramError

from core.errors import StoreError
from telegram_bot.delivery.desk import Desk, Letter
from telegram_bot.delivery.outcome import Fate, Outcome, outcome_of
from telegram_bot.delivery.pauses import Pauses
from telegram_bot.delivery.wording import message
from telegram_bot.markup import keyboard
from telegram_bot.sending import OurBot
from utils.backoff import Backoff
from utils.clock import Clock

PACE_S: Final = 1.1  # Telegram takes about one message a second a chat
EDIT_PACE_S: Final = 5.0  # and about twenty edits a minute
BASE_S: Final = 1.0
CAP_S: Final = 120.0
AT_LEAST_S: Final = 0.5
GOODBYE_S: Final = 1.0

log = logging.getLogger(__name__)


class Chat:
    """Sends what waits for one chat, oldest first.

    Promise: nothing is given up that Telegram may still take, and nothing overtakes what it
    should follow. What may have arrived without our knowing is sent again and says so.
    """

    def __init__(
        self, chat_id: int, desk: Desk, bot: OurBot, pauses: Pauses, clock: Clock,
        page_url: Callable[[], str],
    ) -> None:  # fmt: skip
        self.chat_id = chat_id
        self._desk = desk
        self._bot = bot
        self._pauses = pauses
        self._clock = clock
        self._page_url = page_url
        self._backoff = Backoff(BASE_S, CAP_S, Random())  # noqa: S311 - jitter
        self._is_away = False
        self._is_bare = False

    async def step(self) -> float | None:
        """Send the next letter; return how long to wait after it (s), None if there was none.

        Raises:
            StoreError: the database refused.
        """
        if wait_s := self._pauses.wait_s(self.chat_id):
            return wait_s
        letter = await asyncio.to_thread(self._desk.take, self.chat_id)
        if letter is None:
            return None
        await asyncio.to_thread(self._desk.begin, letter)
        try:
            message_id = await self._send(letter)
        except TelegramError as error:
            return await self._missed(letter, error)
        await asyncio.to_thread(self._desk.sent, letter, message_id)
        self._arrived()
        return EDIT_PACE_S if letter.is_edit else PACE_S

    async def _send(self, letter: Letter) -> int:
        """Send *letter*; return the message's id.

        Raises:
            TelegramError: it did not get through, or may not have.
        """
        row = letter.row
        reply = message(row, letter.covered, self._page_url(), self._clock.now())
        buttons = None if self._is_bare else keyboard(reply.buttons)
        if letter.is_edit and row.message_id is not None:
            await self._bot.edit_message_text(
                reply.text, row.chat_id, row.message_id, parse_mode="HTML", reply_markup=buttons
            )
            return row.message_id
        sent = await self._bot.send_message(
            row.chat_id, reply.text, parse_mode="HTML", reply_markup=buttons,
            disable_notification=letter.is_silent,
        )  # fmt: skip
        return sent.message_id

    async def _missed(self, letter: Letter, error: TelegramError) -> float:
        """Deal with *error*; return how long to wait before anything else (s).

        Raises:
            StoreError: the database refused.
        """
        outcome = outcome_of(error)
        match outcome.fate:
            case Fate.WAIT:
                self._pauses.pause(self.chat_id, outcome.wait_s)
                await asyncio.to_thread(self._desk.missed, letter, outcome.why, is_doubtful=False)
                return outcome.wait_s
            case Fate.AGAIN | Fate.DOUBTFUL:
                doubt = outcome.fate is Fate.DOUBTFUL
                await asyncio.to_thread(self._desk.missed, letter, outcome.why, is_doubtful=doubt)
                return self._again(outcome)
            case Fate.STOP:
                if await asyncio.to_thread(self._desk.stop, letter, outcome.why):
                    log.warning("Chat %d cannot be reached: %s", self.chat_id, outcome.why)
                return PACE_S
            case Fate.REFUSED:
                return await self._refused(letter, outcome, error)

    async def _refused(self, letter: Letter, outcome: Outcome, error: TelegramError) -> float:
        """Try a refused message once without its buttons, then let it be.

        Raises:
            StoreError: the database refused.
        """
        if isinstance(error, BadRequest) and not self._is_bare and not letter.is_edit:
            self._is_bare = True
            await asyncio.to_thread(self._desk.missed, letter, outcome.why, is_doubtful=False)
            return PACE_S
        self._is_bare = False
        if "not modified" not in outcome.why:
            log.warning("Telegram does not take a message for %d: %s", self.chat_id, outcome.why)
        await asyncio.to_thread(self._desk.refused, letter, outcome.why)
        return PACE_S

    def _again(self, outcome: Outcome) -> float:
        if not self._is_away:
            log.warning("Telegram did not answer, trying again: %s", outcome.why)
        self._is_away = True
        return AT_LEAST_S + self._backoff.next()

    def _arrived(self) -> None:
        self._is_bare = False
        if self._is_away:
            log.info("Telegram takes messages again")
        self._is_away = False
        self._backoff.reset()


async def keep_going(chat: Chat, clock: Clock) -> None:
    """Send until nothing waits; when cancelled, take the answer to what has left, if it comes soon.

    Raises:
        CancelledError: it was cancelled.
    """
    while True:
        step = asyncio.ensure_future(chat.step())
        try:
            wait_s = await asyncio.shield(step)
        except StoreError as error:
            log.error("Messages for %d wait: %s", chat.chat_id, error)  # noqa: TRY400 (it says it)
            wait_s = CAP_S / 10
        except asyncio.CancelledError:
            await asyncio.wait([step], timeout=GOODBYE_S)
            step.cancel()
            await asyncio.gather(step, return_exceptions=True)
            raise
        if wait_s is None:
            return
        await clock.sleep(wait_s)
