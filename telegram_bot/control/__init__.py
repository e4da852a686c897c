"""What moves money or stops it, from a chat: shown first, then confirmed."""

from typing import Final

from store.access import Role
from telegram_bot.command import Command, Tap
from telegram_bot.control.asking import close, close_all, pause, resume, stop
from telegram_bot.control.deciding import confirm, keep

COMMANDS: Final = (
    Command(
        name="pause", hint="No new entries; stops still stand", group="control",
        role=Role.TRADER, answer=pause,
    ),
    Command(
        name="resume", hint="Allow new entries again", group="control",
        role=Role.TRADER, answer=resume,
    ),
    Command(
        name="close", hint="Close a position", usage="[ID]", group="control",
        role=Role.TRADER, answer=close,
    ),
    Command(
        name="closeall", hint="Close every position", group="control",
        role=Role.TRADER, answer=close_all,
    ),
    Command(
        name="stop", hint="Stop new orders at once; closes nothing", usage="[why]",
        group="control", role=Role.TRADER, answer=stop,
    ),
)  # fmt: skip

TAPS: Final = (
    Tap(prefix="c", role=Role.TRADER, answer=confirm),
    Tap(prefix="x", role=Role.TRADER, answer=keep),
)
