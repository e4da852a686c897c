"""The line to Telegram: the bot that polls, and who it tells when that does not work."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any, Final

from telegram import Update
from telegram.constants import ParseMode
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError
from telegram.ext import AIORateLimiter, BaseUpdateProcessor, Defaults, ExtBot
from telegram.request import HTTPXRequest
from typing_extensions import override

from core.errors import ConfigError
from telegram_bot.sending import NO_PREVIEW
from utils.backoff import Backoff
from utils.clock import Clock

POLL_S: Final = 20
GAP_S: Final = 30.0  # taps that waited longer are late
CONNECTIONS: Final = 16
AT_ONCE: Final = 16
BASE_S: Final = 1.0
CAP_S: Final = 30.0

log = logging.getLogger(__name__)


class PollWatch:
    """Notices how polling goes, and says each trouble once.

    Attributes:
        is_refused: set when Telegram does not know the token any more.
        on_late: called with the last of the updates that waited while there was no connection.
    """

    def __init__(self, clock: Clock) -> None:
        self.is_refused = asyncio.Event()
        self.on_late: Callable[[int], None] = _ignore
        self._clock = clock
        self._polled_s: float | None = None
        self._was_told: set[type[TelegramError]] = set()

    def trouble(self, error: TelegramError) -> None:
        """Say, once until polling works again, what is wrong with it."""
        kind = Conflict if isinstance(error, Conflict) else NetworkError
        if kind in self._was_told:
            return
        self._was_told.add(kind)
        if kind is Conflict:
            log.error(
                "Another program fetches this bot's messages: stop it, or give one of the two "
                "another bot. Trying again meanwhile"
            )
        else:
            log.warning("Telegram cannot be reached, trying again: %s", error)

    def begin(self) -> float:
        """Return when a poll begins, for `polled`."""
        return self._clock.monotonic()

    def polled(self, updates: Sequence[Update], began_s: float) -> None:
        """Note that a poll worked, when it began and what it brought.

        What came while it lasted was delivered at once; what came since the last one that
        worked has waited.
        """
        gap_s = 0.0 if self._polled_s is None else began_s - self._polled_s
        self._polled_s = self._clock.monotonic()
        if self._was_told:
            log.info("Telegram can be reached again")
            self._was_told.clear()
        if updates and gap_s > GAP_S:
            self.on_late(updates[-1].update_id)


class PollingBot(ExtBot[Any]):
    """A bot whose polling is watched."""

    __slots__ = ("_lines", "_watch")

    def __init__(self, token: str, api_url: str, watch: PollWatch) -> None:
        """Prepare; nothing is asked yet."""
        usual = HTTPXRequest(connection_pool_size=CONNECTIONS, pool_timeout=10.0)
        polls = HTTPXRequest(connection_pool_size=2)
        super().__init__(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=usual,
            get_updates_request=polls,
            defaults=Defaults(parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW),
            rate_limiter=AIORateLimiter(),
        )
        self._watch = watch
        self._lines = usual, polls

    async def hang_up(self) -> None:
        """Close every connection, also when it never came to more than trying."""
        for line in self._lines:
            await line.shutdown()

    @override
    async def get_updates(self, *args: Any, **kwargs: Any) -> tuple[Update, ...]:
        """Poll.

        Raises:
            InvalidToken: the token is not valid any more.
            TelegramError: polling failed in another way.
        """
        began_s = self._watch.begin()
        try:
            updates = await super().get_updates(*args, **kwargs)
        except InvalidToken:
            self._watch.is_refused.set()
            raise
        self._watch.polled(updates, began_s)
        return updates


async def connect(bot: PollingBot, watch: PollWatch, clock: Clock) -> None:
    """Say hello to Telegram, for as long as it takes.

    Raises:
        ConfigError: Telegram does not know the token.
    """
    backoff = Backoff(BASE_S, CAP_S, Random())  # noqa: S311 - jitter
    while True:
        try:
            await bot.initialize()
        except InvalidToken:
            raise ConfigError(
                "TELEGRAM_BOT_TOKEN must be the token of a bot, and Telegram knows none with "
                "this one: ask @BotFather for it"
            ) from None
        except TelegramError as error:
            watch.trouble(error)
        else:
            return
        await clock.sleep(backoff.next())


class InTurn(BaseUpdateProcessor):
    """Processes updates of different people at the same time, and those of one in turn."""

    __slots__ = ("_turns",)

    def __init__(self) -> None:
        super().__init__(AT_ONCE)
        self._turns: dict[int, tuple[asyncio.Lock, int]] = {}

    @override
    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the person's turn, unless it is the kill switch, then process."""
        user = update.effective_user if isinstance(update, Update) else None
        if _cannot_wait(update):
            await coroutine
            return
        key = user.id if user else 0
        lock, waiting = self._turns.get(key, (asyncio.Lock(), 0))
        self._turns[key] = lock, waiting + 1
        try:
            async with lock:
                await coroutine
        finally:
            _, waiting = self._turns.pop(key)
            if waiting > 1:
                self._turns[key] = lock, waiting - 1

    @override
    async def initialize(self) -> None:
        """Nothing is held before the first update."""

    @override
    async def shutdown(self) -> None:
        """Nothing is held after the last one."""


def _cannot_wait(update: object) -> bool:
    """Tell whether it is the kill switch, which waits for nothing the person asked before."""
    message = update.message if isinstance(update, Update) else None
    return message is not None and (message.text or "").lower().startswith("/stop")


def _ignore(_update_id: int) -> None:
    """Until there is a gate, nobody cares for late taps."""
