"""Orders against books and ticks, as they come."""

from decimal import Decimal

import msgspec

from core.ledger import ZERO
from core.market import Book, Tick
from core.orders import Liquidity, Order, OrderStatus, OrderType, Side
from exchange.paper.blotter import Blotter, Deal
from exchange.paper.prices import average, size, slipped
from exchange.paper.settlement import Settlement
from exchange.paper.touches import rises_to
from exchange.paper.venue import Venue


class QuoteMatcher:
    """Matches when the market is seen from moment to moment."""

    def __init__(self, blotter: Blotter, settlement: Settlement, slippage_bps: Decimal) -> None:
        self._blotter = blotter
        self._settlement = settlement
        self._slippage_bps = slippage_bps

    def on_book(self, venue: Venue, book: Book) -> None:
        """Let waiting market orders and crossed limit orders trade with a new book."""
        venue.on_book(book)
        for order in venue.of_type(OrderType.MARKET, OrderType.LIMIT):
            if order.id in venue.orders:
                self.take_book(venue, order, book.at)

    def take_book(self, venue: Venue, order: Order, at: int) -> None:
        """Let a market or limit order take what the newest book has for it, if there is one."""
        depth = venue.book_now(at)
        if depth is None:
            return
        taking = order.id in venue.arriving
        venue.arriving.discard(order.id)
        wanted = self._blotter.wanted(order)
        if wanted <= ZERO:
            self._blotter.close(venue, order, OrderStatus.CANCELLED, "position closed")
            return
        if order.type is OrderType.MARKET:
            taken = depth.take_all(order.side, wanted, self._slippage_bps, venue.rules)
        else:
            taken = depth.take(order.side, wanted, order.price)
        if not taken:
            return
        price, aim, liquidity = average(taken, order.side), depth.mid, Liquidity.TAKER
        if order.type is OrderType.LIMIT and not taking and order.price is not None:
            price, aim, liquidity = order.price, order.price, Liquidity.MAKER
        at = max(at, order.created_at)
        deal = Deal(price, size(taken), at, order.trigger_price or aim, liquidity)
        self._blotter.execute(venue, order, deal)

    def on_tick(self, venue: Venue, tick: Tick) -> None:
        """Trigger stops and targets, and fill by the tick what has no book to trade with."""
        venue.tick = tick
        if not venue.has_mark(tick.at):
            self._settlement.on_mark(venue, tick.last, tick.at)
        for order in list(venue.orders.values()):
            if order.id not in venue.orders:
                continue  # a fill just before closed its position, and it with that
            if order.type is OrderType.LIMIT:
                self._fill_limit(venue, order, tick)
            elif order.type is OrderType.MARKET or _is_triggered(order, tick.last):
                self._fill_market(venue, order, tick)

    def _fill_market(self, venue: Venue, order: Order, tick: Tick) -> None:
        """Trade with the book if there is one, wait for it if one is due, else take the tick."""
        if venue.books_flow(tick.at):
            if order.type is not OrderType.MARKET:
                order = msgspec.structs.replace(order, type=OrderType.MARKET)
                self._blotter.accept(venue, order, arriving=True)
            self.take_book(venue, order, tick.at)
            return
        best = tick.ask if order.side is Side.BUY else tick.bid
        price = slipped(best, order.side, self._slippage_bps, venue.rules)
        aim = order.trigger_price or (tick.bid + tick.ask) / 2
        at = max(tick.at, order.created_at)
        self._blotter.execute(venue, order, Deal(price, order.remaining_qty, at, aim))

    def _fill_limit(self, venue: Venue, order: Order, tick: Tick) -> None:
        """Fill a limit order by a tick when no books tell more."""
        if venue.books_flow(tick.at) or order.price is None:
            return
        taking = order.id in venue.arriving
        venue.arriving.discard(order.id)
        best = tick.ask if order.side is Side.BUY else tick.bid
        if (best - order.price) * order.side.sign > 0:
            return
        price = best if taking else order.price
        liquidity = Liquidity.TAKER if taking else Liquidity.MAKER
        at = max(tick.at, order.created_at)
        deal = Deal(price, order.remaining_qty, at, price, liquidity)
        self._blotter.execute(venue, order, deal)


def _is_triggered(order: Order, last: Decimal) -> bool:
    level = order.trigger_price
    if level is None:
        return False
    return last >= level if rises_to(order) else last <= level
