"""Clocks: the only place that asks the machine for the time, so that tests can set it."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> int:
        """Return milliseconds since the epoch, UTC."""
        ...

    def not_before(self, at: int) -> None:
        """Never tell a time before *at* (ms), such as the last one that was stored."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait *seconds* of this clock."""
        ...


class SystemClock:
    """The machine's clock, kept from running backwards while the process lives.

    ``now()`` follows the wall clock forwards at once; when the wall clock is set back, it
    goes on from the last value at the monotonic clock's pace until the wall catches up.
    """

    def __init__(self) -> None:
        self._last = 0
        self._last_monotonic = time.monotonic()

    def now(self) -> int:
        """Return milliseconds since the epoch, UTC, never less than before."""
        monotonic = time.monotonic()
        wall = time.time_ns() // 1_000_000
        if wall < self._last:
            wall = self._last + int((monotonic - self._last_monotonic) * 1000)
            if wall == self._last:
                return wall
        self._last, self._last_monotonic = wall, monotonic
        return wall

    def not_before(self, at: int) -> None:
        """Go on from *at* when the wall clock is behind it."""
        if at > self._last:
            self._last, self._last_monotonic = at, time.monotonic()

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait *seconds*."""
        await asyncio.sleep(max(0.0, seconds))


class ScaledClock:
    """A clock that starts at *start* and runs *speed* times as fast as *base*."""

    def __init__(self, base: Clock, start: int, speed: float) -> None:
        self._base = base
        self._start = start
        self._origin = base.monotonic()
        self._speed = speed

    def now(self) -> int:
        """Return milliseconds since the epoch on this clock."""
        return self._start + int((self._base.monotonic() - self._origin) * 1000 * self._speed)

    def not_before(self, at: int) -> None:
        """Go on from *at* if this clock is behind it."""
        self._start += max(0, at - self.now())

    def monotonic(self) -> float:
        """Return real seconds that never go back."""
        return self._base.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait *seconds* of this clock, which is *seconds* / speed of real time."""
        await self._base.sleep(seconds / self._speed)


class ShiftedClock:
    """*base* put right by ``offset_ms``, which may change while it runs.

    It never goes back: where it must wait for the right time, it runs half as fast until then.
    """

    def __init__(self, base: Clock, offset_ms: int = 0) -> None:
        self.offset_ms = offset_ms
        self._base = base
        self._last = 0
        self._last_monotonic = base.monotonic()

    def now(self) -> int:
        """Return milliseconds since the epoch, UTC, never less than before."""
        monotonic = self._base.monotonic()
        right = self._base.now() + self.offset_ms
        if right < self._last:
            right = self._last + int((monotonic - self._last_monotonic) * 500)
            if right == self._last:
                return right
        self._last, self._last_monotonic = right, monotonic
        return right

    def not_before(self, at: int) -> None:
        """Go on from *at* when this clock is behind it."""
        if at > self.now():
            self._last, self._last_monotonic = at, self._base.monotonic()

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self._base.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait *seconds*."""
        await self._base.sleep(seconds)


class SetClock:
    """A clock that stands where it was put; sleeping moves it."""

    def __init__(self, at: int = 0) -> None:
        self.at = at

    def now(self) -> int:
        """Return the time it was set to."""
        return self.at

    def not_before(self, at: int) -> None:
        """Move on to *at* if it is later."""
        self.at = max(self.at, at)

    def monotonic(self) -> float:
        """Return that time in seconds."""
        return self.at / 1000

    async def sleep(self, seconds: float) -> None:
        """Move on by *seconds* and let others run."""
        self.at += int(seconds * 1000)
        await asyncio.sleep(0)
