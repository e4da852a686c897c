"""Buys at the first bar of every symbol and holds, so that there is something to command."""

from decimal import Decimal
from typing import Final

from core.market import Bar
from strategy.base import AccountView, Signal

FAR: Final = Decimal("0.05")


class Holder:
    """Long of everything, with a far stop and a far target."""

    name = "holder"
    warmup_bars = 0

    def warm(self, bar: Bar) -> None:
        """Remember nothing."""

    def on_bar(self, bar: Bar, view: AccountView) -> Signal | None:
        """Buy when flat."""
        if view.position is not None:
            return None
        return Signal(
            symbol=bar.symbol, action="buy", confidence=1.0, price=bar.close,
            reasons=("to hold",), wish="enter", stop_price=bar.close * (1 - FAR),
            target_price=bar.close * (1 + FAR),
        )  # fmt: skip


STRATEGY: Final = Holder
