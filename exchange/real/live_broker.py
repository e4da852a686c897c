"""The live broker: our orders on a real exchange, for a test network or with real money.

Rules:

- An order is stored before it is sent, under a client id that follows from its own; what may have
  been taken is looked for by that id and never sent again blindly.
- It counts as open until the exchange has said how it ended and every execution was booked.
- Stops and targets rest at the exchange, reduce-only, so that they outlive us. One that is moved
  rests anew before the old one is taken back. A stop that cannot rest closes the position.
- A symbol is held by one strategy at a time, and by none while somebody else is in it. Orders and
  positions of others are left alone.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.errors import OrderRejected
from core.ledger import Portfolio
from core.market import Bar, Book, Funding, Instrument, MarketMessage, MarkPrice, Tick
from core.orders import Order, OrderType, Report
from exchange.paper.rules import check_price
from exchange.real.admission import Admission
from exchange.real.fills import Fills
from exchange.real.limits import Limits
from exchange.real.orders import Orders
from exchange.real.reconcile import Reconciler
from exchange.real.requests import Answer, Difference, Note, Request, Said
from exchange.real.sending import Sending
from exchange.real.shop import Shop
from exchange.real.tickets import LegState, Ticket, Tickets, left_over
from exchange.real.updates import (
    AlgoUpdate,
    ConfigUpdate,
    FundingUpdate,
    OrderUpdate,
    PositionUpdate,
    TradeUpdate,
    Update,
)

log: Final = logging.getLogger(__name__)


class LiveBroker:  # noqa: PLR0904 - the contract of a broker, and what goes to and from the exchange
    """Keeps the `exchange.base.Broker` contract at an exchange.

    Promise: it reads the portfolio and never changes it; nothing is sent that is not stored, and
    no intent twice; every execution is reported once. It does no I/O: ``requests`` and ``answered``
    are its way to the exchange, ``heard`` takes the account's stream. ``wake`` is called when there
    is something to be drained, ``poke`` when there may be something to send.
    """

    answers_later = True

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        portfolio: Portfolio,
        limits: Limits,
        tag: str,
        now: Callable[[], int],
    ) -> None:
        self.shop = Shop(instruments, portfolio, limits, Tickets(tag))
        self.fills = Fills(self.shop)
        self.orders = Orders(self.shop, self.fills)
        self.reconciler = Reconciler(self.shop, self.fills, self.orders)
        self.wake: Callable[[], None] = _nothing
        self.poke: Callable[[], None] = _nothing
        self._sending = Sending(self.shop, self.orders)
        self._admission = Admission(self.shop)
        self._now = now
        self._saved: Mapping[str, Any] = {}

    def submit(self, order: Order) -> None:
        """Take an order; it is sent once that is stored.

        Raises:
            OrderRejected: it breaks a rule or limit; nothing changed.
        """
        self.shop.now = self._now()
        aim = self._admission.check(order)
        ticket = Ticket(order, aim=aim)
        leg = ticket.make_leg(self.shop.tickets.tag, self.shop.now)
        self.shop.tickets.add(ticket)
        self.shop.accept(ticket, leg)

    def cancel(self, order_id: str, reason: str) -> None:
        """Take a resting order back; that it is gone is reported when the exchange says so.

        Raises:
            OrderRejected: it is not open.
        """
        ticket = self._find(order_id)
        ticket.cancel = ticket.cancel or reason
        self.shop.now = self._now()
        self.orders.drop_unsent(ticket)
        self.poke()

    def move(self, order_id: str, price: Decimal) -> None:
        """Give a resting order another level: it is placed anew, then the old one taken back.

        Raises:
            OrderRejected: it is not open, has no level, or the tick or a limit forbids it.
        """
        ticket = self._find(order_id)
        order = ticket.order
        check_price(order.id, "price", price, self.shop.instruments[order.symbol])
        if order.type is OrderType.MARKET:
            raise OrderRejected(f"order {order.id}: a market order has no price to move")
        if ticket.cancel is not None:
            raise OrderRejected(f"order {order.id} is being cancelled")
        newest = ticket.newest
        if newest is not None and newest.state is not LegState.LIVE:
            raise OrderRejected(f"order {order.id} is on its way: try again when it rests")
        self.shop.now = self._now()
        field = "price" if order.type is OrderType.LIMIT else "trigger_price"
        moved = msgspec.structs.replace(order, **{field: price})
        if not moved.reduce_only:
            exposure = self.shop.exposure(order.id)
            self.shop.limits.check_entry(moved, price, exposure, self.shop.now)
        ticket.order = moved
        ticket.refusals = 0
        self.shop.accept(ticket, ticket.make_leg(self.shop.tickets.tag, self.shop.now))

    def _find(self, order_id: str) -> Ticket:
        ticket = self.shop.tickets.get(order_id)
        if ticket is None or ticket.done:
            raise OrderRejected(f"order {order_id} is not open")
        return ticket

    def on_message(self, message: MarketMessage) -> None:
        """Take note of prices; the exchange itself does the matching."""
        match message:
            case Tick():
                self.shop.quotes[message.symbol] = (message.bid, message.ask)
            case Book() if message.bids and message.asks:
                self.shop.quotes[message.symbol] = (message.bids[0][0], message.asks[0][0])
            case MarkPrice():
                self.shop.marks[message.symbol] = message.mark_price
            case Bar():
                self.shop.marks.setdefault(message.symbol, message.close)
            case Funding():
                self.reconciler.money.settled(message)
            case _:
                pass

    def drain(self) -> list[Report]:
        """Return the reports since the last call, oldest first."""
        return self.shop.drain()

    def open_orders(self) -> list[Order]:
        """Return the orders whose end is not known, oldest first."""
        found = [ticket.order for ticket in self.shop.tickets.open()]
        return sorted(found, key=lambda order: order.created_at)

    def committed(self) -> None:
        """Let what was stored be sent."""
        if self.shop.committed():
            self.poke()

    def save(self) -> dict[str, Any]:
        """Return what a restart needs beside the resting orders, JSON-able."""
        return {
            "tickets": self.shop.tickets.save(),
            "fills": self.fills.save(),
            **self.reconciler.save(),
        }

    def recall(self, saved: Mapping[str, Any]) -> None:
        """Take back what `save` returned; the orders come by `restore`."""
        self._saved = saved.get("tickets", {})
        self.fills.load(saved.get("fills", ()))
        self.reconciler.load(saved)

    def restore(self, orders: Iterable[Order]) -> None:
        """Take back the orders that were open; the exchange is asked what became of each."""
        self.shop.now = now = self._now()
        for order in (*orders, *left_over(self._saved)):
            if order.symbol not in self.shop.instruments:
                self.shop.say(
                    Said(
                        level="error",
                        code="symbol_gone",
                        title=f"{order.symbol} is not among the symbols any more",
                        detail=f"Order {order.id} may rest at the exchange: add the symbol again.",
                    )
                )
            elif self.shop.tickets.get(order.id) is None:
                self.shop.tickets.load(order, self._saved.get(order.id), now)

    # ---------------------------------------------------------------- to and from the exchange

    def requests(self) -> list[Request]:
        """Return what to ask the exchange now; each is answered by `answered`."""
        with self._watched("deciding what to send"):
            return self._sending.due(self._now())
        return []

    def answered(self, request: Request, answer: Answer | Exception) -> None:
        """Take what came of a request: its answer, or what was raised instead."""
        with self._watched(f"taking the answer to {request.ask} {request.client_id}"):
            self._sending.answered(request, answer, self._now())

    def heard(self, update: Update) -> None:
        """Take what the account's stream says, in whatever turn and however often it comes."""
        self.shop.now = self._now()
        with self._watched("taking what the account's stream says"):
            match update:
                case OrderUpdate() | AlgoUpdate():
                    self.orders.told(update)
                case TradeUpdate():
                    self.reconciler.trade_told(update)
                case PositionUpdate():
                    self.reconciler.position_told(update)
                case FundingUpdate():
                    self.reconciler.money.is_due = True
                case ConfigUpdate(symbol=str(symbol)):
                    self.shop.prepared.pop(symbol, None)
                case _:
                    pass
        self.poke()

    @contextmanager
    def _watched(self, what: str) -> Iterator[None]:
        """Let a fault of ours end neither the stream nor the sender: entries stop, exits go on."""
        try:
            yield
        except Exception as error:
            log.exception("The live broker failed while %s", what)
            self.shop.fault = f"a fault ({type(error).__name__} while {what})"
            self.shop.say(
                Said(
                    level="error",
                    code="broker_fault",
                    title="The live broker met a fault of its own: no entry is sent any more",
                    detail=f"{type(error).__name__}: {error}, while {what}. Look at the account.",
                    key=f"fault:{what}",
                )
            )
            self.reconciler.is_due = True
        if self.shop.reports or self.shop.notes:
            self.wake()

    def notes(self) -> list[Note]:
        """Return what people are to be told and what money moved, since the last call."""
        notes, self.shop.notes = self.shop.notes, []
        return notes

    @property
    def differences(self) -> list[Difference]:
        """Return what the exchange and our books say differently."""
        return self.reconciler.differences

    def is_ours(self, client_id: str) -> bool:
        """Return whether an order of that client id is one of this account's."""
        return client_id.startswith(f"qd{self.shop.tickets.tag}-")

    @property
    def is_busy(self) -> bool:
        """Return whether something may have to be asked soon."""
        return any(True for _ in self.shop.tickets) or self.orders.strangers.is_sorting


def _nothing() -> None:
    """Nobody listens yet."""
