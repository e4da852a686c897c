"""Trades without sense or pause, so that there is always something to lose."""

from decimal import Decimal
from typing import Final

from core.market import MINUTE_MS, Bar
from strategy.base import AccountView, Signal

HOLD_MS: Final = 4 * MINUTE_MS
REACH: Final = Decimal("0.002")


class Churn:
    """Enters every third minute, alternately long and short; leaves after four."""

    name = "churn"
    warmup_bars = 0

    def warm(self, bar: Bar) -> None:
        """Remember nothing."""

    def on_bar(self, bar: Bar, view: AccountView) -> Signal | None:
        """Enter when flat, leave when late."""
        if view.position is not None:
            if bar.close_time - view.position.opened_at < HOLD_MS:
                return None
            return Signal(
                symbol=bar.symbol, action="sell", confidence=0.5, price=bar.close,
                reasons=("late",), wish="close",
            )  # fmt: skip
        minute = bar.open_time // MINUTE_MS
        if minute % 3:
            return None
        long = minute % 2 == 0
        reach = bar.close * REACH * (1 if long else -1)
        return Signal(
            symbol=bar.symbol, action="buy" if long else "sell", confidence=0.5, price=bar.close,
            reasons=("turn",), wish="enter", stop_price=bar.close - reach,
            target_price=bar.close + reach,
        )  # fmt: skip


STRATEGY: Final = Churn
