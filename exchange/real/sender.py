"""Carries what the live broker asks to the exchange, and its answers back."""

import asyncio
import logging
from typing import Final

from core.errors import QuarterdeckError
from exchange.real.live_broker import LiveBroker
from exchange.real.requests import Answer, Ask, Door, Request

log: Final = logging.getLogger(__name__)

BUSY_S: Final = 0.25
IDLE_S: Final = 1.0


class Sender:
    """Sends what is due, each request in a task of its own, so that none waits for another.

    Promise: every request is answered to the broker, but for those that are under way when `run`
    is cancelled: after the next start these are looked for.
    """

    def __init__(self, broker: LiveBroker, door: Door) -> None:
        self._broker = broker
        self._door = door
        self._due = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    def poke(self) -> None:
        """Look at once whether something is due."""
        self._due.set()

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                self._send()
                await self._pause()
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    def _send(self) -> None:
        for request in self._broker.requests():
            task = asyncio.create_task(self._carry(request))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _pause(self) -> None:
        """Wait until something may be due."""
        wait_s = BUSY_S if self._broker.is_busy else IDLE_S
        try:
            async with asyncio.timeout(wait_s):
                await self._due.wait()
        except TimeoutError:
            return
        self._due.clear()

    async def _carry(self, request: Request) -> None:
        answer: Answer | Exception
        try:
            answer = await self._ask(request)
        except QuarterdeckError as error:
            answer = error
        except Exception as error:  # a fault of ours: what was sent may have been taken
            log.exception("Asking the exchange to %s failed", request.ask)
            answer = error
        self._broker.answered(request, answer)
        self.poke()

    async def _ask(self, request: Request) -> Answer:
        match request.ask:
            case Ask.PLACE:
                return await self._door.place(request)
            case Ask.CANCEL:
                return await self._door.cancel(request)
            case Ask.QUERY:
                return await self._door.query(request)
            case Ask.TRADES:
                return await self._door.trades(request)
            case Ask.PREPARE:
                await self._door.prepare(request)
                return None
