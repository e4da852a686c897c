"""Where executions become reports: fills, closings and what follows from a flat position."""

from decimal import Decimal

import msgspec

from core.arithmetic import trading_fee
from core.errors import OrderRejected
from core.ledger import ZERO
from core.orders import Accepted, Closed, Fill, Filled, Liquidity, Order, OrderStatus, Report
from exchange.paper.holdings import Holdings
from exchange.paper.venue import Venue


class Deal(msgspec.Struct, frozen=True):
    """What the market offers an order: up to ``qty`` at ``price``.

    ``aim`` is the price the order went for; ``fee`` overrides the instrument's rates.
    """

    price: Decimal
    qty: Decimal
    at: int
    aim: Decimal
    liquidity: Liquidity = Liquidity.TAKER
    fee: Decimal | None = None


class Blotter:
    """Writes down what happened to orders, in order, and keeps their venue in step.

    Promise: no fill for an order that is closed, none that turns a position over, none that
    the account cannot carry.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self.reports: list[Report] = []

    def accept(self, venue: Venue, order: Order, *, arriving: bool) -> None:
        """Let an order rest, or take the place of what it was before."""
        venue.rest(order, arriving=arriving)
        self.reports.append(Accepted(order))

    def close(self, venue: Venue, order: Order, status: OrderStatus, reason: str) -> None:
        """End an order without (further) trading."""
        venue.remove(order.id)
        closed = msgspec.structs.replace(order, status=status, reason=reason)
        self.reports.append(Closed(closed))

    def wanted(self, order: Order) -> Decimal:
        """Return how much *order* may still trade: an exit at most what is held."""
        if not order.reduce_only:
            return order.remaining_qty
        return min(order.remaining_qty, self._holdings.closable(order))

    def execute(self, venue: Venue, order: Order, deal: Deal) -> Fill | None:
        """Trade as much of *deal* as *order* may; return what traded.

        An exit trades at most what is held; when nothing is, it is cancelled. An entry the
        account can no longer carry is rejected.
        """
        qty = min(deal.qty, self.wanted(order))
        if qty <= ZERO:
            self.close(venue, order, OrderStatus.CANCELLED, "position closed")
            return None
        fee = self._fee(venue, deal, qty)
        if not order.reduce_only:
            try:
                self._holdings.check_entry(order, deal.price, fee, ZERO)
            except OrderRejected as error:
                self.close(venue, order, OrderStatus.REJECTED, str(error))
                return None
        return self._filled(venue, order, self._fill(order, deal, qty, fee))

    def _filled(self, venue: Venue, order: Order, fill: Fill) -> Fill:
        total = order.filled_qty + fill.qty
        done = total >= order.qty
        status = OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED
        after = msgspec.structs.replace(order, filled_qty=total, status=status)
        if done:
            venue.remove(order.id)
        else:
            venue.rest(after, arriving=False)
        self._holdings.reported(fill)
        self.reports.append(Filled(after, fill))
        if order.reduce_only and self._holdings.held(order.strategy, order.symbol) is None:
            self._position_closed(venue, order.position_id)
        return fill

    def _position_closed(self, venue: Venue, position_id: str) -> None:
        """End what is left of the position's orders: one cancels the other."""
        for other in list(venue.orders.values()):
            if other.position_id == position_id:
                self.close(venue, other, OrderStatus.CANCELLED, "position closed")

    @staticmethod
    def _fee(venue: Venue, deal: Deal, qty: Decimal) -> Decimal:
        if deal.fee is not None:
            return deal.fee
        maker = deal.liquidity is Liquidity.MAKER
        rate = venue.rules.maker_fee if maker else venue.rules.taker_fee
        return trading_fee(qty, deal.price, rate)

    def _fill(self, order: Order, deal: Deal, qty: Decimal, fee: Decimal) -> Fill:
        return Fill(
            id=self._holdings.fill_id(order), order_id=order.id, position_id=order.position_id,
            strategy=order.strategy, symbol=order.symbol, side=order.side, qty=qty,
            price=deal.price, fee=fee, liquidity=deal.liquidity, role=order.role,
            leverage=order.leverage, reduce_only=order.reduce_only, at=deal.at,
            reference_price=deal.aim,
        )  # fmt: skip
