"""Looking again and again, through troubles that pass."""

import logging
from collections.abc import Awaitable, Callable

from telegram.error import TelegramError

from core.errors import StoreError
from utils.clock import Clock

log = logging.getLogger(__name__)


async def keep_looking(
    look: Callable[[], Awaitable[None]], clock: Clock, every_s: float, trouble: str
) -> None:
    """Call *look* every so often until cancelled.

    What the database or Telegram refuses is logged as *trouble* with its reason, once until it
    goes well again.
    """
    was_told = False
    while True:
        try:
            await look()
            was_told = False
        except (StoreError, TelegramError) as error:
            if not was_told:
                log.warning("%s: %s", trouble, error)
            was_told = True
        await clock.sleep(every_s)
