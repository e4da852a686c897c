"""The loopback exchange in a thread, for tests that start engines as processes."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Self, TypeVar

from tests.exchange.venue import Venue, venue_server

T = TypeVar("T")


class VenueThread:
    """An exchange that lives while this is entered; `do` speaks with it."""

    def __init__(self, **given: Any) -> None:
        self._given = given
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._over = asyncio.Event()
        self._venue: Venue | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def venue(self) -> Venue:
        assert self._venue is not None
        return self._venue

    @property
    def url(self) -> str:
        return self.venue.url

    def do(self, act: Callable[[Venue], T]) -> T:
        """Let *act* happen in the exchange's own thread; return what it returned."""

        async def there() -> T:
            return act(self.venue)

        return asyncio.run_coroutine_threadsafe(there(), self._loop).result(30)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        async with venue_server(**self._given) as self._venue:
            self._ready.set()
            await self._over.wait()
