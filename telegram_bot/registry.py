"""Every command and every kind of button there is; each part of the bot adds its own line."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from core.errors import ConfigError
from telegram_bot import answers, charts, control, live, people
from telegram_bot.command import Command, Tap
from telegram_bot.delivery import commands as delivery

# Each part has COMMANDS and TAPS, in its __init__ or a module beside.
COMMANDS: Final[Sequence[Command]] = (
    *answers.COMMANDS,
    *charts.COMMANDS,
    *control.COMMANDS,
    *delivery.COMMANDS,
    *live.COMMANDS,
    *people.COMMANDS,
)  # fmt: skip

TAPS: Final[Sequence[Tap]] = (
    *control.TAPS,
    *delivery.TAPS,
    *people.TAPS,
)  # fmt: skip


class Registry:
    """Commands by name and taps by prefix, none of which is given twice."""

    def __init__(self, commands: Iterable[Command] = COMMANDS, taps: Iterable[Tap] = TAPS) -> None:
        """Take what there is.

        Raises:
            ConfigError: two have the same name or prefix.
        """
        self.commands: dict[str, Command] = {}
        self.taps: dict[str, Tap] = {}
        for command in commands:
            _add(self.commands, command.name, command)
        for tap in taps:
            _add(self.taps, tap.prefix, tap)


def _add(known: dict[str, Any], name: str, item: Any) -> None:
    if name in known:
        raise ConfigError(f"two parts of the bot are called {name!r}")
    known[name] = item
