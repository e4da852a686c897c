"""Isolated margin of USDT-margined futures in one-way mode: brackets, liquidation, margin ratio.

Source: https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93 (liquidation
price, and why the bracket at that price counts) and
https://www.binance.com/en/support/faq/360033162192 (maintenance margin by bracket).
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

from core.arithmetic import CENT8, notional, truncate8
from core.ledger import ZERO, Position
from core.market import Instrument, MarginTier


def margin_tiers(brackets: Iterable[tuple[Decimal, Decimal]]) -> tuple[MarginTier, ...]:
    """Return *brackets* (notional cap, maintenance rate), smallest first, with their amounts.

    amount = floor of the bracket · (its rate - the rate before) + the amount before, which makes
    the maintenance margin a continuous function of the notional, as a tax by brackets is.
    Source: https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93
    """
    tiers: list[MarginTier] = []
    for cap, rate in brackets:
        amount = ZERO
        if tiers:
            before = tiers[-1]
            steps = before.notional_cap * (rate - before.maintenance_rate)
            amount = before.maintenance_amount + steps
        tiers.append(MarginTier(cap, rate, amount))
    return tuple(tiers)


def tier_of(instrument: Instrument, worth: Decimal) -> MarginTier:
    """Return the bracket that a notional of *worth* (positive) falls in; beyond all, the last."""
    for tier in instrument.tiers:
        if worth <= tier.notional_cap:
            return tier
    return instrument.tiers[-1]


def maintenance_margin(instrument: Instrument, worth: Decimal) -> Decimal:
    """Return notional · rate - amount of the bracket of *worth*: what must remain, in quote."""
    tier = tier_of(instrument, worth)
    return worth * tier.maintenance_rate - tier.maintenance_amount


def margin_ratio(position: Position, mark_price: Decimal, instrument: Instrument) -> Decimal | None:
    """Return maintenance margin ÷ margin balance at *mark_price*; at 1 it is liquidated.

    The margin balance of an isolated position is its wallet plus unrealized P&L. None when
    nothing of it is left: there is no ratio to nothing.
    Source: https://www.binance.com/en/support/faq/360033525271
    """
    balance = position.margin + position.unrealized_pnl(mark_price)
    if balance <= 0:
        return None
    return maintenance_margin(instrument, notional(position.qty, mark_price)) / balance


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
    Source: https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93
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

    The clearance fee is a rate of the notional that the exchange sets for each contract
    (``liquidationFee`` of its exchangeInfo). Both together take at most what is left of the
    isolated margin, so a liquidation never loses more than that.
    Source: https://www.binance.com/en/support/faq/360033525271 (liquidation protocols) and
    https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information
    """
    rate = instrument.taker_fee + instrument.liquidation_fee
    asked = truncate8(notional(position.qty, price) * rate)
    left = truncate8(position.margin) + position.gross_pnl(abs(position.qty), price)
    return max(ZERO, min(asked, left))
