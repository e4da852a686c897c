"""A limit on the time a strategy may take, so that one that hangs does not hang the engine.

The timer of the process ticks every *limit_s*; a call that was under way at the tick before is
interrupted where it stands, and again at each tick until it has ended. So it may take from one
to two limits, and costs little more than a plain call. Code inside a C extension is interrupted
when it comes back.

Nothing but a call can be interrupted: a handler runs in the main thread, and there only where a
function begins, returns from a call, or a loop turns. Between the end of what is called and
`Patience.call` saying so there is none of these.
Source: https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, TypeVar

Result = TypeVar("Result")


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

    def call(self, method: Callable[..., Result], *args: object) -> Result:
        """Return what *method* returns; calls do not nest.

        Raises:
            OutOfTimeError: it took too long.
        """
        self._calls += 1
        try:
            self._busy = True
            return method(*args)
        finally:
            self._busy = False  # an assignment, not a function, for the reason told above

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """Interrupt calls that take too long, in the main thread; in others nothing can be.

        What ticked before, ticks again afterwards. Library calls in C go on after a tick.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, self._tick)
        signal.siginterrupt(signal.SIGALRM, False)  # noqa: FBT003 - it takes it by place
        timer = signal.setitimer(signal.ITIMER_REAL, self.limit_s, self.limit_s)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, *timer)
            signal.signal(signal.SIGALRM, before)

    def _tick(self, _number: int, _frame: FrameType | None) -> None:
        """Interrupt the call that was there a tick ago.

        Raises:
            OutOfTimeError: it still is.
        """
        if self._busy and self._seen == self._calls:
            raise OutOfTimeError(f"it took longer than {self.limit_s:g} s")
        self._seen = self._calls if self._busy else -1
