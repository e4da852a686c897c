"""Sends replies to chats: in pieces, or in the place of an older message."""

import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from telegram import InlineKeyboardMarkup, InputMediaPhoto, LinkPreviewOptions, Message
from telegram.constants import ParseMode
from telegram.error import BadRequest, NetworkError, RetryAfter, TimedOut
from telegram.ext import ExtBot

from telegram_bot.later import Laters, Place
from telegram_bot.markup import MAX_CAPTION, keyboard, pieces
from telegram_bot.reply import Reply
from utils.clock import Clock

FLOOD_RETRIES: Final = 2  # of an answer that Telegram says to send later
AGAIN_S: Final = 1.0
NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)

OurBot = ExtBot[Any]


def flood_wait_s(error: RetryAfter) -> float:
    """Return how many seconds Telegram says to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, dt.timedelta) else float(wait)


def is_gone(error: BadRequest) -> bool:
    """Return whether there is no such message any more, or it is too old to be changed."""
    text = str(error).lower()
    return any(why in text for why in ("not found", "message_id_invalid", "can't be edited"))


def is_the_same(error: BadRequest) -> bool:
    """Return whether the message says already what it was to say."""
    return "not modified" in str(error).lower()


class Sender:
    """Sends and edits messages, written in Telegram's HTML.

    Promise: a message that is shown anew forgets what was to become of it later.
    """

    def __init__(self, bot: OurBot, clock: Clock, notebook: Path | None = None) -> None:
        """Prepare; *notebook* is a file that outlives this process, for what must be deleted."""
        self._bot = bot
        self._clock = clock
        self.laters = Laters(self._become, clock, notebook)

    async def send(self, chat_id: int, reply: Reply, *, is_silent: bool = False) -> list[int]:
        """Send *reply* as new messages; return their ids.

        Raises:
            TelegramError: Telegram refused or could not be reached; it may have been sent.
        """
        has_file = reply.photo is not None or reply.document is not None
        first, *rest = pieces(reply.text, MAX_CAPTION) if has_file else pieces(reply.text)
        buttons = keyboard(reply.buttons)
        work = self._head(chat_id, reply, first, None if rest else buttons, is_silent=is_silent)
        sent = [await self._persist(work)]
        for number, text in enumerate(rest, start=1):
            under = buttons if number == len(rest) else None
            sent.append(await self._persist(self._text(chat_id, text, under, is_silent=is_silent)))
        self.laters.plan((chat_id, sent[-1]), reply.later)
        return sent

    async def show(self, message: Message | None, chat_id: int, reply: Reply) -> bool:
        """Put *reply* in the place of *message*; return whether that changed anything.

        It is sent anew where that is not possible, such as a text in a picture's place.

        Raises:
            TelegramError: Telegram refused or could not be reached.
        """
        if not (reply.text or reply.photo or reply.document):
            return False
        if message is None or reply.is_new or reply.document is not None:
            await self.send(chat_id, reply)
            return True
        place = (chat_id, message.message_id)
        if reply.photo is None and (message.photo or message.document):
            await self.send(chat_id, reply)
            await self._become(place, "")
            return True
        self.laters.forget(place)
        try:
            await self._edit(place, reply)
        except BadRequest as error:
            return await self._unedited(error, chat_id, reply)
        self.laters.plan(place, reply.later)
        return True

    async def _unedited(self, error: BadRequest, chat_id: int, reply: Reply) -> bool:
        """Send *reply* anew, unless the message is as it should be.

        Raises:
            TelegramError: that is not why it was refused, or it is refused again.
        """
        if is_the_same(error):
            return False
        if not is_gone(error):
            raise error
        await self.send(chat_id, reply)
        return True

    def _head(
        self,
        chat_id: int,
        reply: Reply,
        text: str,
        buttons: InlineKeyboardMarkup | None,
        *,
        is_silent: bool,
    ) -> Callable[[], Awaitable[Message]]:
        """Return what sends the first message of *reply*."""
        photo, document = reply.photo, reply.document
        if photo is not None:
            return lambda: self._bot.send_photo(
                chat_id, photo, caption=text, parse_mode=ParseMode.HTML, reply_markup=buttons,
                disable_notification=is_silent, rate_limit_args=FLOOD_RETRIES,
            )  # fmt: skip
        if document is not None:
            return lambda: self._bot.send_document(
                chat_id, document[1], filename=document[0], caption=text,
                parse_mode=ParseMode.HTML, reply_markup=buttons,
                disable_notification=is_silent, rate_limit_args=FLOOD_RETRIES,
            )  # fmt: skip
        return self._text(chat_id, text, buttons, is_silent=is_silent)

    def _text(
        self, chat_id: int, text: str, buttons: InlineKeyboardMarkup | None, *, is_silent: bool
    ) -> Callable[[], Awaitable[Message]]:
        return lambda: self._bot.send_message(
            chat_id, text, parse_mode=ParseMode.HTML, reply_markup=buttons,
            disable_notification=is_silent, rate_limit_args=FLOOD_RETRIES,
        )  # fmt: skip

    async def _persist(self, work: Callable[[], Awaitable[Message]]) -> int:
        """Do *work*, and once more when the connection broke; return the message's id.

        Raises:
            NetworkError: Telegram refused, or could not be reached; it may have been sent.
        """
        try:
            return (await work()).message_id
        except NetworkError as error:
            if isinstance(error, BadRequest | TimedOut):  # a time-out may have been delivered
                raise
        await self._clock.sleep(AGAIN_S)
        return (await work()).message_id

    async def _edit(self, place: Place, reply: Reply) -> None:
        chat_id, message_id = place
        buttons = keyboard(reply.buttons)
        if reply.photo is not None:
            caption = pieces(reply.text, MAX_CAPTION)[0]
            media = InputMediaPhoto(reply.photo, caption=caption, parse_mode=ParseMode.HTML)
            await self._bot.edit_message_media(
                media, chat_id, message_id, reply_markup=buttons, rate_limit_args=FLOOD_RETRIES
            )
            return
        first, *rest = pieces(reply.text)
        await self._bot.edit_message_text(
            first, chat_id, message_id, parse_mode=ParseMode.HTML,
            reply_markup=None if rest else buttons, rate_limit_args=FLOOD_RETRIES,
        )  # fmt: skip
        for number, text in enumerate(rest, start=1):
            under = buttons if number == len(rest) else None
            await self._persist(self._text(chat_id, text, under, is_silent=True))

    async def _become(self, place: Place, text: str) -> None:
        if text:
            await self._edit(place, Reply(text=text))
            return
        with contextlib.suppress(BadRequest):  # it is gone already
            await self._bot.delete_message(*place)
