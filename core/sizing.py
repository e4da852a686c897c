"""How large an entry may be: the loss at its stop is a fixed share of equity."""

from decimal import Decimal

import msgspec

from core.market import Instrument

ZERO = Decimal(0)
HUNDRED = Decimal(100)


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

    risk ÷ distance to the stop, at most what the free margin carries with 1 % kept for fees;
    an order below the instrument's minimum notional is not worth sending.
    """
    if price <= 0 or budget.equity <= 0:
        return ZERO
    most = budget.available * budget.leverage / price * Decimal("0.99")
    if stop_price is not None and stop_price != price:
        risk = budget.equity * budget.risk_pct / HUNDRED
        most = min(most, risk / abs(price - stop_price))
    qty = instrument.round_qty(max(most, ZERO))
    return qty if qty * price >= instrument.min_notional else ZERO
