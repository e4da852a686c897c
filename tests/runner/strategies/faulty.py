"""Does what a test says instead of what a strategy should."""

from collections.abc import Callable
from typing import Any, Final

from core.market import Bar
from core.trades import Trade
from strategy.base import AccountView, Signal

behave: Callable[[Bar], Signal | None] = lambda _: None  # noqa: E731 - a test sets it
prepare: Callable[[], Any] = lambda: None  # noqa: E731 - a test sets it
learn: Callable[[Trade], Any] = lambda _: None  # noqa: E731 - a test sets it
excuse: Callable[[], str] = lambda: ""  # noqa: E731 - a test sets it


class Faulty:
    """Calls `prepare` when it is made, `behave` for bars, `learn` for trades."""

    name = "faulty"
    warmup_bars = 10

    def __init__(self) -> None:
        prepare()

    @property
    def off_reason(self) -> str:
        """Say `excuse`."""
        return excuse()

    def warm(self, bar: Bar) -> None:
        """Behave."""
        behave(bar)

    def on_bar(self, bar: Bar, _view: AccountView) -> Signal | None:
        """Behave."""
        return behave(bar)

    def on_trade(self, trade: Trade, _signal: Signal | None) -> None:
        """Learn."""
        learn(trade)


STRATEGY: Final = Faulty
