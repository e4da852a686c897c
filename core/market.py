"""What a market says: instruments, bars, quotes, books, marks and funding.

Prices and quantities are `Decimal`; every ``at`` and ``…_time`` is integer milliseconds
since the epoch, UTC. All messages are immutable.
"""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Final

import msgspec

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
FUNDING_INTERVAL_MS: Final = 8 * HOUR_MS


class MarginTier(msgspec.Struct, frozen=True):
    """One bracket of the exchange's maintenance margin table.

    Source: https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93
    """

    notional_cap: Decimal
    maintenance_rate: Decimal
    maintenance_amount: Decimal


class Instrument(msgspec.Struct, frozen=True):
    """A linear perpetual contract and its trading rules; fees are rates (0.0005 = 5 bps).

    ``liquidation_fee`` is what a liquidation costs on top of the taker fee.
    """

    symbol: str
    base: str
    quote: str
    tick_size: Decimal
    step_size: Decimal
    min_notional: Decimal
    max_leverage: int
    maker_fee: Decimal
    taker_fee: Decimal
    liquidation_fee: Decimal
    tiers: tuple[MarginTier, ...]

    def round_price(self, price: Decimal) -> Decimal:
        """Return *price* on the nearest tick."""
        ticks = (price / self.tick_size).to_integral_value(ROUND_HALF_EVEN)
        return (ticks * self.tick_size).quantize(self.tick_size)

    def round_qty(self, qty: Decimal) -> Decimal:
        """Return *qty* cut down to a whole number of steps."""
        steps = (qty / self.step_size).to_integral_value(ROUND_DOWN)
        return (steps * self.step_size).quantize(self.step_size)


class Bar(msgspec.Struct, frozen=True, gc=False):
    """A closed candle: open to close over ``interval_ms`` from ``open_time``; volume in base."""

    symbol: str
    open_time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    interval_ms: int = MINUTE_MS

    @property
    def close_time(self) -> int:
        """Return the first millisecond after the bar."""
        return self.open_time + self.interval_ms


class Tick(msgspec.Struct, frozen=True, gc=False):
    """The newest trade price with the best bid and ask at that moment; ``qty`` in base."""

    symbol: str
    at: int
    bid: Decimal
    ask: Decimal
    last: Decimal
    qty: Decimal = Decimal(0)


class Book(msgspec.Struct, frozen=True):
    """Depth, best first: each level is (price, qty in base)."""

    symbol: str
    at: int
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


class MarkPrice(msgspec.Struct, frozen=True, gc=False):
    """The price positions are valued at, and the funding rate now expected (per interval).

    ``index_price`` is the average of spot exchanges that the mark price is held to, where told.
    """

    symbol: str
    at: int
    mark_price: Decimal
    funding_rate: Decimal
    next_funding_at: int
    index_price: Decimal | None = None


class Funding(msgspec.Struct, frozen=True, gc=False):
    """A funding settlement: holders pay ``qty · mark_price · rate`` at this instant."""

    symbol: str
    at: int
    rate: Decimal
    mark_price: Decimal


class DayStats(msgspec.Struct, frozen=True, gc=False):
    """The last 24 hours as the exchange tells them; volume in base, change in percent.

    What an exchange does not tell is None.
    """

    symbol: str
    at: int
    high: Decimal | None
    low: Decimal | None
    volume: Decimal | None
    quote_volume: Decimal | None
    change_pct: Decimal | None


MarketMessage = Bar | Tick | Book | MarkPrice | Funding | DayStats


class Step(msgspec.Struct, frozen=True):
    """Messages a feed yields together; all belong to engine time ``at``, in order."""

    at: int
    messages: tuple[MarketMessage, ...]
