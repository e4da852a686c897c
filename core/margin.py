"""Isolated margin of USDT-margined futures in one-way mode.

Source: https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93 (liquidation
price, and why the bracket at that price counts) and
https://www.binance.com/en/support/faq/360033162192 (maintenance margin by bracket).
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from core.ledger import CENT8, ZERO, Position, truncate8
from core.market import Instrument, MarginTier

LIQUIDATION_FEE: Final = Decimal("0.005")


def tier_of(instrument: Instrument, notional: Decimal) -> MarginTier:
    """Return the bracket that *notional* (quote, positive) falls in; beyond all, the last."""
    for tier in instrument.tiers:
        if notional <= tier.notional_cap:
            return tier
    return instrument.tiers[-1]


def maintenance_margin(instrument: Instrument, notional: Decimal) -> Decimal:
    """Return notional · rate - amount of its bracket: what must remain, in quote."""
    tier = tier_of(instrument, notional)
    return notional * tier.maintenance_rate - tier.maintenance_amount


def liquidation_price(position: Position, instrument: Instrument) -> Decimal | None:
    """Return the mark price that liquidates *position*; None when no positive price does.

    The isolated wallet is the initial margin: funding is paid from free cash, so it moves no
    liquidation price.
    """
    return isolated_liquidation_price(
        position.margin, position.qty, position.entry_price, instrument
    )


def isolated_liquidation_price(
    wallet: Decimal, qty: Decimal, entry_price: Decimal, instrument: Instrument
) -> Decimal | None:
    """Return the price at which what is left of *wallet* equals the maintenance margin.

    LP = (IW + cum - dir·q·EP) ÷ (q·MMR - dir·q), with IW the isolated *wallet* in quote, q the
    size and dir the sign of *qty*, MMR and cum of the bracket that the notional at LP falls
    in. To 8 decimals; None when no positive price does it.
    """
    size = abs(qty)
    for tier in instrument.tiers:
        left = wallet + tier.maintenance_amount - qty * entry_price
        price = left / (size * tier.maintenance_rate - qty)
        if price > 0 and tier_of(instrument, size * price) is tier:
            return price.quantize(CENT8, ROUND_HALF_EVEN)
    return None


def liquidation_fee(position: Position, price: Decimal, instrument: Instrument) -> Decimal:
    """Return what a liquidation at *price* costs, in quote: taker fee plus clearance fee.

    The clearance fee is 0.5 % of the notional. Both together take at most what is left of the
    isolated margin, so a liquidation never loses more than that.
    Source: https://www.binance.com/en/support/faq/360033525271 (liquidation protocols).
    """
    size = abs(position.qty)
    asked = truncate8(size * price * (instrument.taker_fee + LIQUIDATION_FEE))
    left = truncate8(position.margin) + position.gross_pnl(size, price)
    return max(ZERO, min(asked, left))
