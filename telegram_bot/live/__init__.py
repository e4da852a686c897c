"""Messages that stay up to date by themselves: the pinned live one and the periodic summary."""

from typing import Final

from store.access import Role
from telegram_bot.command import Command
from telegram_bot.live.asking import live, summary

COMMANDS: Final = (
    Command(
        name="live", answer=live, hint="One pinned message that stays up to date", usage="[off]",
        group="alerts", role=Role.VIEWER,
    ),
    Command(
        name="summary", answer=summary, hint="The summary now, or whether it comes by itself",
        usage="[on|off]", group="alerts", role=Role.VIEWER,
    ),
)  # fmt: skip
