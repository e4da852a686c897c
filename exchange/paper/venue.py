"""One symbol at the paper exchange: its newest prices and the orders that rest there."""

from decimal import Decimal
from typing import Final

from core.market import Bar, Book, Instrument, Tick
from core.orders import Order, OrderType
from exchange.paper.prices import Depth

BOOK_LIFE_MS: Final = 5_000
MARK_LIFE_MS: Final = 10_000


class Venue:
    """What the broker knows of one symbol.

    Attributes:
        orders: open orders by id, oldest first; market orders among them wait for a price.
        arriving: ids of orders that met no price since they came or were moved.
        moved: ids of orders whose level was moved since the last bar.
        rests: by position id, its strategy and the part of the newest bar that is still to come
            for a position that traded in it.
    """

    __slots__ = ("arriving", "bar", "depth", "mark_at", "moved", "orders", "rests", "rules", "tick")

    def __init__(self, rules: Instrument) -> None:
        self.rules = rules
        self.orders: dict[str, Order] = {}
        self.arriving: set[str] = set()
        self.moved: set[str] = set()
        self.rests: dict[str, tuple[str, Bar]] = {}
        self.depth: Depth | None = None
        self.tick: Tick | None = None
        self.bar: Bar | None = None
        self.mark_at = -MARK_LIFE_MS

    def on_book(self, book: Book) -> None:
        """Take a new book; one without both sides is no book."""
        self.depth = Depth(book) if book.bids and book.asks else None

    def on_bar(self, bar: Bar) -> bool:
        """Take a closed bar; return whether it tells more than the ticks did."""
        self.bar = bar
        if self.tick is not None and self.tick.at >= bar.open_time:
            self.moved.clear()
            return False
        self.tick = self.depth = None
        return True

    @property
    def last_price(self) -> Decimal | None:
        """Return the newest price of all, None before the first."""
        if self.tick is not None:
            return self.tick.last
        if self.depth is not None:
            return self.depth.mid
        return self.bar.close if self.bar is not None else None

    def books_flow(self, at: int) -> bool:
        """Return whether a book came lately, so that another is to be expected."""
        return self.depth is not None and at - self.depth.at <= BOOK_LIFE_MS

    def book_now(self, at: int) -> Depth | None:
        """Return the book an order can trade with at once: none that a tick has overtaken."""
        depth = self.depth
        if depth is None or at - depth.at > BOOK_LIFE_MS:
            return None
        return None if self.tick is not None and self.tick.at > depth.at else depth

    def has_mark(self, at: int) -> bool:
        """Return whether a mark price came lately."""
        return at - self.mark_at <= MARK_LIFE_MS

    def rest(self, order: Order, *, arriving: bool) -> None:
        """Keep an order until it is filled or closed."""
        self.orders[order.id] = order
        if arriving:
            self.arriving.add(order.id)

    def remove(self, order_id: str) -> None:
        """Forget an order."""
        self.orders.pop(order_id, None)
        self.arriving.discard(order_id)
        self.moved.discard(order_id)

    def of_type(self, *types: OrderType) -> list[Order]:
        """Return the open orders of these types, oldest first."""
        return [order for order in self.orders.values() if order.type in types]
