"""Does what a test says instead of what a strategy should."""

from collections.abc import Callable
from typing import Final

from core.market import Bar
from strategy.base import AccountView, Signal

behave: Callable[[Bar], Signal | None] = lambda _: None  # noqa: E731 - a test sets it


class Faulty:
    """Calls `behave`."""

    name = "faulty"
    warmup_bars = 10

    def warm(self, bar: Bar) -> None:
        """Behave."""
        behave(bar)

    def on_bar(self, bar: Bar, _view: AccountView) -> Signal | None:
        """Behave."""
        return behave(bar)


STRATEGY: Final = Faulty
