"""Trades without sense or pause, so that there is always something to lose."""

from decimal import Decimal
from typing import Final

from core.market import MINUTE_MS, Bar
from strategy.base import AccountView, Decision, Intent, Outlook

HOLD_MS: Final = 4 * MINUTE_MS
REACH: Final = Decimal("0.002")


class Churn:
    """Enters every third minute, alternately long and short; leaves after four."""

    name = "churn"
    warmup_bars = 0

    def warm(self, bar: Bar) -> None:
        """Remember nothing."""

    def on_bar(self, bar: Bar, view: AccountView) -> Decision | None:
        """Enter when flat, leave when late."""
        outlook = Outlook(bar.symbol, "hold", 0.5, "churning", bar.close)
        if view.position is not None:
            if bar.close_time - view.position.opened_at < HOLD_MS:
                return Decision(outlook)
            close = Intent(action="close", symbol=bar.symbol, confidence=0.5, reasons=("late",))
            return Decision(outlook, close)
        minute = bar.open_time // MINUTE_MS
        if minute % 3:
            return Decision(outlook)
        long = minute % 2 == 0
        reach = bar.close * REACH * (1 if long else -1)
        entry = Intent(
            action="buy" if long else "sell", symbol=bar.symbol, confidence=0.5,
            reasons=("turn",), stop_price=bar.close - reach, target_price=bar.close + reach,
        )  # fmt: skip
        return Decision(outlook, entry)


STRATEGY: Final = Churn
