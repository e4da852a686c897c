"""The paper broker: orders matched against the feed's book, ticks or bars.

Rules, each the pessimistic reading of what a bar cannot tell:

- A market order takes the newest book at once; without one it waits for the next message of
  its symbol and fills there with slippage.
- Inside one bar the stop is reached before the target, and a level the bar opened beyond fills
  at the open. A position whose liquidation price lies nearer than its stop is liquidated.
- A bar is matched only when no tick of its minute was seen: ticks tell more.
- A resting limit order fills at its own price when the market trades strictly through it.
- An order against a position must be reduce-only, and never closes more than there is.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from core.errors import OrderRejected
from core.ledger import Portfolio, Position, truncate8
from core.margin import liquidation_price
from core.market import Bar, Book, Funding, Instrument, MarketMessage, MarkPrice, Tick
from core.orders import (
    Accepted,
    Closed,
    Fill,
    Filled,
    FundingCharged,
    Liquidity,
    Order,
    OrderRole,
    OrderStatus,
    OrderType,
    Report,
    Side,
)
from exchange.paper.holdings import Holdings
from exchange.paper.prices import Depth, average, slipped
from exchange.paper.rules import check_form, check_notional, check_price

# A position taken over by the exchange pays this on its notional, as far as margin is left.
# Source: https://www.binance.com/en/futures/trading-rules/perpetual (liquidation clearance fee)
LIQUIDATION_FEE: Final = Decimal("0.0125")
BOOK_LIFE_MS: Final = 5_000
MARK_LIFE_MS: Final = 10_000
ZERO: Final = Decimal(0)


class Venue:
    """One symbol at the paper exchange: its rules, its newest prices, its resting orders."""

    __slots__ = ("bar", "depth", "mark_at", "orders", "rules", "tick", "waiting")

    def __init__(self, rules: Instrument) -> None:
        self.rules = rules
        self.orders: dict[str, Order] = {}
        self.waiting: list[Order] = []
        self.depth: Depth | None = None
        self.tick: Tick | None = None
        self.bar: Bar | None = None
        self.mark_at = -MARK_LIFE_MS


class PaperBroker:
    """Keeps the `exchange.base.Broker` contract on paper.

    Promise: it reads the portfolio and never changes it; every fill and closing is reported
    once; fill ids follow from the order's, so that a step played again books nothing twice.
    """

    def __init__(
        self, instruments: Mapping[str, Instrument], portfolio: Portfolio, *, slippage_bps: Decimal
    ) -> None:
        self._venues = {symbol: Venue(rules) for symbol, rules in instruments.items()}
        self._holdings = Holdings(portfolio)
        self._slippage_bps = slippage_bps
        self._reports: list[Report] = []

    def drain(self) -> list[Report]:
        """Return the reports since the last call, oldest first."""
        if not self._reports:
            return []
        reports, self._reports = self._reports, []
        return reports

    def open_orders(self) -> list[Order]:
        """Return the resting orders, oldest first."""
        found = [o for v in self._venues.values() for o in (*v.orders.values(), *v.waiting)]
        return sorted(found, key=lambda order: order.created_at)

    def restore(self, orders: Iterable[Order]) -> None:
        """Take back the orders that rested when the engine stopped."""
        for order in orders:
            venue = self._venues.get(order.symbol)
            if venue is not None:
                self._rest(venue, order)

    def submit(self, order: Order) -> None:
        """Take an order; what it does at once is reported.

        Raises:
            OrderRejected: it breaks a rule or the account cannot carry it; nothing changed.
        """
        venue = self._venues.get(order.symbol)
        if venue is None:
            raise OrderRejected(f"order {order.id}: {order.symbol} is not traded here")
        check_form(order, venue.rules)
        self._check_account(order, venue)
        if order.type is OrderType.MARKET and self._fresh_depth(venue, order.created_at):
            self._take_depth(venue, order)
            return
        self._rest(venue, order)
        self._reports.append(Accepted(order))
        bar = venue.bar
        if bar is not None and bar.open_time <= order.created_at < bar.close_time:
            self._match_bar(venue, bar)  # a stop set inside a bar still meets the rest of it
        elif order.type is OrderType.LIMIT:
            self._cross(venue, order, Liquidity.TAKER, order.created_at)

    def cancel(self, order_id: str, reason: str) -> None:
        """Take a resting order back.

        Raises:
            OrderRejected: it is not open.
        """
        venue, order = self._find(order_id)
        self._close(venue, order, OrderStatus.CANCELLED, reason)

    def move(self, order_id: str, price: Decimal) -> None:
        """Give a resting order another limit or trigger price.

        Raises:
            OrderRejected: it is not open, or the price is off the tick.
        """
        venue, order = self._find(order_id)
        check_price(order.id, "price", price, venue.rules)
        if order.type is OrderType.MARKET:
            raise OrderRejected(f"order {order.id}: a market order has no price to move")
        field = "price" if order.type is OrderType.LIMIT else "trigger_price"
        moved = msgspec.structs.replace(order, **{field: price})
        venue.orders[order.id] = moved
        self._reports.append(Accepted(moved))

    def on_message(self, message: MarketMessage) -> None:
        """Match orders and positions of the message's symbol against it."""
        venue = self._venues[message.symbol]
        match message:
            case Bar():
                self._on_bar(venue, message)
            case Tick():
                self._on_tick(venue, message)
            case Book():
                self._on_book(venue, message)
            case MarkPrice():
                venue.mark_at = message.at
                self._liquidate(venue, message.mark_price, message.mark_price, message.at)
            case Funding():
                self._fund(message)

    def _check_account(self, order: Order, venue: Venue) -> None:
        held = self._holdings.qty(order.strategy, order.symbol)
        if order.reduce_only:
            if not self._holdings.closable(order):
                raise OrderRejected(f"order {order.id}: there is no position for it to reduce")
            return
        if held * order.side.sign < 0:
            raise OrderRejected(
                f"order {order.id}: a position of {held} is open the other way, close it first"
            )
        position = self._holdings.position(order.strategy, order.symbol)
        if held and (position is None or position.id != order.position_id):
            raise OrderRejected(f"order {order.id}: another position is open in {order.symbol}")
        price = order.price or self._last_price(venue)
        if price is None:
            raise OrderRejected(f"order {order.id} was rejected: no price for {order.symbol} yet")
        check_notional(order, price, venue.rules)
        self._check_margin(order, order.qty, price, venue)

    def _check_margin(self, order: Order, qty: Decimal, price: Decimal, venue: Venue) -> None:
        notional = qty * price
        need = notional / order.leverage + notional * venue.rules.taker_fee
        free = self._holdings.available(order.strategy)
        for other in self._entries_of(order):
            level = other.price or other.trigger_price or price
            free -= other.remaining_qty * level / other.leverage
        if need > free:
            raise OrderRejected(
                f"order {order.id}: margin and fee of {need:.2f} are more than the {free:.2f} free"
            )

    def _entries_of(self, order: Order) -> list[Order]:
        return [
            other
            for venue in self._venues.values()
            for other in (*venue.orders.values(), *venue.waiting)
            if other.strategy == order.strategy
            and not other.reduce_only
            and other.id != order.id
        ]

    def _last_price(self, venue: Venue) -> Decimal | None:
        if venue.tick is not None:
            return venue.tick.last
        return venue.bar.close if venue.bar is not None else None

    def _find(self, order_id: str) -> tuple[Venue, Order]:
        for venue in self._venues.values():
            for order in (*venue.orders.values(), *venue.waiting):
                if order.id == order_id:
                    return venue, order
        raise OrderRejected(f"order {order_id} is not open")

    def _rest(self, venue: Venue, order: Order) -> None:
        if order.type is OrderType.MARKET:
            venue.waiting.append(order)
        else:
            venue.orders[order.id] = order

    def _fresh_depth(self, venue: Venue, at: int) -> bool:
        return venue.depth is not None and at - venue.depth.at <= BOOK_LIFE_MS

    # ---- the market moves -------------------------------------------------------------------

    def _on_bar(self, venue: Venue, bar: Bar) -> None:
        ticked = venue.tick is not None and venue.tick.at >= bar.open_time
        venue.bar = bar
        if ticked:
            return
        venue.tick = venue.depth = None
        for order in self._take_waiting(venue):
            price = slipped(bar.open, order.side, self._slippage_bps, venue.rules)
            self._fill(venue, order, (price, order.qty), (bar.open, bar.open_time))
        if venue.orders or self._holdings.positions_in(bar.symbol):
            self._match_bar(venue, bar)

    def _match_bar(self, venue: Venue, bar: Bar) -> None:
        """Match everything of the symbol against a bar: adverse levels before good ones."""
        at = bar.close_time - 1
        for stop in [o for o in venue.orders.values() if o.type is OrderType.STOP]:
            if self._stop_comes_first(venue, stop, bar):
                self._trigger_in_bar(venue, stop, bar)
        if bar.close_time - venue.mark_at > MARK_LIFE_MS:
            self._liquidate(venue, bar.low, bar.high, at)
        for order in list(venue.orders.values()):
            if order.id not in venue.orders:
                continue  # a fill just before closed its position, and it with that
            if order.type is OrderType.TAKE_PROFIT:
                self._trigger_in_bar(venue, order, bar)
            elif order.type is OrderType.LIMIT and order.price is not None:
                through = bar.low < order.price if order.side is Side.BUY else bar.high > order.price
                if through:
                    self._fill_limit(venue, order, order.remaining_qty, at)

    def _stop_comes_first(self, venue: Venue, stop: Order, bar: Bar) -> bool:
        """Return whether the market meets the stop before its position's liquidation price."""
        position = self._holdings.position(stop.strategy, stop.symbol)
        if position is None or stop.trigger_price is None or not stop.reduce_only:
            return True
        liquidation = liquidation_price(position, venue.rules)
        if liquidation is None:
            return True
        first = stop.trigger_price if stop.side is Side.SELL else -stop.trigger_price
        last = liquidation if stop.side is Side.SELL else -liquidation
        opened = bar.open if stop.side is Side.SELL else -bar.open
        return first > last and opened > last

    def _trigger_in_bar(self, venue: Venue, order: Order, bar: Bar) -> None:
        level = order.trigger_price
        if level is None:
            return
        rising = (order.side is Side.BUY) == (order.type is OrderType.STOP)
        reached = bar.high >= level if rising else bar.low <= level
        if not reached:
            return
        gapped = bar.open >= level if rising else bar.open <= level
        base = bar.open if gapped and order.created_at <= bar.open_time else level
        at = bar.open_time if gapped else bar.close_time - 1
        price = slipped(base, order.side, self._slippage_bps, venue.rules)
        at = max(at, order.created_at)
        self._fill(venue, order, (price, order.remaining_qty), (level, at))

    def _on_tick(self, venue: Venue, tick: Tick) -> None:
        venue.tick = tick
        for order in self._take_waiting(venue):
            self._fill_now(venue, order, tick.at)
        if tick.at - venue.mark_at > MARK_LIFE_MS:
            self._liquidate(venue, tick.last, tick.last, tick.at)
        for order in list(venue.orders.values()):
            if order.id not in venue.orders:
                continue
            if order.type is OrderType.LIMIT:
                self._cross(venue, order, Liquidity.MAKER, tick.at)
            elif self._triggered(order, tick.last):
                self._fill_now(venue, order, tick.at)

    def _triggered(self, order: Order, last: Decimal) -> bool:
        if order.trigger_price is None:
            return False
        rising = (order.side is Side.BUY) == (order.type is OrderType.STOP)
        return last >= order.trigger_price if rising else last <= order.trigger_price

    def _on_book(self, venue: Venue, book: Book) -> None:
        if not book.bids or not book.asks:
            return
        venue.depth = Depth(book)
        for order in self._take_waiting(venue):
            self._take_depth(venue, order)
        for order in [o for o in venue.orders.values() if o.type is OrderType.LIMIT]:
            self._cross(venue, order, Liquidity.MAKER, book.at)

    def _take_waiting(self, venue: Venue) -> list[Order]:
        waiting, venue.waiting = venue.waiting, []
        return waiting

    def _fund(self, funding: Funding) -> None:
        for position in self._holdings.positions_in(funding.symbol):
            amount = truncate8(-position.qty * funding.mark_price * funding.rate)
            self._reports.append(
                FundingCharged(
                    position_id=position.id, strategy=position.strategy, symbol=position.symbol,
                    amount=amount, rate=funding.rate, mark_price=funding.mark_price, at=funding.at,
                )
            )  # fmt: skip

    # ---- fills ------------------------------------------------------------------------------

    def _fill_now(self, venue: Venue, order: Order, at: int) -> None:
        """Fill a market order at the newest prices: the book if it is fresh, else the tick."""
        if self._fresh_depth(venue, at):
            self._take_depth(venue, order, at)
            return
        tick = venue.tick
        if tick is None:
            return
        base = tick.ask if order.side is Side.BUY else tick.bid
        price = slipped(base, order.side, self._slippage_bps, venue.rules)
        reference = order.trigger_price or (tick.bid + tick.ask) / 2
        self._fill(venue, order, (price, order.remaining_qty), (reference, at))

    def _take_depth(self, venue: Venue, order: Order, at: int | None = None) -> None:
        """Walk the book; what it cannot give fills at its last price, made worse by slippage."""
        depth = venue.depth
        if depth is None:
            return
        qty = order.remaining_qty
        if order.reduce_only:
            qty = min(qty, self._holdings.closable(order))
        taken = depth.take(order.side, qty)
        missing = qty - sum((part for _, part in taken), ZERO)
        if missing:
            worst = taken[-1][0] if taken else depth.mid
            price = slipped(worst, order.side, self._slippage_bps, venue.rules)
            taken.append((price, missing))
        when = max(order.created_at, depth.at) if at is None else at
        if qty:
            reference = order.trigger_price or depth.mid
            self._fill(venue, order, average(taken), (reference, when))
        else:
            self._close(venue, order, OrderStatus.CANCELLED, "position closed")

    def _cross(self, venue: Venue, order: Order, liquidity: Liquidity, at: int) -> None:
        """Fill a limit order as far as the opposite side of the market reaches its price."""
        if order.price is None:
            return
        if self._fresh_depth(venue, at) and venue.depth is not None:
            taken = venue.depth.take(order.side, order.remaining_qty, order.price)
            if taken and liquidity is Liquidity.TAKER:
                self._fill(venue, order, average(taken), (venue.depth.mid, at))
            elif taken:
                self._fill_limit(venue, order, sum((part for _, part in taken), ZERO), at)
            return
        tick = venue.tick
        if tick is None:
            return
        opposite = tick.ask if order.side is Side.BUY else tick.bid
        if (opposite - order.price) * order.side.sign > 0:
            return
        if liquidity is Liquidity.TAKER:
            self._fill(venue, order, (opposite, order.remaining_qty), (opposite, at))
        else:
            self._fill_limit(venue, order, order.remaining_qty, at)

    def _fill_limit(self, venue: Venue, order: Order, qty: Decimal, at: int) -> None:
        if order.price is not None:
            self._fill(venue, order, (order.price, qty), (order.price, at), Liquidity.MAKER)

    def _fill(
        self,
        venue: Venue,
        order: Order,
        level: tuple[Decimal, Decimal],
        aim: tuple[Decimal, int],
        liquidity: Liquidity = Liquidity.TAKER,
    ) -> None:
        """Report that *order* traded ``level`` = (price, qty); ``aim`` = (reference, at)."""
        price, qty = level
        if order.reduce_only:
            qty = min(qty, self._holdings.closable(order))
            if not qty:
                self._close(venue, order, OrderStatus.CANCELLED, "position closed")
                return
        elif not self._can_enter(venue, order, price, qty):
            return
        rate = venue.rules.maker_fee if liquidity is Liquidity.MAKER else venue.rules.taker_fee
        self._report_fill(venue, order, level=(price, qty), aim=aim, cost=(liquidity, qty * price * rate))

    def _can_enter(self, venue: Venue, order: Order, price: Decimal, qty: Decimal) -> bool:
        """Close an entry that the account can no longer carry, or that would turn a position."""
        try:
            self._check_margin(order, qty, price, venue)
            if self._holdings.qty(order.strategy, order.symbol) * order.side.sign < 0:
                raise OrderRejected(f"order {order.id}: a position is open the other way")
        except OrderRejected as error:
            self._close(venue, order, OrderStatus.REJECTED, str(error))
            return False
        return True

    def _report_fill(
        self,
        venue: Venue,
        order: Order,
        *,
        level: tuple[Decimal, Decimal],
        aim: tuple[Decimal, int],
        cost: tuple[Liquidity, Decimal],
    ) -> None:
        (price, qty), (reference, at), (liquidity, fee) = level, aim, cost
        total = order.filled_qty + qty
        done = total >= order.qty or (order.reduce_only and qty == self._holdings.closable(order))
        status = OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED
        after = msgspec.structs.replace(order, filled_qty=total, status=status)
        fill = Fill(
            id=f"{order.id}#{total.normalize():f}", order_id=order.id,
            position_id=order.position_id, strategy=order.strategy, symbol=order.symbol,
            side=order.side, qty=qty, price=price, fee=truncate8(fee), liquidity=liquidity,
            role=order.role, leverage=order.leverage, reduce_only=order.reduce_only, at=at,
            reference_price=reference,
        )  # fmt: skip
        if order.id in venue.orders:
            venue.orders[order.id] = after
        if done:
            venue.orders.pop(order.id, None)
        self._holdings.reported(fill)
        self._reports.append(Filled(after, fill))
        if order.reduce_only and not self._holdings.qty(order.strategy, order.symbol):
            self._end_siblings(venue, order)

    def _end_siblings(self, venue: Venue, order: Order) -> None:
        for other in list(venue.orders.values()):
            if other.reduce_only and other.strategy == order.strategy:
                self._close(venue, other, OrderStatus.CANCELLED, "position closed")

    def _close(self, venue: Venue, order: Order, status: OrderStatus, reason: str) -> None:
        venue.orders.pop(order.id, None)
        venue.waiting = [o for o in venue.waiting if o.id != order.id]
        closed = msgspec.structs.replace(order, status=status, reason=reason)
        self._reports.append(Closed(closed))

    def _liquidate(self, venue: Venue, low: Decimal, high: Decimal, at: int) -> None:
        """Take over positions whose liquidation price the mark has reached."""
        for position in self._holdings.positions_in(venue.rules.symbol):
            level = liquidation_price(position, venue.rules)
            if level is None or (low > level if position.qty > 0 else high < level):
                continue
            self._take_over(venue, position, level, at)

    def _take_over(self, venue: Venue, position: Position, level: Decimal, at: int) -> None:
        qty = abs(position.qty)
        left = max(ZERO, position.margin + position.unrealized_pnl(level))
        order = Order(
            id=f"{position.id}-liquidation", strategy=position.strategy, symbol=position.symbol,
            side=Side.SELL if position.qty > 0 else Side.BUY, type=OrderType.MARKET, qty=qty,
            role=OrderRole.LIQUIDATION, position_id=position.id, created_at=at,
            leverage=position.leverage, reduce_only=True,
        )  # fmt: skip
        fee = min(left, qty * level * LIQUIDATION_FEE)
        self._report_fill(
            venue, order, level=(level, qty), aim=(level, at), cost=(Liquidity.TAKER, fee)
        )
