"""Waiting for the next change of something, by however many."""

import asyncio


class Changes:
    """Counts changes and wakes who waits for the next one."""

    def __init__(self) -> None:
        self.count = 0
        self._event = asyncio.Event()

    def tell(self) -> None:
        """Wake everybody who waits now."""
        self.count += 1
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seen: int | None = None) -> int:
        """Return the count once it differs from *seen*, which is by default what it is now."""
        seen = self.count if seen is None else seen
        while self.count == seen:
            await self._event.wait()
        return self.count
