"""Questions asked beside the stream of steps: one of a name at a time, again after a failure."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

from core.errors import QuarterdeckError
from utils.backoff import Backoff
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

PAUSE_S: Final = 1.0  # between two of a name, so that nothing is asked again and again
BASE_S: Final = 2.0
CAP_S: Final = 60.0


class Works:
    """Runs works by name; one that fails is not begun again before its patience is over."""

    def __init__(self, clock: Clock, rng: Random | None = None) -> None:
        self._clock = clock
        self._rng = rng or Random()  # noqa: S311 - jitter
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waits: dict[str, Backoff] = {}
        self._not_before_s: dict[str, float] = {}

    def start(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Begin *work*, unless one of that *name* runs or failed a moment ago."""
        if name in self._tasks or self._clock.monotonic() < self._not_before_s.get(name, 0.0):
            return
        self._tasks[name] = asyncio.create_task(self._run(name, work), name=name)

    async def _run(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        pause_s = PAUSE_S
        try:
            await work()
        except QuarterdeckError as error:
            wait = self._waits.setdefault(name, Backoff(BASE_S, CAP_S, self._rng))
            pause_s += wait.next()
            log.info("Asked for %s in vain, again in %.0f s: %s", name, pause_s, error)
        except Exception:
            log.exception("Asking for %s failed", name)
            pause_s = CAP_S
        else:
            self._waits.pop(name, None)
        finally:
            self._not_before_s[name] = self._clock.monotonic() + pause_s
            del self._tasks[name]

    async def close(self) -> None:
        """End what runs."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
