"""Orders and executions that are not ours, or not known to be: sorted out before they count."""

from exchange.real.client_ids import is_ours
from exchange.real.fills import Fills
from exchange.real.requests import Said
from exchange.real.shop import Shop
from exchange.real.tickets import Leg, Ticket
from exchange.real.updates import AlgoUpdate, OrderUpdate, TradeUpdate


class Strangers:
    """Says whose an execution is that bears no client id of ours.

    A conditional order of ours may become one of another name: until the exchange has said that
    it did not, what trades on its side waits.
    """

    def __init__(self, shop: Shop, fills: Fills) -> None:
        self._shop = shop
        self._fills = fills
        self._waiting: list[TradeUpdate] = []

    def told(self, update: OrderUpdate | AlgoUpdate) -> None:
        """Take what is said of an order that is none of our tickets'."""
        trade = None if isinstance(update, AlgoUpdate) else update.trade
        if is_ours(update.client_id, self._shop.tickets.tag):
            if trade is not None and not self._fills.knows(trade):
                self.orphan(trade)
        elif trade is not None and not self._fills.knows(trade):
            self.strange(trade)

    def orphan(self, trade: TradeUpdate) -> None:
        """Tell of an execution of an order that we had given up; it is not ours to book."""
        self._shop.say(
            Said(
                level="error",
                code="orphan_traded",
                title=f"{trade.symbol}: an order that was given up has traded",
                detail=f"{trade.side} {trade.qty} at {trade.price}, client id {trade.client_id}. "
                f"It is shown as a position of somebody else's.",
                key=f"orphan:{trade.client_id}",
            )
        )
        self._fills.theirs(trade)

    def strange(self, trade: TradeUpdate) -> None:
        """Take an execution of an order that we do not know: it may be one that ours became."""
        suspects = self._suspects(trade)
        if not suspects:
            self._fills.theirs(trade)
            return
        self._waiting.append(trade)
        for leg in suspects:
            leg.ask = True
            leg.next_at = 0

    def _suspects(self, trade: TradeUpdate) -> list[Leg]:
        """Return our conditional legs that may have become the order of *trade*."""
        return [
            leg
            for ticket in self._shop.tickets.in_symbol(trade.symbol)
            for leg in ticket.legs
            if leg.is_conditional
            and leg.may_live
            and not leg.child_id
            and leg.order.side is trade.side
        ]

    def sort_out(self) -> list[Ticket]:
        """Give executions that waited to whom they belong; return our tickets among them."""
        waiting, self._waiting = self._waiting, []
        owners = []
        for trade in waiting:
            found = self._shop.tickets.find(trade.client_id, trade.order_id, trade.symbol)
            if found is not None:
                self._fills.ours(found[0], trade)
                owners.append(found[0])
            elif any(leg.ask or leg.busy for leg in self._suspects(trade)):
                self._waiting.append(trade)
            else:
                self._fills.theirs(trade)
        return owners

    @property
    def is_sorting(self) -> bool:
        """Return whether an execution waits to be told whose it is."""
        return bool(self._waiting)
