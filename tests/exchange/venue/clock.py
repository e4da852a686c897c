"""The exchange's own time: the machine's or a given clock's, which tests may move on."""

from utils.clock import Clock, SystemClock


class VenueClock:
    """Tells milliseconds since the epoch; `advance` and `set` move it, never backwards."""

    def __init__(self, base: Clock | None = None, start: int | None = None) -> None:
        self.base = base or SystemClock()
        self._shift = 0 if start is None else start - self.base.now()

    def now(self) -> int:
        """Return the time, in ms."""
        return self.base.now() + self._shift

    def advance(self, ms: int) -> None:
        """Move on by *ms*, beside what the base clock does."""
        self._shift += max(0, ms)

    def set(self, at: int) -> None:
        """Move on to *at* (ms)."""
        self.advance(at - self.now())
