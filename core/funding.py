"""What funding comes to: a year of it, and what a position pays or gets at a settlement.

Source: https://www.binance.com/en/support/faq/360033525031
"""

from decimal import Decimal
from typing import Final

from core.arithmetic import truncate8
from core.market import FUNDING_INTERVAL_MS, HOUR_MS

DAYS_A_YEAR: Final = 365
HOURS_A_DAY: Final = 24


def annualised_pct(rate: Decimal, interval_h: int) -> Decimal:
    """Return 100 · rate · 24 ÷ interval · 365: a year of that *rate* each *interval_h* hours.

    Simple, not compounded: payments go into cash and do not grow the position.
    """
    return 100 * rate * HOURS_A_DAY * DAYS_A_YEAR / interval_h


def payment(side: str, notional: Decimal, rate: Decimal) -> Decimal:
    """Return what a position gets at a settlement, below 0 what it pays: ∓ notional · rate.

    Above a rate of 0 longs pay shorts. *notional* is positive, at the mark price.
    """
    sign = -1 if side == "long" else 1
    return truncate8(sign * notional * rate)


def interval_hours(settled: list[int]) -> int:
    """Return how many hours are between settlements, by the newest two of those times (ms)."""
    if len(settled) > 1:
        hours = round((settled[-1] - settled[-2]) / HOUR_MS)
        if 1 <= hours <= HOURS_A_DAY:
            return hours
    return FUNDING_INTERVAL_MS // HOUR_MS
