"""Whether a change is worth telling people: what goes to and fro is told ever more seldom."""

from collections import deque
from typing import Final

WINDOW_S: Final = 600.0
# How long a state must have lasted to be told, by how often it was told within the window.
PATIENCE_S: Final = (0.0, 2.0, 30.0, 30.0, 60.0, 60.0, 120.0, 120.0, 300.0)


class Calm:
    """Follows something that is so or not.

    Promise: the first change is told at once and its end soon after; of a state that flaps people
    hear a few times an hour at most, and never that it ended when it has not.
    """

    def __init__(self) -> None:
        self.told = False
        self._since_s: float | None = None
        self._times: deque[float] = deque()

    def turned(self, now_s: float, *, is_so: bool) -> bool:
        """Return whether to tell now (monotonic seconds) that it *is_so*."""
        if is_so == self.told:
            self._since_s = None
            return False
        if self._since_s is None:
            self._since_s = now_s
        while self._times and now_s - self._times[0] > WINDOW_S:
            self._times.popleft()
        if now_s - self._since_s < PATIENCE_S[min(len(self._times), len(PATIENCE_S) - 1)]:
            return False
        self.told, self._since_s = is_so, None
        self._times.append(now_s)
        return True
