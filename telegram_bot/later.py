"""What becomes of messages after a while."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
from telegram.error import NetworkError, RetryAfter, TelegramError

from telegram_bot.reply import Later
from utils.clock import Clock
from utils.files import atomic_write

MOST: Final = 1000
CLOSE_S: Final = 0.4
AGAIN_S: Final = 30.0

log = logging.getLogger(__name__)

Place = tuple[int, int]  # chat and message
Become = Callable[[Place, str], Awaitable[None]]


class Laters:
    """Plans of this process, at most `MOST` at a time.

    Promise: planning anew for a place, or forgetting it, ends what was planned before. What is to
    be deleted is secret, so it goes even if Telegram is away then, or this process is killed.
    """

    def __init__(self, become: Become, clock: Clock, notebook: Path | None = None) -> None:
        """Prepare.

        Args:
            become: shows a text in a place, or deletes it when the text is empty.
            clock: tells the time.
            notebook: file of the places to delete, for the process after this one.
        """
        self._become = become
        self._clock = clock
        self._notebook = notebook
        self._tasks: dict[Place, asyncio.Task[None]] = {}
        self._secret: set[Place] = set()

    def plan(self, place: Place, later: Later | None) -> None:
        """Do what *later* says when its time has come; None plans nothing."""
        self.forget(place)
        if later is None or len(self._tasks) >= MOST:
            return
        task = asyncio.create_task(self._wait(place, later))
        self._tasks[place] = task
        if not later.text:
            self._secret.add(place)
            self._note()
        task.add_done_callback(lambda done: self._drop(place, done))

    def forget(self, place: Place) -> None:
        """Let the message at *place* be."""
        self._no_secret(place)
        task = self._tasks.pop(place, None)
        if task is not None:
            task.cancel()

    def recall(self) -> None:
        """Delete what a process before this one was to delete."""
        try:
            said = self._notebook.read_bytes() if self._notebook else b"[]"
            places = msgspec.json.decode(said, type=list[Place])
        except FileNotFoundError:
            return
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("Messages that were to be deleted are not known: %s", error)
            return
        for place in places:
            if place not in self._tasks:
                self.plan(place, Later(0))

    async def over(self) -> None:
        """Wait until everything that is planned has been done."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """Delete now what would be deleted later, for it is secret; let the others be."""
        secret = sorted(self._secret)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await asyncio.gather(*map(self._delete, secret), return_exceptions=True)

    async def _delete(self, place: Place) -> None:
        await self._become(place, "")
        self._no_secret(place)

    def _drop(self, place: Place, task: "asyncio.Task[None]") -> None:
        if self._tasks.get(place) is task:
            del self._tasks[place]
            if not task.cancelled():
                self._no_secret(place)

    def _no_secret(self, place: Place) -> None:
        if place in self._secret:
            self._secret.discard(place)
            self._note()

    def _note(self) -> None:
        if self._notebook is None:
            return
        try:
            atomic_write(self._notebook, msgspec.json.encode(sorted(self._secret)))
        except OSError as error:
            log.warning("Messages to be deleted were not written down: %s", error)

    async def _wait(self, place: Place, later: Later) -> None:
        await self._clock.sleep(later.seconds)
        while True:
            try:
                await self._become(place, later.text)
            except TelegramError as error:
                log.info("Message %d was left as it is: %s", place[1], error)
                if later.text or not isinstance(error, NetworkError | RetryAfter):
                    return
            else:
                return
            await self._clock.sleep(AGAIN_S)
