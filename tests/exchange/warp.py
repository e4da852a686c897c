"""A loop whose time jumps to the next timer when nothing is left to do: a day in some seconds.

Everything that waits by the loop (sleeps, timeouts, delays of ccxt, of aiohttp, of ours) waits for
virtual time; sockets are real. On loopback what was sent is there to be read at once, so time
stands still until all that was sent has been dealt with.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final, TypeVar, TypeVarTuple

import pytest
from typing_extensions import override

import utils.clock

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
LOOKS: Final = 2  # looks at the sockets before time jumps
PATIENCE_S: Final = 0.0005  # of real time, for what threads do meanwhile


class WarpSelector(selectors.DefaultSelector):
    """Looks at the sockets; *idle* is told how long there would be nothing to do."""

    idle: Callable[[float | None], bool]

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        for _ in range(LOOKS):
            if events := super().select(0):
                return events
            if timeout is not None and timeout <= 0:
                return []
        return [] if self.idle(timeout) else super().select(PATIENCE_S)


class WarpLoop(asyncio.SelectorEventLoop):
    """Virtual time begins at *start* (ms since the epoch); work in threads holds it.

    Attributes:
        held: number of things outside the loop that time has to wait for.
    """

    def __init__(self, start: int) -> None:
        selector = WarpSelector()
        selector.idle = self._idle
        self.start = start
        self.held = 0
        self._virtual_s = 0.0
        super().__init__(selector)

    @override
    def time(self) -> float:
        return self._virtual_s

    def now(self) -> int:
        """Return milliseconds since the epoch."""
        return self.start + round(self._virtual_s * 1000)

    @override
    def run_in_executor(self, executor: Any, func: Callable[[*Ts], T], *args: *Ts) -> Any:
        future = super().run_in_executor(executor, func, *args)
        self.held += 1
        future.add_done_callback(self._let_go)
        return future

    def _let_go(self, _future: Any) -> None:
        self.held -= 1

    def _idle(self, timeout: float | None) -> bool:
        if timeout is None or self.held:
            return False
        self._virtual_s += timeout
        return True


class WarpTime:
    """What `utils.clock` and ccxt ask for the time, answered by the loop."""

    def __init__(self, loop: WarpLoop) -> None:
        self._loop = loop

    def time(self) -> float:
        """Return seconds since the epoch."""
        return self._loop.now() / 1000

    def time_ns(self) -> int:
        """Return nanoseconds since the epoch."""
        return self._loop.now() * 1_000_000

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self._loop.time()

    def __getattr__(self, name: str) -> Any:
        """Return what else the module has."""
        return getattr(time, name)


@contextmanager
def warped(start: int) -> Iterator[WarpLoop]:
    """Yield a loop in whose time our clocks and ccxt's live."""
    ccxt = import_module("ccxt.base.exchange")
    throttler = import_module("ccxt.async_support.base.throttler")

    loop = WarpLoop(start)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils.clock, "time", WarpTime(loop))
        patch.setattr(ccxt, "time", WarpTime(loop))
        patch.setattr(throttler, "time", WarpTime(loop).time)
        try:
            yield loop
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()


def run_warped(start: int, main: Callable[[WarpLoop], Coroutine[Any, Any, T]]) -> T:
    """Run *main* in a warped loop; what it left running is an error."""
    with warped(start) as loop:
        result = loop.run_until_complete(main(loop))
        left = asyncio.all_tasks(loop)
        assert not left, left
        return result


def slower(patch: pytest.MonkeyPatch, factor: float, names: Mapping[Any, list[str]]) -> None:
    """Multiply constants of modules, so that a long time holds fewer looks."""
    for module, constants in names.items():
        for name in constants:
            patch.setattr(module, name, getattr(module, name) * factor)
