"""A limit on the time a strategy may take, so that one that hangs does not hang the engine.

The timer of the process ticks every *limit_s*; a call that was under way at the tick before is
interrupted where it stands. So it may take from one to two limits, and a call costs nothing
but two assignments. Code inside a C extension is interrupted when it comes back.
Source: https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final


class OutOfTimeError(BaseException):
    """A call took too long; not an `Exception`, so that no strategy catches it by accident."""


class Patience:
    """Counts calls; `ticking` makes the ones that take too long end.

    Promise: outside of a call nothing is ever interrupted.
    """

    __slots__ = ("_busy", "_calls", "_seen", "limit_s")

    def __init__(self, limit_s: float) -> None:
        self.limit_s: Final = limit_s
        self._busy = False
        self._calls = 0
        self._seen = -1

    def begin(self) -> None:
        """Say that a call begins."""
        self._calls += 1
        self._busy = True

    def end(self) -> None:
        """Say that it ended, however it did."""
        self._busy = False

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """Interrupt calls that take too long; only in the main thread of a process."""
        before = signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, self.limit_s, self.limit_s)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _tick(self, _number: int, _frame: FrameType | None) -> None:
        """Interrupt the call that was there a tick ago.

        Raises:
            OutOfTimeError: it still is.
        """
        if self._busy and self._seen == self._calls:
            self._busy = False
            raise OutOfTimeError(f"it took longer than {self.limit_s:g} s")
        self._seen = self._calls if self._busy else -1
