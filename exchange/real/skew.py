"""How far an exchange's clock is from ours."""

import statistics
from collections.abc import Awaitable, Callable
from typing import Final

from utils.clock import Clock

SAMPLES: Final = 5


class Skew:
    """The exchange's clock minus ours, measured by asking for its time.

    An answer is taken to have been made halfway between question and answer, and the median of a
    few is believed, so that one slow answer does not count.

    Attributes:
        ms: the difference; None before the first measurement.
        round_trip_ms: the median time of a question and its answer.
        measured_at: our time of the newest measurement (ms), 0 before the first.
    """

    def __init__(self, clock: Clock) -> None:
        self.ms: int | None = None
        self.round_trip_ms: int | None = None
        self.measured_at = 0
        self._clock = clock

    async def measure(self, ask: Callable[[], Awaitable[int]], pause_s: float = 0.0) -> None:
        """Measure with answers of *ask*, which returns the exchange's time in ms.

        *pause_s* before each keeps ccxt from waiting between our question and its sending.
        Whatever *ask* raises is passed on, and what was known before stays.
        """
        differences: list[float] = []
        round_trips: list[float] = []
        for _ in range(SAMPLES):
            await self._clock.sleep(pause_s)
            began, now = self._clock.monotonic(), self._clock.now()
            theirs = await ask()
            ended = self._clock.now()
            round_trips.append((self._clock.monotonic() - began) * 1000)
            differences.append(theirs - (now + ended) / 2)
        self.ms = round(statistics.median(differences))
        self.round_trip_ms = round(statistics.median(round_trips))
        self.measured_at = self._clock.now()

    def to_local(self, at: int | None) -> int:
        """Return our time for the exchange's *at* (ms), never later than now; None is now."""
        now = self._clock.now()
        return now if at is None else min(now, at - (self.ms or 0))
