"""What the exchange does to positions by itself: liquidation and funding."""

from decimal import Decimal

from core.arithmetic import funding_payment
from core.ledger import Position
from core.margin import liquidation_fee
from core.market import Bar, Funding
from core.orders import FundingCharged, Order, OrderRole, OrderType, Side
from exchange.paper.blotter import Blotter, Deal
from exchange.paper.holdings import Holdings
from exchange.paper.touches import Touch, touch
from exchange.paper.venue import Venue


class Settlement:
    """Liquidates and charges funding, each once.

    A liquidation fills at the liquidation price even when the market jumped beyond it: the
    exchange's insurance fund bears the rest, the account never loses more than the margin.
    """

    def __init__(self, holdings: Holdings, blotter: Blotter) -> None:
        self._holdings = holdings
        self._blotter = blotter

    def on_mark(self, venue: Venue, mark: Decimal, at: int) -> None:
        """Take over the positions whose liquidation price *mark* has reached."""
        if self._holdings.none:
            return
        for position in self._holdings.positions_in(venue.rules.symbol):
            level = self._holdings.liquidation_price(position, venue.rules)
            if level is not None and (mark - level) * position.direction <= 0:
                self.take_over(venue, _liquidation(position, level, at), at)

    def in_bar(self, venue: Venue, position: Position, bar: Bar) -> Touch | None:
        """Return the liquidation of *position* if the extremes of *bar* reach its price."""
        level = self._holdings.liquidation_price(position, venue.rules)
        if level is None or (bar.low > level if position.qty > 0 else bar.high < level):
            return None
        return touch(_liquidation(position, level, bar.open_time), bar, arriving=False)

    def take_over(self, venue: Venue, order: Order, at: int) -> None:
        """Close a position at its liquidation price, if it still is what *order* says."""
        position = self._holdings.position(order.strategy, order.symbol)
        level = order.trigger_price
        if position is None or level is None or self._holdings.closable(order) != order.qty:
            return  # it traded a moment ago: the rest of the bar judges what it is now
        fee = liquidation_fee(position, level, venue.rules)
        self._blotter.execute(venue, order, Deal(level, order.qty, at, level, fee=fee))

    def on_funding(self, funding: Funding) -> None:
        """Charge funding on every position that was open before it."""
        for position in self._holdings.positions_in(funding.symbol):
            known = self._holdings.knows("funding", f"{position.id}:{funding.at}")
            amount = funding_payment(position.qty, funding.mark_price, funding.rate)
            if known or not amount or position.opened_at >= funding.at:
                continue
            charge = FundingCharged(
                position_id=position.id, strategy=position.strategy, symbol=funding.symbol,
                amount=amount, rate=funding.rate, mark_price=funding.mark_price, at=funding.at,
            )  # fmt: skip
            self._blotter.reports.append(charge)


def _liquidation(position: Position, level: Decimal, at: int) -> Order:
    """Return the order by which the exchange closes *position* at *level*."""
    return Order(
        id=f"{position.id}-liquidation", strategy=position.strategy, symbol=position.symbol,
        side=Side.SELL if position.qty > 0 else Side.BUY, type=OrderType.STOP,
        qty=abs(position.qty), role=OrderRole.LIQUIDATION, position_id=position.id,
        created_at=at, leverage=position.leverage, trigger_price=level, reduce_only=True,
    )  # fmt: skip
