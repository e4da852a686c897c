"""What goes on beside answering; each part of the bot adds its own line."""

import logging
from collections.abc import Callable, Sequence
from random import Random
from typing import Final, Protocol

from telegram_bot.deck import Deck
from telegram_bot.delivery.service import Delivery
from telegram_bot.live.periodic import Summaries
from telegram_bot.live.pinned import LiveMessages
from telegram_bot.menu_button import MenuButtons
from telegram_bot.sending import OurBot
from telegram_bot.vitals import BotVitals
from telegram_bot.watchdog.watchdog import Watchdog
from utils.backoff import Backoff
from utils.clock import Clock

BASE_S: Final = 1.0
CAP_S: Final = 60.0

log = logging.getLogger(__name__)


class Service(Protocol):
    """Work that goes on for as long as the bot runs."""

    async def run(self) -> None:
        """Work until cancelled."""
        ...


SERVICES: Final[Sequence[Callable[[Deck, OurBot], Service]]] = (
    MenuButtons,
    LiveMessages,
    Summaries,
    Delivery,
    Watchdog,
    BotVitals,
)  # fmt: skip


async def keep_up(service: Service, clock: Clock) -> None:
    """Run *service* until cancelled; one that fails is begun again, and ends nothing else."""
    backoff = Backoff(BASE_S, CAP_S, Random())  # noqa: S311 - jitter
    while True:
        try:
            await service.run()
        except Exception:
            log.exception("%s failed", type(service).__name__)
        await clock.sleep(BASE_S + backoff.next())
