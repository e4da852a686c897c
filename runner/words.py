"""Facts in words: one place for titles and details, so page, bot and report say the same."""

from decimal import Decimal

from core.market import Instrument
from core.orders import Fill, FundingCharged, Liquidity, Order, OrderRole, Side
from core.trades import Trade

Told = tuple[str, str]

EXITS = {
    "stop": "Stop hit",
    "target": "Target hit",
    "signal": "Signal turned",
    "manual": "Closed by hand",
    "timeout": "Time is up",
    "liquidation": "Liquidated",
}


def price_text(price: Decimal, instrument: Instrument) -> str:
    """Return *price* padded to the tick, with thousands separators."""
    return f"{price.quantize(instrument.tick_size):,}"


def qty_text(qty: Decimal) -> str:
    """Return *qty* without needless zeros."""
    return f"{qty.normalize():,f}"


def held_text(duration_ms: int) -> str:
    """Return a duration as `4m`, `2h 05m` or `3d 4h`."""
    minutes = duration_ms // 60_000
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days}d {hours % 24}h"
    return f"{hours}h {minutes % 60:02d}m" if hours else f"{minutes}m"


def filled(fill: Fill, instrument: Instrument) -> Told:
    """Say an execution."""
    verb = "Bought" if fill.side is Side.BUY else "Sold"
    way = "long" if (fill.side is Side.BUY) != fill.reduce_only else "short"
    rest = ", resting" if fill.liquidity is Liquidity.MAKER else ""
    at = price_text(fill.price, instrument)
    return (
        f"{verb} {qty_text(fill.qty)} {instrument.base}",
        f"{fill.strategy}, {way} {fill.leverage}× at {at}{rest}",
    )


def closed(trade: Trade, instrument: Instrument) -> Told:
    """Say a finished round trip."""
    return (
        f"{EXITS[trade.exit_reason.value]}, {instrument.base} {trade.side} closed",
        f"{trade.strategy}, held {held_text(trade.closed_at - trade.opened_at)}",
    )


def refused(order: Order, instrument: Instrument, reason: str) -> Told:
    """Say an order that was not taken."""
    act = "entry" if order.role is OrderRole.ENTRY else "close"
    return f"{instrument.base} {order.side} {act} not taken", f"{order.strategy}, {reason}"


def funding(charge: FundingCharged, instrument: Instrument, way: str) -> Told:
    """Say a funding settlement."""
    verb = "paid" if charge.amount < 0 else "received"
    rate = f"{charge.rate * 100:.4f}%".replace("-", "−")
    return f"Funding {verb}", f"{instrument.base} {way}, rate {rate}"


def signal(action: str, instrument: Instrument) -> str:
    """Say which side a strategy leans to."""
    return f"{action.capitalize()} {instrument.base}"
