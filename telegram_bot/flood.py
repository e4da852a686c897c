"""How often strangers are answered."""

from collections import OrderedDict, deque
from typing import Final

from utils.clock import Clock

MOST: Final = 1000


class Flood:
    """Lets each user through *each* times, and everybody *all_together* times, in *per_s*."""

    def __init__(self, *, each: int, all_together: int, per_s: float, clock: Clock) -> None:
        self._each = each
        self._all_together = all_together
        self._per_s = per_s
        self._clock = clock
        self._times: OrderedDict[int, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()

    def lets(self, user_id: int) -> bool:
        """Return whether *user_id* is answered now, which counts."""
        own = self._times.setdefault(user_id, deque())
        self._times.move_to_end(user_id)
        while len(self._times) > MOST:
            self._times.popitem(last=False)
        now = self._clock.monotonic()
        for times in (own, self._all):
            while times and times[0] <= now - self._per_s:
                times.popleft()
        if len(own) >= self._each or len(self._all) >= self._all_together:
            return False
        own.append(now)
        self._all.append(now)
        return True
