"""The button beside the text field of each allowed user, and the commands Telegram offers."""

import asyncio
import logging
from typing import Final

import msgspec
from telegram import (
    BotCommand,
    BotCommandScopeChat,
    MenuButton,
    MenuButtonCommands,
    MenuButtonDefault,
    MenuButtonWebApp,
    WebAppInfo,
)
from telegram.error import BadRequest, Forbidden

from store.access import Role
from store.user import User
from telegram_bot.deck import Deck
from telegram_bot.reply import Entry
from telegram_bot.rounds import keep_looking
from telegram_bot.sending import OurBot

LABEL: Final = "📱 Dashboard"
LOOK_S: Final = 2.0
MAX_HINT: Final = 256

log = logging.getLogger(__name__)


class _Fit(msgspec.Struct, frozen=True):
    """What a user's button and commands depend on."""

    role: Role | None
    url: str
    has_come: bool


class MenuButtons:
    """Keeps every user's button and commands as their role has them."""

    def __init__(self, deck: Deck, bot: OurBot) -> None:
        self._deck = deck
        self._bot = bot
        self._set: dict[int, _Fit] = {}

    async def run(self) -> None:
        """Look at the users again and again, until cancelled."""
        await keep_looking(self.look, self._deck.clock, LOOK_S, "Menu buttons were not set")

    async def look(self) -> None:
        """Set what has changed since the last look.

        Raises:
            StoreError: the users cannot be read.
            TelegramError: Telegram cannot be reached.
        """
        users = {user.id: user for user in await asyncio.to_thread(self._deck.access.users.listed)}
        for user in users.values():
            await self._fit(user.id, self._wanted(user))
        for user_id in self._set.keys() - users.keys():
            await self._fit(user_id, _Fit(None, "", has_come=False))

    def _wanted(self, user: User) -> _Fit:
        is_allowed = user.status == "allowed"
        url = self._deck.page_url if is_allowed else ""
        has_come = user.last_seen_at is not None
        return _Fit(user.role if is_allowed else None, url, has_come)

    async def _fit(self, user_id: int, fit: _Fit) -> None:
        """Set the button and commands of one chat, unless they are so."""
        if self._set.get(user_id) == fit:
            return
        if fit.role is None and user_id not in self._set and not fit.has_come:
            return  # they never had any
        try:
            await self._bot.set_chat_menu_button(user_id, _button(fit))
            scope = BotCommandScopeChat(user_id)
            commands = [_shown(e) for e in self._deck.entries if _may(fit.role, e.role)]
            if commands:
                await self._bot.set_my_commands(commands, scope=scope)
            else:
                await self._bot.delete_my_commands(scope=scope)
        except (BadRequest, Forbidden) as error:  # they never wrote, or blocked the bot
            log.debug("The menu button of %d was not set: %s", user_id, error)
        self._set[user_id] = fit


def _button(fit: _Fit) -> MenuButton:
    if fit.role is None:
        return MenuButtonDefault()
    return MenuButtonWebApp(LABEL, WebAppInfo(fit.url)) if fit.url else MenuButtonCommands()


def _may(role: Role | None, needed: Role) -> bool:
    return role is not None and role.includes(needed)


def _shown(entry: Entry) -> BotCommand:
    hint = f"{entry.hint} {entry.usage}".strip()
    return BotCommand(entry.name, hint[:MAX_HINT])
