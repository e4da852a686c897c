"""At what price the paper market takes a quantity: from a book, a tick or a bar."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from core.arithmetic import CENT8
from core.ledger import ZERO
from core.market import Book, Instrument
from core.orders import Side

BPS: Final = Decimal(10_000)

Level = tuple[Decimal, Decimal]


class Depth:
    """One book while it is the newest: what is taken from it is gone."""

    __slots__ = ("_last", "_levels", "at", "mid")

    def __init__(self, book: Book) -> None:
        self.at = book.at
        self.mid = (book.bids[0][0] + book.asks[0][0]) / 2
        self._levels = {Side.BUY: list(book.asks), Side.SELL: list(book.bids)}
        self._last = {Side.BUY: book.asks[-1][0], Side.SELL: book.bids[-1][0]}

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

    def take_all(self, side: Side, qty: Decimal, bps: Decimal, rules: Instrument) -> list[Level]:
        """Take the whole of *qty*; what the book cannot give costs its last level plus *bps*."""
        taken = self.take(side, qty)
        missing = qty - size(taken)
        if missing:
            taken.append((slipped(self._last[side], side, bps, rules), missing))
        return taken


def size(levels: list[Level]) -> Decimal:
    """Return the quantity of *levels*."""
    return sum((part for _, part in levels), ZERO)


def average(levels: list[Level], side: Side) -> Decimal:
    """Return the average price of *levels*, to 8 decimals, never better than exact."""
    cost = sum((price * part for price, part in levels), ZERO)
    rounding = ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
    return (cost / size(levels)).quantize(CENT8, rounding)


def slipped(price: Decimal, side: Side, bps: Decimal, rules: Instrument) -> Decimal:
    """Return *price* made worse for *side* by *bps*, on the tick, never better than exact."""
    rounding = ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
    ticks = (price * (1 + side.sign * bps / BPS) / rules.tick_size).to_integral_value(rounding)
    return (max(ticks, Decimal(1)) * rules.tick_size).quantize(rules.tick_size)


def off_middle(price: Decimal, side: Side, rules: Instrument) -> Decimal:
    """Return the best price for *side* around a traded *price*: half a tick of spread worse."""
    return price + side.sign * rules.tick_size / 2
