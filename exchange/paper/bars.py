"""Orders against closed bars: in which turn they are met, and at what price they trade."""

from collections.abc import Iterable
from decimal import Decimal

from core.market import Bar
from core.orders import Liquidity, OrderRole, OrderType, Side
from exchange.paper.blotter import Blotter, Deal
from exchange.paper.holdings import Holdings
from exchange.paper.prices import off_middle, slipped
from exchange.paper.settlement import Settlement
from exchange.paper.touches import Touch, rest_of, seen_by, touch
from exchange.paper.venue import Venue


class BarMatcher:
    """Matches when bars are all there is; `exchange.paper.touches` says how a bar is read."""

    def __init__(
        self, holdings: Holdings, blotter: Blotter, settlement: Settlement, slippage_bps: Decimal
    ) -> None:
        self._holdings = holdings
        self._blotter = blotter
        self._settlement = settlement
        self._slippage_bps = slippage_bps

    def on_bar(self, venue: Venue, bar: Bar) -> None:
        """Match the symbol's orders and positions against a bar that no tick told of."""
        positions = self._holdings.positions_in(bar.symbol)
        if not venue.orders and not positions:
            return
        touches: list[Touch | None] = []
        for order in venue.orders.values():
            seen = seen_by(order, bar, moved=order.id in venue.moved)
            if seen is not None:
                touches.append(touch(order, seen, arriving=order.id in venue.arriving))
        touches.extend(self._settlement.in_bar(venue, position, bar) for position in positions)
        venue.arriving.clear()
        venue.moved.clear()
        self._play(venue, touches)

    def on_rests(self, venue: Venue) -> None:
        """Let positions that traded in the newest bar, and their orders, meet the rest of it."""
        rests, venue.rests = venue.rests, {}
        for position_id, (strategy, bar) in rests.items():
            mine = [o for o in venue.orders.values() if o.position_id == position_id]
            touches = [touch(order, bar, arriving=False) for order in mine]
            position = self._holdings.position(strategy, bar.symbol)
            if position is not None:
                touches.append(self._settlement.in_bar(venue, position, bar))
            self._play(venue, touches)

    def _play(self, venue: Venue, touches: Iterable[Touch | None]) -> None:
        """Take the touches of one bar in turn."""
        found = [reached for reached in touches if reached is not None]
        for reached in sorted(found, key=lambda reached: reached.turn):
            order = reached.order
            if order.role is OrderRole.LIQUIDATION:
                self._settlement.take_over(venue, order, reached.at)
            elif order.id in venue.orders:  # nothing before it closed its position
                self._trade(venue, reached)

    def _trade(self, venue: Venue, reached: Touch) -> None:
        order, price = reached.order, reached.level
        if reached.liquidity is Liquidity.TAKER:
            middle = off_middle(price, order.side, venue.rules)
            price = slipped(middle, order.side, self._slippage_bps, venue.rules)
            if order.type is OrderType.LIMIT and order.price is not None:
                price = (min if order.side is Side.BUY else max)(price, order.price)
        aim = order.trigger_price or reached.level
        deal = Deal(price, order.remaining_qty, reached.at, aim, reached.liquidity)
        if self._blotter.execute(venue, order, deal) is None:
            return
        held = self._holdings.held(order.strategy, order.symbol)
        if held is not None:
            rest = rest_of(reached, 1 if held.qty > 0 else -1)
            venue.rests[held.position_id] = (order.strategy, rest)
