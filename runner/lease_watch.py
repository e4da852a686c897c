"""Watches that the right to trade stays this engine's."""

import asyncio
import logging
from typing import Final

from core.errors import StoreError
from store.lease import Lease
from utils.clock import Clock
from utils.finishing import finish

log: Final = logging.getLogger(__name__)

EVERY_S: Final = 5.0


async def watch(lease: Lease, clock: Clock) -> None:
    """Renew *lease* every few seconds, until cancelled.

    A database that cannot be reached now is no reason to stop: nothing is written there either.

    Raises:
        ConfigError: another engine has it now.
    """
    while True:
        await clock.sleep(EVERY_S)
        try:
            await finish(asyncio.to_thread(lease.renew))
        except StoreError as error:
            log.warning("The right to trade could not be renewed: %s", error)
