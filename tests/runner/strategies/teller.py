"""Says what a test planned for each minute, and remembers what it was told of its trades."""

from collections.abc import Callable
from typing import Final

from core.market import Bar
from core.trades import Trade
from strategy.base import AccountView, Signal

plan: Callable[[Bar, AccountView], Signal | None] = lambda _bar, _view: None  # noqa: E731
told: list[tuple[Trade, Signal | None]] = []


class Teller:
    """Follows `plan`; keeps its trades in `told`."""

    name = "teller"
    warmup_bars = 0

    def warm(self, bar: Bar) -> None:
        """Remember nothing."""

    def on_bar(self, bar: Bar, view: AccountView) -> Signal | None:
        """Follow the plan."""
        return plan(bar, view)

    def on_trade(self, trade: Trade, signal: Signal | None) -> None:
        """Keep what is told."""
        told.append((trade, signal))


STRATEGY: Final = Teller
