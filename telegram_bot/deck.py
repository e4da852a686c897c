"""What every command works with: the engine's state, the stored history, and the way to wish."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from core.errors import BusError, CommandError
from infra.bus.base import AsyncCommandSender, CommandRequest
from infra.settings import Settings
from store.access import AccessStore, Identity
from store.accounts import current_account
from store.database import Database
from store.wishes import Wish, WishBook
from telegram_bot.changes import Changes
from telegram_bot.follower import Follower, Snapshot
from telegram_bot.reply import Entry, Reply
from utils.clock import Clock

COMMAND_S: Final = 10.0
Result = TypeVar("Result")


async def _tell_nobody(_chat_id: int, _reply: Reply) -> None:
    """Until the bot is connected there is nobody to tell."""


@dataclass
class Deck:
    """One bot's view of one Quarterdeck.

    Attributes:
        database: returns the trading database, checked to be of this version; never written.
        bot_name: the bot's username, empty until Telegram has said it.
        entries: every command there is, for lists of them.
        sent: alerts that Telegram took since the start.
        tell: sends a message to a chat that did not ask; what fails is only logged.
    """

    settings: Settings
    clock: Clock
    access: AccessStore
    follower: Follower
    database: Callable[[], Database]
    commands: AsyncCommandSender
    bot_name: str = ""
    entries: Sequence[Entry] = ()
    sent: int = 0
    tell: Callable[[int, Reply], Awaitable[None]] = _tell_nobody

    @property
    def changed(self) -> Changes:
        """What tells when the snapshot is another one: ``await deck.changed.wait()``."""
        return self.follower.changed

    @property
    def page_url(self) -> str:
        """Where the page opens inside Telegram, empty if it cannot: that needs https."""
        url = str(self.settings.public_url or "")
        return url if url.startswith("https://") else ""

    def count_sent(self) -> None:
        """Count an alert that Telegram took."""
        self.sent += 1

    def snapshot(self) -> Snapshot:
        """Return the engine's newest state, with its age."""
        return self.follower.snapshot()

    async def ask(self, query: Callable[[Database, int], Result]) -> Result:
        """Return *query* of the trading database and the current account's id, from a thread.

        Raises:
            CommandError: there is no account yet.
            ConfigError: the database is not there, damaged or of another version.
            StoreError: the database refused.
        """
        return await asyncio.to_thread(self._ask, query)

    async def wish(
        self, name: str, args: dict[str, Any], identity: Identity, idempotency_key: str
    ) -> dict[str, Any]:
        """Return the engine's result; the audit knows of the wish before the engine does.

        Raises:
            BusError: the engine is away, or did not answer.
            CommandError: the engine refused.
            StoreError: the audit cannot be written, so the wish was not passed on.
        """
        wish = Wish(identity=identity, name=name, args=args, key=idempotency_key)
        book = WishBook(self.access.audit)
        number = await asyncio.to_thread(book.asked, wish, self.clock.now())
        request = CommandRequest(
            idempotency_key, name, args, identity.subject, identity.role, identity.owner_id
        )
        try:
            answer = await self.commands.send(request, COMMAND_S)
        except BusError:
            await asyncio.to_thread(book.unanswered, number, wish)
            raise
        failure, result = answer.error, answer.result or {}
        code = failure.code if failure else ""
        await asyncio.to_thread(book.answered, number, wish, code, result)
        if failure is not None:
            raise CommandError(failure.code, failure.text, failure.status)
        return result

    def _ask(self, query: Callable[[Database, int], Result]) -> Result:
        database = self.database()
        account = current_account(database)
        if account is None:
            raise CommandError("no_account", "there is no account yet: the engine has not started")
        return query(database, account.id)
