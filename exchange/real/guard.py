"""What keeps us from asking an exchange too much: its weight, its limits and its bans.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info (a 429
says stop, a 418 bans, Retry-After tells for how many seconds; each answer tells the weight used in
the running minute).
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Final

from core.market import MINUTE_MS
from exchange.real.errors import LIMIT_STATUSES, RateLimited
from utils.clock import Clock

# Binance's own: other exchanges have no such header and are paced by ccxt.
WEIGHT_HEADER: Final = "x-mbx-used-weight-1m"
WEIGHT_LIMIT: Final = 2_400
FULL: Final = 0.9  # of the limit: the rest is for orders, and for others of the same address
FIRST_BAN_MS: Final = MINUTE_MS
LONGEST_BAN_MS: Final = 60 * MINUTE_MS
# What is under way is an order, or the like: a minute later it would be another.
URGENT: Final[ContextVar[bool]] = ContextVar("urgent", default=False)
_BANNED_UNTIL: Final = re.compile(r"banned until (\d{13})")


class Guard:
    """Counts weight and keeps requests back.

    Promise: while it is banned nothing is let through; a ban that tells no end doubles each time
    until an answer is good again.

    Attributes:
        used_weight: of the minute of the newest answer; `used` tells the running one's.
        limit: a minute, or None when the exchange names no weight.
        banned_until: our time (ms) before which nothing may be sent, or None.
        skew_ms: the exchange's clock minus ours: its minutes count.
    """

    def __init__(self, clock: Clock, limit: int | None) -> None:
        self.limit = limit
        self.used_weight = 0
        self.refused = 0  # requests that were kept back
        self.skew_ms = 0
        self._clock = clock
        self._minute = 0
        self._until = 0
        self._ban_ms = FIRST_BAN_MS

    @property
    def banned_until(self) -> int | None:
        """Return when the ban ends, None when there is none."""
        return self._until if self._clock.now() < self._until else None

    def check(self) -> None:
        """Let a request pass, or not.

        Raises:
            RateLimited: the exchange wants silence.
        """
        until = self.banned_until
        if until is not None:
            self.refused += 1
            left_s = (until - self._clock.now()) / 1000
            raise RateLimited(f"the exchange wants to be left alone for {left_s:.0f} s more", until)

    async def admit(self, weight: float) -> None:
        """Wait until the minute has room for *weight*; what is `URGENT` does not wait.

        Raises:
            RateLimited: the exchange wants silence, or something urgent finds no room at all.
        """
        self.check()
        while not self._has_room(weight):
            left_ms = MINUTE_MS - (self._clock.now() + self.skew_ms) % MINUTE_MS
            if URGENT.get():
                until = self._clock.now() + left_ms
                raise RateLimited("the weight of this minute is used up: nothing was sent", until)
            await self._clock.sleep(left_ms / 1000)
            self.check()
        self.used_weight = self.used() + int(weight)

    def _has_room(self, weight: float) -> bool:
        used = self.used()
        if self.limit is None or not used:
            return True
        return used + weight <= self.limit * (1 if URGENT.get() else FULL)

    def heard(self, status: int, headers: Mapping[str, str], body: str) -> None:
        """Learn from an answer: its HTTP status, its headers and its text."""
        lower = {name.lower(): value for name, value in headers.items()}
        told = lower.get(WEIGHT_HEADER, "")
        if told.isdecimal():
            self.used()
            self.used_weight = int(told)
        if status not in LIMIT_STATUSES:
            self._ban_ms = FIRST_BAN_MS
            return
        self.ban(lower.get("retry-after"), body)

    def ban(self, retry_after: str | None, body: str = "") -> None:
        """Send nothing for *retry_after* seconds, or until the time that *body* names."""
        now = self._clock.now()
        named = _BANNED_UNTIL.search(body)
        try:
            wait_ms = int(float(retry_after or "") * 1000)
        except (ValueError, OverflowError):
            wait_ms, self._ban_ms = self._ban_ms, min(self._ban_ms * 2, LONGEST_BAN_MS)
        until = int(named[1]) - self.skew_ms if named else now + max(wait_ms, 1_000)
        self._until = max(self._until, min(until, now + 72 * LONGEST_BAN_MS))

    def used(self) -> int:
        """Return the weight of the running minute."""
        minute = (self._clock.now() + self.skew_ms) // MINUTE_MS
        if minute != self._minute:
            self._minute, self.used_weight = minute, 0
        return self.used_weight
