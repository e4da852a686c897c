"""Takes settings over in an asyncio process: at a hang-up, and when the page changed them."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from core.errors import ConfigError
from infra.logging import set_level
from infra.reload import Change, Reload, refusal
from utils.terminal import Terminal

LOOK_S: Final = 1.0

log: Final = logging.getLogger(__name__)


class Taker(Protocol):
    """What hears of changes."""

    async def take(self, change: Change) -> None:
        """Take over what *change* brings, whole."""
        ...

    async def refuse(self, sentence: str) -> None:
        """Hear why nothing was taken over."""
        ...


def heed_hangups(asked: asyncio.Event, stop: Callable[[], object]) -> None:
    """Have a hang-up set *asked* from now on, and the end of the terminal call *stop*."""
    terminal = Terminal()

    def hung_up() -> None:
        if terminal.is_gone:
            stop()
        else:
            asked.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hung_up)


async def keep_settings(reload: Reload, taker: Taker, asked: asyncio.Event) -> None:
    """Follow the settings until cancelled: at once when *asked*, else when the page's changed."""
    while True:
        was_asked = asked.is_set()
        asked.clear()
        if reload.page_changed() or was_asked:
            await _take(reload, taker, was_asked=was_asked)
        await _within(asked.wait(), LOOK_S)


async def _take(reload: Reload, taker: Taker, *, was_asked: bool) -> None:
    try:
        change = await asyncio.to_thread(reload.read)
    except ConfigError as error:
        log.warning("Settings were not taken over. %s", refusal(error))
        await taker.refuse(refusal(error))
        return
    if change.turned:
        await taker.take(change)
        set_level(change.settings.log_level)
        reload.take(change)
    if change.turned or was_asked:
        log.info("Settings were read again. %s", change.text)


async def _within(event: Awaitable[object], timeout_s: float) -> None:
    try:
        await asyncio.wait_for(event, timeout_s)
    except TimeoutError:
        return
