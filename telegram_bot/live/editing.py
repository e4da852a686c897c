"""Sends a message that stays, and changes what it says."""

from telegram import InlineKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest

from store.standing import Standing
from telegram_bot.live.text import Shown
from telegram_bot.markup import keyboard
from telegram_bot.sending import OurBot, is_gone, is_the_same


async def sent(bot: OurBot, row: Standing, shown: Shown) -> int:
    """Send *shown* without a sound as a new message; return its id.

    Raises:
        TelegramError: Telegram refused or could not be reached; it may have been sent.
    """
    message = await bot.send_message(
        row.chat_id, shown.reply.text, parse_mode=ParseMode.HTML, reply_markup=_buttons(shown),
        disable_notification=True,
    )  # fmt: skip
    return message.message_id


async def edited(bot: OurBot, row: Standing, shown: Shown) -> bool:
    """Let the message say what is *shown*; return whether it is still there.

    Raises:
        BadRequest: Telegram refused for another reason.
    """
    try:
        await bot.edit_message_text(
            shown.reply.text, row.chat_id, row.message_id, parse_mode=ParseMode.HTML,
            reply_markup=_buttons(shown),
        )  # fmt: skip
    except BadRequest as error:
        if is_gone(error):
            return False
        if not is_the_same(error):
            raise
    return True


def _buttons(shown: Shown) -> InlineKeyboardMarkup | None:
    return keyboard(shown.reply.buttons)
