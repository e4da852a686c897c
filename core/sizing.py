"""How large an entry may be: the loss at its stop is a fixed share of equity."""

from decimal import Decimal
from typing import Final

import msgspec

from core.market import Instrument

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
SPARE: Final = Decimal("0.99")  # of the free margin: the price may move before the fill


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What a sub-account may put at risk: money in quote, ``risk_pct`` of equity a trade."""

    equity: Decimal
    available: Decimal
    risk_pct: Decimal
    leverage: int


def entry_qty(
    budget: Budget, price: Decimal, stop_price: Decimal | None, instrument: Instrument
) -> Decimal:
    """Return the quantity in base, a whole number of steps, or 0 when none is allowed.

    risk / (distance to the stop + both fees), so that the net loss at the stop is the risk; at
    most what the free margin carries with its entry fee. An order under the instrument's
    minimum notional is not worth sending.
    """
    if price <= 0 or budget.equity <= 0:
        return ZERO
    fee = price * instrument.taker_fee
    qty = budget.available * SPARE / (price / budget.leverage + fee)
    if stop_price is not None:
        risk = budget.equity * budget.risk_pct / HUNDRED
        qty = min(qty, risk / (abs(price - stop_price) + 2 * fee))
    qty = instrument.round_qty(max(qty, ZERO))
    return qty if qty * price >= instrument.min_notional else ZERO
