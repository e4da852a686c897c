"""At what price the paper market takes a quantity: from a book, a tick or a bar."""

from decimal import Decimal
from typing import Final

from core.market import Book, Instrument
from core.orders import Side

BPS: Final = Decimal(10_000)
ZERO: Final = Decimal(0)
PRICE8: Final = Decimal("0.00000001")

Level = tuple[Decimal, Decimal]


class Depth:
    """One book while it is the newest: what is taken from it is gone."""

    def __init__(self, book: Book) -> None:
        self.at = book.at
        self._levels = {Side.BUY: list(book.asks), Side.SELL: list(book.bids)}
        self.mid = (book.bids[0][0] + book.asks[0][0]) / 2

    def best(self, side: Side) -> Decimal | None:
        """Return the best price an order of *side* would meet, if any is left."""
        levels = self._levels[side]
        return levels[0][0] if levels else None

    def take(self, side: Side, qty: Decimal, limit: Decimal | None = None) -> list[Level]:
        """Take up to *qty* at prices not worse than *limit*; return (price, qty) taken."""
        levels, taken = self._levels[side], []
        while levels and qty > 0:
            price, available = levels[0]
            if limit is not None and (price - limit) * side.sign > 0:
                break
            part = min(qty, available)
            taken.append((price, part))
            qty -= part
            if part == available:
                levels.pop(0)
            else:
                levels[0] = (price, available - part)
        return taken


def slipped(price: Decimal, side: Side, bps: Decimal, instrument: Instrument) -> Decimal:
    """Return *price* made worse by *bps* for *side*, on the tick, never better than *price*."""
    worse = instrument.round_price(price * (1 + side.sign * bps / BPS))
    return max(worse, price) if side is Side.BUY else min(worse, price)


def average(levels: list[Level]) -> tuple[Decimal, Decimal]:
    """Return (average price to 8 decimals, quantity) of *levels*; at least one."""
    qty = sum((part for _, part in levels), ZERO)
    cost = sum((price * part for price, part in levels), ZERO)
    return (cost / qty).quantize(PRICE8), qty
