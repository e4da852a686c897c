"""The bot process from start to end: line to the engine, line to Telegram, goodbye."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder, ApplicationHandlerStop, TypeHandler

from core.errors import ConfigError
from infra.bus import ways
from infra.notes import BOT, write_note
from infra.only_one import only_one
from infra.reload import Change, Reload
from infra.reloading import heed_hangups, keep_settings
from infra.settings import Settings
from store.access import AccessStore, Identity, Role
from store.database import CheckedDatabase
from telegram_bot.deck import Deck
from telegram_bot.dispatch import Dispatch
from telegram_bot.follower import Follower
from telegram_bot.gate import Gate
from telegram_bot.line import POLL_S, InTurn, PollingBot, PollWatch, connect
from telegram_bot.registry import Registry
from telegram_bot.reply import Reply
from telegram_bot.sending import Sender
from telegram_bot.services import SERVICES, keep_up
from utils.clock import Clock, SystemClock

KINDS: Final = (Update.MESSAGE, Update.CALLBACK_QUERY)
TAKEN_BACK: Final = "TELEGRAM_BOT_TOKEN is not valid any more: ask @BotFather for the new one"
LOCK: Final = "bot.lock"
TWICE: Final = "Another bot runs on this data folder, and both would tell everything: stop that one"
SECRETS: Final = "bot_secrets.json"  # which messages are to be deleted
GOODBYE_S: Final = 0.5  # for each step; the launcher gives 2.3 for all

log = logging.getLogger(__name__)

App = Application[Any, Any, Any, Any, Any, Any]


async def run(settings: Settings) -> None:
    """Run one bot until SIGINT or SIGTERM.

    Raises:
        ConfigError: something that a person must mend first.
        QuarterdeckError: the database of credentials refused.
    """
    if not settings.telegram_bot_token.get_secret_value():
        raise ConfigError("TELEGRAM_BOT_TOKEN must be set for the bot to run, was ''")
    clock = SystemClock()
    async with open_deck(settings, clock) as deck:
        stopping, asked = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopping.set)
        heed_hangups(asked, stopping.set)
        await BotProcess(deck).run(stopping, keep_settings(Reload(settings), Taking(deck), asked))
    log.info("Bot stopped")


class BotProcess:
    """Everything that one bot does, put together."""

    def __init__(self, deck: Deck) -> None:
        """Build everything; nothing runs yet.

        Raises:
            ConfigError: two parts of the bot have the same name.
        """
        # at any level of ours: they write whole URLs, and the token is in each
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        registry = Registry()
        deck.entries = list(registry.commands.values())
        deck.tell = self._tell
        self._deck = deck
        self._watch = PollWatch(deck.clock)
        token = deck.settings.telegram_bot_token.get_secret_value()
        self._bot = PollingBot(token, deck.settings.telegram_api_url, self._watch)
        self._sender = Sender(self._bot, deck.clock, deck.settings.run_dir / SECRETS)
        self._dispatch = Dispatch(deck, registry, self._sender)
        self._gate = Gate(deck.access, deck.clock, self._dispatch.say)
        self._admitted: dict[int, Identity] = {}
        self._watch.on_late = self._gate.taps_are_late

    async def run(self, stopping: asyncio.Event, *beside: Coroutine[Any, Any, None]) -> None:
        """Answer, and do what is to be done *beside* that, until *stopping* is set.

        Raises:
            ConfigError: Telegram does not know the token.
        """
        deck = self._deck
        services = [make(deck, self._bot) for make in SERVICES]
        works = [keep_up(service, deck.clock) for service in services]
        try:
            await _until(
                stopping, deck.follower.run(), self._answer(), self._refused(), *works, *beside
            )
        finally:
            await self._bot.hang_up()

    async def _answer(self) -> None:
        """Connect, then answer whoever speaks to the bot.

        Raises:
            ConfigError: Telegram does not know the token.
        """
        await connect(self._bot, self._watch, self._deck.clock)
        self._deck.bot_name = self._bot.username
        log.info("Connected to Telegram as @%s", self._bot.username)
        with contextlib.suppress(OSError):  # only the launcher's words would lack it
            write_note(self._deck.settings.run_dir, BOT, name=self._bot.username)
        try:
            async with self._polling(self._application()):
                await asyncio.Event().wait()
        except InvalidToken:
            raise ConfigError(TAKEN_BACK) from None

    async def _refused(self) -> None:
        """Wait until Telegram does not know the token any more.

        Raises:
            ConfigError: it is so.
        """
        await self._watch.is_refused.wait()
        raise ConfigError(TAKEN_BACK)

    def _application(self) -> App:
        app: App = ApplicationBuilder().bot(self._bot).concurrent_updates(InTurn()).build()
        app.add_handler(TypeHandler(Update, self._first), group=-1)
        app.add_handler(TypeHandler(Update, self._then), group=0)
        app.add_error_handler(self._failed)
        return app

    @asynccontextmanager
    async def _polling(self, app: App) -> AsyncIterator[None]:
        assert app.updater is not None  # noqa: S101 - the builder makes one
        await app.initialize()
        await app.start()
        await app.updater.start_polling(
            timeout=POLL_S, bootstrap_retries=-1, drop_pending_updates=True,
            allowed_updates=list(KINDS), error_callback=self._watch.trouble,
        )  # fmt: skip
        self._sender.laters.recall()
        try:
            yield
        finally:
            await self._sender.laters.close()
            # it would show a whole traceback of a last question that Telegram did not answer
            logging.getLogger("telegram.ext.Updater").setLevel(logging.CRITICAL)
            for goodbye in (app.updater.stop, app.stop, app.shutdown):
                with contextlib.suppress(TimeoutError, TelegramError):
                    async with asyncio.timeout(GOODBYE_S):
                        await goodbye()

    async def _first(self, update: Update, _context: object) -> None:
        """Stop what may not pass, before any other handler sees it.

        Raises:
            ApplicationHandlerStop: it may not.
        """
        identity = await self._gate.admit(update)
        if identity is None:
            raise ApplicationHandlerStop
        self._admitted[update.update_id] = identity

    async def _then(self, update: Update, _context: object) -> None:
        identity = self._admitted.pop(update.update_id, None)
        if identity is not None:
            await self._dispatch.handle(update, identity)

    async def _failed(self, _update: object, context: Any) -> None:
        log.error("An update was not answered", exc_info=context.error)

    async def _tell(self, chat_id: int, reply: Reply) -> None:
        try:
            await self._sender.send(chat_id, reply)
        except TelegramError as error:
            log.warning("A message to %d was not sent: %s", chat_id, error)


async def _until(stopping: asyncio.Event, *works: Coroutine[Any, Any, None]) -> None:
    """Do *works* until *stopping* is set or one of them fails, then end them."""
    tasks = [asyncio.create_task(work) for work in works]
    told = asyncio.create_task(stopping.wait())
    try:
        waiting: Sequence[asyncio.Task[Any]] = [told, *tasks]
        while not stopping.is_set():
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            waiting = [task for task in waiting if not task.done()]
    finally:
        for task in (told, *tasks):
            task.cancel()
        await asyncio.gather(told, *tasks, return_exceptions=True)


@dataclass(frozen=True)
class Taking:
    """Takes over settings that changed while the bot runs."""

    deck: Deck

    async def take(self, change: Change) -> None:
        """Let what is asked from now on see them."""
        self.deck.settings = change.settings

    async def refuse(self, sentence: str) -> None:
        """Leave it to the engine to tell people."""


@asynccontextmanager
async def open_deck(settings: Settings, clock: Clock) -> AsyncIterator[Deck]:
    """Lend what commands work with.

    Raises:
        ConfigError: a database cannot be used.
        QuarterdeckError: another bot has this folder, and both would send what waits.
        StoreError: the database of credentials refused.
    """
    with only_one(settings.run_dir / LOCK, TWICE):
        async with _deck(settings, clock) as deck:
            yield deck


@asynccontextmanager
async def _deck(settings: Settings, clock: Clock) -> AsyncIterator[Deck]:
    access = AccessStore(settings.access_path)
    database = CheckedDatabase(settings.database)
    subscriber = ways.async_subscriber(settings)
    try:
        await asyncio.to_thread(_open_access, access, settings, clock.now())
        yield Deck(
            settings=settings, clock=clock, access=access, database=database,
            follower=Follower(subscriber, settings.state_path, clock),
            commands=ways.async_commands(settings),
        )  # fmt: skip
    finally:
        access.close()
        database.close()


def _open_access(access: AccessStore, settings: Settings, now: int) -> None:
    """Make the database what this version needs and the allow-list what the setting says."""
    access.migrate()
    roles = {user_id: Role(role) for user_id, role in settings.telegram_roles.items()}
    access.users.settle_setting(roles, now)
    if not any(user.status == "allowed" for user in access.users.listed()):
        log.warning(
            "Nobody may use the bot yet: write to it, and set TELEGRAM_USERS to "
            "the id that it answers with, as in 12345:owner"
        )
