"""What becomes of a ticket: the exchange's words about its legs, and what follows from them."""

from typing import Final

import msgspec

from core.orders import OrderRole, OrderStatus, OrderType
from exchange.real.fills import CLOSED, Fills
from exchange.real.requests import Said
from exchange.real.shop import Shop
from exchange.real.strangers import Strangers
from exchange.real.tickets import Leg, LegState, Ticket
from exchange.real.updates import AlgoUpdate, OrderUpdate, Status, TradeUpdate

RETRIES: Final = 3
RETRY_MS: Final = 1_000
LONGEST_MS: Final = 30_000
FILLS_MS: Final = 300  # a fill comes by the stream about when its order does

_ENDS: Final = {
    Status.FILLED: OrderStatus.FILLED,
    Status.CANCELLED: OrderStatus.CANCELLED,
    Status.EXPIRED: OrderStatus.EXPIRED,
    Status.REJECTED: OrderStatus.REJECTED,
}


class Orders:
    """Keeps tickets in step with the exchange.

    Promise: an end is reported only when every execution before it is; a position is not left
    without its stop: one that cannot be placed becomes a market order that closes it.
    """

    def __init__(self, shop: Shop, fills: Fills) -> None:
        self._shop = shop
        self._fills = fills
        self.strangers = Strangers(shop, fills)

    def told(self, update: OrderUpdate | AlgoUpdate) -> None:
        """Take what the exchange says of an order, ours or not, in whatever turn it comes."""
        is_algo = isinstance(update, AlgoUpdate)
        number = update.algo_id if isinstance(update, AlgoUpdate) else update.order_id
        found = self._shop.tickets.find(
            update.client_id, number, update.symbol, conditional=is_algo
        )
        if found is None:
            self.strangers.told(update)
            return
        ticket, leg = found
        self._shop.touched[update.symbol] = self._shop.now
        if leg.state is LegState.GONE and not update.status.is_final:
            self._revive(ticket, leg)
        if isinstance(update, AlgoUpdate):
            self._conditional(leg, update)
        else:
            self._plain(ticket, leg, update)
        self.settle(ticket)

    def sort_out(self) -> None:
        """Give executions that waited for an answer to whom they belong."""
        for ticket in self.strangers.sort_out():
            self.settle(ticket)

    def _revive(self, ticket: Ticket, leg: Leg) -> None:
        """Take back at the exchange what was thought never to have been taken."""
        if leg.ended is not OrderStatus.REJECTED:
            return  # an old word, told late
        leg.state, leg.ended, leg.live_at = LegState.LIVE, None, self._shop.now
        ticket.cancel = ticket.cancel or "it was given up"
        self._shop.tickets.add(ticket)
        self._shop.say(
            Said(
                level="error", code="orphan_order", key=f"revived:{leg.client_id}",
                title=f"{ticket.order.symbol}: an order that was given up rests at the exchange",
                detail=f"{ticket.order.id} is taken back.",
            )
        )  # fmt: skip

    def traded(self, ticket: Ticket, trades: list[TradeUpdate]) -> None:
        """Take the executions of a ticket as the exchange lists them."""
        for trade in trades:
            self._fills.ours(ticket, trade)
        self.settle(ticket)

    def _plain(self, ticket: Ticket, leg: Leg, update: OrderUpdate) -> None:
        if leg.is_conditional:
            leg.child_id = update.order_id
            leg.triggered_at = leg.triggered_at or self._shop.now
        else:
            leg.exchange_id = update.order_id
        self._alive(leg)
        leg.executed = max(leg.executed, update.filled_qty)
        if update.trade is not None:
            self._fills.ours(ticket, update.trade)
        end = _ENDS.get(update.status)
        if end is not None and leg.ended is None:
            leg.end(end, update.reason)
            if ticket.missing > 0:
                leg.next_at = self._shop.now + FILLS_MS

    def _conditional(self, leg: Leg, update: AlgoUpdate) -> None:
        leg.exchange_id = update.algo_id
        self._alive(leg)
        if update.order_id not in {"", "0"}:
            leg.child_id = leg.child_id or update.order_id
        if update.status is Status.TRIGGERED or leg.child_id:
            leg.triggered_at = leg.triggered_at or self._shop.now
        end = _ENDS.get(update.status)
        if end is None or leg.ended is not None:
            return
        if leg.child_id or end is OrderStatus.FILLED:  # what it became says how it ended
            leg.ask, leg.next_at = True, self._shop.now + FILLS_MS
        else:
            leg.end(end, update.reason)

    def _alive(self, leg: Leg) -> None:
        if leg.state is not LegState.GONE and leg.state is not LegState.LIVE:
            leg.state, leg.live_at = LegState.LIVE, self._shop.now
            leg.tries = leg.missed = 0
            leg.next_at = 0

    def settle(self, ticket: Ticket) -> None:
        """Report a ticket's end once nothing more can come, or do what is to be done instead."""
        if ticket.missing > 0 or not ticket.is_over:
            return
        if ticket.done:
            self._shop.tickets.forget(ticket)
            return
        last = ticket.newest
        if ticket.cancel is not None or last is None:
            self._shop.close(ticket, OrderStatus.CANCELLED, ticket.cancel or "cancelled")
        elif self._is_protection(ticket) and last.ended is not OrderStatus.CANCELLED:
            self._again(ticket, last)
            return
        else:
            self._end(ticket, last)
        self._shop.tickets.forget(ticket)

    def _end(self, ticket: Ticket, last: Leg) -> None:
        status, order = last.ended or OrderStatus.CANCELLED, ticket.order
        if status is OrderStatus.FILLED:  # of a part: the exchange cut a reduce-only order down
            status = OrderStatus.EXPIRED
        reason = last.reason or {
            OrderStatus.CANCELLED: "cancelled at the exchange",
            OrderStatus.EXPIRED: "expired at the exchange",
        }.get(status, "refused by the exchange")
        if self._is_protection(ticket) and order.role is OrderRole.STOP:
            self._shop.say(
                Said(
                    level="error", code="stop_gone", key=f"gone:{order.id}",
                    title=f"{order.symbol} has no stop any more",
                    detail=f"It was cancelled at the exchange: {reason}. It is not placed again.",
                )
            )  # fmt: skip
        elif order.reduce_only and status is OrderStatus.REJECTED and self._shop.is_held(ticket):
            self._shop.say(
                Said(
                    level="error", code="close_refused", key=f"close:{order.id}",
                    title=f"{order.symbol} could not be closed",
                    detail=f"{reason}. The position is still open.",
                )
            )  # fmt: skip
        self._shop.close(ticket, status, reason)

    def _is_protection(self, ticket: Ticket) -> bool:
        """Return whether a ticket is a stop or target of a position that is still open."""
        role, order = ticket.order.role, ticket.order
        is_one = order.reduce_only and role in {OrderRole.STOP, OrderRole.TARGET}
        return is_one and self._shop.is_held(ticket)

    def _again(self, ticket: Ticket, last: Leg) -> None:
        """Try a stop or target again, or close the position by it when that is no use.

        One that traded in part, was triggered in vain or was refused for good becomes a market
        order. A target that is refused is given up: the stop still stands.
        """
        ticket.refusals += 1
        wait = min(LONGEST_MS, RETRY_MS * 2 ** (ticket.refusals - 1))
        triggered = last.triggered_at > 0 or ticket.order.filled_qty > 0
        if ticket.order.type is OrderType.MARKET or triggered or ticket.refusals > RETRIES:
            if ticket.order.role is OrderRole.TARGET and not triggered and last.is_conditional:
                self._end(ticket, last)
                self._shop.tickets.forget(ticket)
                return
            first = last.is_conditional
            self.to_market(ticket, last.reason, 0 if first else wait)
            return
        self._fresh(ticket, wait)

    def to_market(self, ticket: Ticket, why: str, wait_ms: int = 0) -> None:
        """Let a stop or target be a market order from now on."""
        order = ticket.order
        if order.type is not OrderType.MARKET:
            ticket.order = msgspec.structs.replace(order, type=OrderType.MARKET)
            self._shop.say(
                Said(
                    level="error", code="stop_by_market", key=f"market:{order.id}",
                    title=f"{order.symbol}: the {order.role} could not rest, closing at market",
                    detail=f"{why or 'It was not taken'}. The position must not be unprotected.",
                )
            )  # fmt: skip
        elif ticket.refusals > RETRIES:
            self._shop.say(
                Said(
                    level="error", code="unprotected", key=f"unprotected:{order.id}",
                    title=f"{order.symbol} is without protection and cannot be closed",
                    detail=f"{why}. It is tried again every {LONGEST_MS // 1000} s. Look at it.",
                )
            )  # fmt: skip
        self._fresh(ticket, wait_ms)

    def _fresh(self, ticket: Ticket, wait_ms: int) -> None:
        ticket.prune()
        leg = ticket.make_leg(self._shop.tickets.tag, self._shop.now, wait_ms)
        self._shop.accept(ticket, leg)

    def refused(self, ticket: Ticket, leg: Leg, reason: str) -> None:
        """Take note that the exchange certainly did not take *leg*."""
        leg.end(OrderStatus.REJECTED, reason)
        older = [other for other in ticket.legs if other.state is LegState.LIVE]
        if older and leg is ticket.newest and leg.is_conditional and not ticket.done:
            self._back(ticket, older[-1], reason)
        self.settle(ticket)

    def _back(self, ticket: Ticket, older: Leg, reason: str) -> None:
        """Let a stop or target stand where it stood, for it could not be moved."""
        level = older.order.trigger_price
        ticket.order = msgspec.structs.replace(ticket.order, trigger_price=level)
        self._shop.accept(ticket, None)
        self._shop.say(
            Said(
                level="warn", code="not_moved",
                title=f"{ticket.order.symbol}: the {ticket.order.role} could not be moved",
                detail=f"{reason}. It stands where it stood.",
            )
        )  # fmt: skip

    def never_sent(self, ticket: Ticket, leg: Leg) -> None:
        """Take note that *leg* was looked for in vain: it certainly was never taken."""
        self.refused(ticket, leg, "never sent: the exchange does not know it")

    def vanished(self, ticket: Ticket, leg: Leg) -> None:
        """Take note that the exchange does not know a leg any more that it had."""
        leg.end(OrderStatus.CANCELLED, "the exchange does not know it any more")
        self.settle(ticket)

    def drop_unsent(self, ticket: Ticket) -> None:
        """End the legs of a ticket that is taken back before they were sent."""
        for leg in ticket.legs:
            if leg.state in {LegState.NEW, LegState.READY}:
                leg.end(OrderStatus.CANCELLED, ticket.cancel or CLOSED)
        self.settle(ticket)
