"""Isolated margin of USDT-margined futures in one-way mode.

Source: https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93 (liquidation
price) and https://www.binance.com/en/support/faq/360033162192 (maintenance margin by bracket).
"""

from decimal import ROUND_HALF_EVEN, Decimal

from core.ledger import Position
from core.market import Instrument, MarginTier


def tier_of(instrument: Instrument, notional: Decimal) -> MarginTier:
    """Return the bracket that *notional* (quote, positive) falls in; beyond all, the last."""
    for tier in instrument.tiers:
        if notional <= tier.notional_cap:
            return tier
    return instrument.tiers[-1]


def maintenance_margin(instrument: Instrument, notional: Decimal) -> Decimal:
    """Return notional · rate − amount of its bracket: what must remain, in quote."""
    tier = tier_of(instrument, notional)
    return notional * tier.maintenance_rate - tier.maintenance_amount


def liquidation_price(position: Position, instrument: Instrument) -> Decimal | None:
    """Return the mark price at which the margin left equals the maintenance margin.

    LP = (IW + cum − dir·q·EP) ÷ (q·MMR − dir·q), with IW the isolated wallet (initial margin),
    MMR and cum of the bracket that the notional at LP falls in. None when no positive price
    does it.
    """
    qty, direction = abs(position.qty), position.direction
    price = position.entry_price
    for _ in range(len(instrument.tiers) + 1):
        tier = tier_of(instrument, qty * price)
        wallet = position.margin + tier.maintenance_amount
        cost = direction * qty * position.entry_price
        price = (wallet - cost) / (qty * tier.maintenance_rate - direction * qty)
        if price <= 0:
            return None
        if tier_of(instrument, qty * price) is tier:
            break
    return price.quantize(instrument.tick_size, ROUND_HALF_EVEN)
