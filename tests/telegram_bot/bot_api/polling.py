"""Long polling by one bot at a time. Source: https://core.telegram.org/bots/api#getupdates"""

import asyncio
from contextlib import suppress

from tests.telegram_bot.bot_api.errors import ApiError
from tests.telegram_bot.bot_api.world import Json, World

CONFLICT = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)


class Polling:
    """Hands updates out; lives in the server's loop."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop) -> None:
        self._world = world
        self._loop = loop
        self._waiting: asyncio.Future[None] | None = None
        world.on_update = self._wake

    @property
    def is_waited_for(self) -> bool:
        return self._waiting is not None

    def end(self) -> None:
        """End who waits: the server stops."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ApiError(502, "Bad Gateway"))
        self._waiting = None

    async def updates(self, params: Json) -> list[Json]:
        # Returns what is new, after waiting for it; a newer poll ends an older one.
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ApiError(409, CONFLICT))
        mine = self._waiting = self._loop.create_future()
        allowed = set(params.get("allowed_updates") or [])
        self._confirm(int(params.get("offset", 0)), allowed)
        try:
            if not self._world.updates:
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(mine), float(params.get("timeout", 0)))
            if mine.done():
                mine.result()
        finally:
            mine.cancel()
            if self._waiting is mine:
                self._waiting = None
        self._confirm(0, allowed)
        with self._world.lock:
            return self._world.updates[: int(params.get("limit", 100))]

    def _confirm(self, offset: int, allowed: set[str]) -> None:
        # What the bot has had goes, and what it does not want is never kept.
        with self._world.lock:
            held = self._world.updates
            kept = held[offset:] if offset < 0 else [u for u in held if u["update_id"] >= offset]
            held[:] = [update for update in kept if not allowed or set(update) & allowed]

    def _wake(self) -> None:
        def wake() -> None:
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_result(None)

        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(wake)
