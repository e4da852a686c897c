"""The paper broker: orders matched against the feed's book, ticks or bars.

Rules:

- A market order takes the newest book at once; while a tick has overtaken that book it waits
  for the next one; without books it fills at the next tick, or the next bar's open, with
  slippage. A triggered stop or take_profit is a market order from then on.
- A limit order that crosses the market when it comes takes; one that rests fills at its own
  price when the market trades through it.
- A bar counts only when no tick of its minute was seen, and is read to our disadvantage: see
  `exchange.paper.touches`. Orders that follow from a fill in a bar meet the rest of that bar.
- One-way mode: an entry against an open position is refused, not split; close with a
  reduce-only order first. An exit trades at most what is held, and when a position is flat
  every order left of it is cancelled ("position closed").
- A position whose liquidation price the mark reaches (a bar's extremes count as mark) is
  closed there, even when the market jumped beyond: the loss is never more than its margin.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from core.arithmetic import initial_margin, trading_fee
from core.errors import OrderRejected
from core.ledger import ZERO, Portfolio
from core.market import Bar, Book, DayStats, Funding, Instrument, MarketMessage, MarkPrice, Tick
from core.orders import Accepted, Order, OrderStatus, OrderType, Report
from exchange.paper.bars import BarMatcher
from exchange.paper.blotter import Blotter
from exchange.paper.holdings import Holdings
from exchange.paper.quotes import QuoteMatcher
from exchange.paper.rules import check_form, check_notional, check_price
from exchange.paper.settlement import Settlement
from exchange.paper.venue import Venue


class PaperBroker:
    """Keeps the `exchange.base.Broker` contract on paper.

    Promise: it reads the portfolio and never changes it; every fill and closing is reported
    once; fill ids follow from the order's, so that a step played again books nothing twice.
    """

    answers_later = False

    def __init__(
        self, instruments: Mapping[str, Instrument], portfolio: Portfolio, *, slippage_bps: Decimal
    ) -> None:
        """Trade *instruments*, which may change: it is looked into at each order and message."""
        self._instruments = instruments
        self._venues = {symbol: Venue(rules) for symbol, rules in instruments.items()}
        self._holdings = Holdings(portfolio)
        self._blotter = Blotter(self._holdings)
        self._settlement = Settlement(self._holdings, self._blotter)
        self._quotes = QuoteMatcher(self._blotter, self._settlement, slippage_bps)
        self._bars = BarMatcher(self._holdings, self._blotter, self._settlement, slippage_bps)

    def drain(self) -> list[Report]:
        """Return the reports since the last call, oldest first; call until there is none.

        Once everything before is booked, orders that followed from a fill inside a bar meet
        the rest of that bar, which may be reported by the next call.
        """
        if not self._blotter.reports:
            for venue in self._venues.values():
                if venue.rests:
                    self._bars.on_rests(venue)
        reports, self._blotter.reports = self._blotter.reports, []
        return reports

    def open_orders(self) -> list[Order]:
        """Return the resting orders, oldest first."""
        found = [order for venue in self._venues.values() for order in venue.orders.values()]
        return sorted(found, key=lambda order: order.created_at)

    def restore(self, orders: Iterable[Order]) -> None:
        """Take back the orders that rested when the engine stopped.

        Exits without a position are cancelled.
        """
        for order in orders:
            venue = self._venue(order.symbol)
            if venue is None:
                continue
            venue.rest(order, arriving=False)
            if order.reduce_only and not self._holdings.closable(order):
                self._blotter.close(venue, order, OrderStatus.CANCELLED, "position closed")

    def committed(self) -> None:
        """Do nothing: what happens on paper is sent nowhere."""

    def save(self) -> dict[str, Any]:
        """Return nothing: the orders and the journal say it all."""
        return {}

    def recall(self, saved: Mapping[str, Any]) -> None:
        """Do nothing, for `save` saves nothing."""

    def submit(self, order: Order) -> None:
        """Take an order; what it does at once is reported.

        Raises:
            OrderRejected: it breaks a rule or the account cannot carry it; nothing changed.
        """
        venue = self._venue(order.symbol)
        if venue is None:
            raise OrderRejected(f"order {order.id}: {order.symbol} is not traded here")
        if order.id in venue.orders or self._holdings.was_filled(order.id):
            raise OrderRejected(f"order {order.id} was sent before")
        check_form(order, venue.rules)
        self._check_account(venue, order)
        venue.rest(order, arriving=True)
        if order.type in {OrderType.MARKET, OrderType.LIMIT}:
            self._quotes.take_book(venue, order, order.created_at)
        left = venue.orders.get(order.id)
        if left is not None:
            self._blotter.reports.append(Accepted(left))

    def cancel(self, order_id: str, reason: str) -> None:
        """Take a resting order back.

        Raises:
            OrderRejected: it is not open.
        """
        venue, order = self._find(order_id)
        self._blotter.close(venue, order, OrderStatus.CANCELLED, reason)

    def move(self, order_id: str, price: Decimal) -> None:
        """Give a resting order another limit or trigger price.

        Raises:
            OrderRejected: it is not open, has no level, or the account or tick forbids it.
        """
        venue, order = self._find(order_id)
        check_price(order.id, "price", price, venue.rules)
        if order.type is OrderType.MARKET:
            raise OrderRejected(f"order {order.id}: a market order has no price to move")
        field = "price" if order.type is OrderType.LIMIT else "trigger_price"
        moved = msgspec.structs.replace(order, **{field: price})
        if not order.reduce_only:
            self._check_entry(venue, moved, price)
        self._blotter.accept(venue, moved, arriving=True)
        venue.moved.add(order.id)

    def on_message(self, message: MarketMessage) -> None:
        """Match orders and positions of the message's symbol against it."""
        venue = self._venue(message.symbol)
        if venue is not None:
            self._match(venue, message)

    def _match(self, venue: Venue, message: MarketMessage) -> None:
        if venue.rests:
            self._bars.on_rests(venue)
        match message:
            case Bar():
                if venue.on_bar(message):
                    self._bars.on_bar(venue, message)
            case Tick():
                self._quotes.on_tick(venue, message)
            case Book():
                self._quotes.on_book(venue, message)
            case MarkPrice() | Funding():
                self._settle(venue, message)
            case DayStats():
                return

    def _settle(self, venue: Venue, message: MarkPrice | Funding) -> None:
        if isinstance(message, Funding):
            self._settlement.on_funding(message)
            return
        venue.mark_at = message.at
        self._settlement.on_mark(venue, message.mark_price, message.at)

    def _venue(self, symbol: str) -> Venue | None:
        """Return the venue of *symbol* by the rules it has now, None when it is not traded."""
        rules = self._instruments.get(symbol)
        if rules is None:
            return None
        venue = self._venues.get(symbol)
        if venue is None:
            venue = self._venues[symbol] = Venue(rules)
        elif venue.rules is not rules:
            venue.rules = rules
        return venue

    def _find(self, order_id: str) -> tuple[Venue, Order]:
        for venue in self._venues.values():
            if order_id in venue.orders:
                return venue, venue.orders[order_id]
        raise OrderRejected(f"order {order_id} is not open")

    def _check_account(self, venue: Venue, order: Order) -> None:
        if order.reduce_only:
            if not self._holdings.closable(order):
                raise OrderRejected(
                    f"order {order.id}: position {order.position_id} has nothing for it to reduce"
                )
            return
        price = order.price or order.trigger_price or venue.last_price
        if price is None:
            raise OrderRejected(f"order {order.id}: there is no price for {order.symbol} yet")
        check_notional(order, price, venue.rules)
        self._check_entry(venue, order, price)

    def _check_entry(self, venue: Venue, order: Order, price: Decimal) -> None:
        """Refuse an entry that does not fit beside what is held and what rests already."""
        reserved = ZERO
        for other in self.open_orders():
            if other.strategy != order.strategy or other.reduce_only or other.id == order.id:
                continue
            level = other.price or other.trigger_price or self._venues[other.symbol].last_price
            reserved += initial_margin(other.remaining_qty, level or ZERO, other.leverage)
        fee = trading_fee(order.remaining_qty, price, venue.rules.taker_fee)
        self._holdings.check_entry(order, price, fee, reserved)
