"""Paper beside live: each order is carried out on paper too, at the same time, for comparison.

`BesideBroker` is the live broker to all who use it; what it takes it hands to a paper broker with
a portfolio of its own. Stops and targets are the paper position's own, at the same levels. When
the live position is closed the paper one is closed too, if it is not yet, so that both can be
compared. Nothing that happens on paper touches the ledger.
"""

import contextlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.errors import OrderRejected
from core.market import Bar, Book, MarketMessage, Tick
from core.orders import (
    Closed,
    Fill,
    Filled,
    FundingCharged,
    Order,
    OrderRole,
    OrderType,
    Report,
)
from core.paper_vs_live import Comparison, figures
from exchange.base import Broker
from runner.payloads import Data, num
from runner.shadow import Shadow
from utils.clock import Clock

PROTECTIVE: Final = frozenset({OrderRole.STOP, OrderRole.TARGET})
REMEMBERED: Final = 500
OURS: Final = "paper_beside"


class Sent(msgspec.Struct, frozen=True):
    """When an order went out (our monotonic ms), and the price it aimed at."""

    at_ms: int
    aim: Decimal | None


class BesideBroker:
    """Keeps the `exchange.base.Broker` contract: the live broker, with paper beside it.

    Promise: paper never changes what the live broker does or reports, nor is anything of it
    reported; what it cannot carry out is left out of the comparison.
    """

    answers_later = True

    def __init__(self, live: Broker, shadow: Shadow, clock: Clock) -> None:
        self.live = live
        self.shadow = shadow
        self.comparison = Comparison()
        self._clock = clock
        self._mids: dict[str, Decimal] = {}
        self._sent: dict[str, Sent] = {}

    def submit(self, order: Order) -> None:
        """Take an order, live and then on paper.

        Raises:
            OrderRejected: the live broker refused it; nothing was traded.
        """
        self.live.submit(order)
        self._remember(order)
        if order.role in PROTECTIVE:
            return  # the paper position has its own
        with contextlib.suppress(OrderRejected):
            self.shadow.submit(order)
        self._absorb()

    def cancel(self, order_id: str, reason: str) -> None:
        """Take a resting order back, on paper too.

        Raises:
            OrderRejected: it is not open.
        """
        self.live.cancel(order_id, reason)
        with contextlib.suppress(OrderRejected):
            self.shadow.broker.cancel(order_id, reason)
        self._absorb()

    def move(self, order_id: str, price: Decimal) -> None:
        """Give a resting order another level, on paper too.

        Raises:
            OrderRejected: it is not open, or the price is not allowed.
        """
        self.live.move(order_id, price)
        with contextlib.suppress(OrderRejected):
            self.shadow.broker.move(order_id, price)
        self._sent[order_id] = Sent(self._now_ms(), price)
        self._absorb()

    def on_message(self, message: MarketMessage) -> None:
        """Let both see the market."""
        match message:
            case Tick():
                self._mids[message.symbol] = (message.bid + message.ask) / 2
            case Book() if message.bids and message.asks:
                self._mids[message.symbol] = (message.bids[0][0] + message.asks[0][0]) / 2
            case Bar():
                self._mids.setdefault(message.symbol, message.close)
            case _:
                pass
        self.live.on_message(message)
        self.shadow.see(message)
        self._absorb()

    def drain(self) -> list[Report]:
        """Return the live broker's reports, and compare what traded."""
        reports = self.live.drain()
        for report in reports:
            match report:
                case Filled(order, fill):
                    self._live_fill(order, fill)
                case FundingCharged():
                    self.comparison.funded(report, live=True)
                case Closed(order) if order.role is OrderRole.ENTRY and not order.filled_qty:
                    self._never_entered(order)
                case _:
                    pass
        return reports

    def open_orders(self) -> list[Order]:
        """Return the live broker's resting orders."""
        return self.live.open_orders()

    def restore(self, orders: Iterable[Order]) -> None:
        """Let the live broker take its orders back; paper has its own, see `recall`."""
        self.live.restore(orders)

    def committed(self) -> None:
        """Pass on that what was reported is stored."""
        self.live.committed()

    def save(self) -> dict[str, Any]:
        """Return what both need after a restart, JSON-able.

        The live broker finds its own in it, also when it is without paper the next time.
        """
        beside = {
            "shadow": self.shadow.save(),
            "comparison": msgspec.to_builtins(self.comparison),
        }
        return {**self.live.save(), OURS: beside}

    def recall(self, saved: Mapping[str, Any]) -> None:
        """Take back what `save` returned, or what the live broker saved without paper."""
        self.live.recall(saved)
        beside = saved.get(OURS)
        if beside is not None:
            self.shadow.load(beside["shadow"])
            self.comparison = msgspec.convert(beside["comparison"], Comparison, strict=False)

    def payload(self, at: int) -> Data:
        """Return the payload of the paper_vs_live state."""
        body = figures(self.comparison, at)
        body["rows"] = [_plain(row) for row in body["rows"]]
        return _plain(body)

    def _remember(self, order: Order) -> None:
        aim = order.trigger_price or order.price or self._mids.get(order.symbol)
        self._sent[order.id] = Sent(self._now_ms(), aim)
        while len(self._sent) > REMEMBERED:
            del self._sent[next(iter(self._sent))]

    def _aim(self, fill: Fill) -> Decimal:
        sent = self._sent.get(fill.order_id)
        return sent.aim if sent is not None and sent.aim is not None else fill.reference_price

    def _live_fill(self, order: Order, fill: Fill) -> None:
        sent = self._sent.get(fill.order_id)
        # a resting order waits for the market, which says nothing of how fast the way is
        waited = order.type is OrderType.MARKET and sent is not None
        ms = self._now_ms() - sent.at_ms if sent is not None and waited else None
        self.comparison.live(fill, self._aim(fill), ms)
        found = self.comparison.rounds.get(fill.position_id)
        if found is None or not found.live.is_over:
            return
        held = self.shadow.portfolio.position(fill.strategy, fill.symbol)
        if held is not None and held.id == fill.position_id:
            self._close(order, fill)
        elif not found.paper.is_over:
            self.comparison.forget(fill.position_id)

    def _close(self, order: Order, fill: Fill) -> None:
        """Close the paper position now, as the live one was."""
        held = self.shadow.portfolio.position(fill.strategy, fill.symbol)
        if held is None:
            return
        exit_order = msgspec.structs.replace(
            order, id=f"{fill.position_id}-beside", type=OrderType.MARKET, qty=abs(held.qty),
            side=fill.side, price=None, trigger_price=None, reduce_only=True, filled_qty=Decimal(0),
            position_id=held.id, created_at=fill.at, stop_price=None, target_price=None,
        )  # fmt: skip
        self._sent[exit_order.id] = Sent(self._now_ms(), self._aim(fill))
        with contextlib.suppress(OrderRejected):
            self.shadow.broker.submit(exit_order)
        self._absorb()

    def _never_entered(self, order: Order) -> None:
        """Give up on paper what the exchange did not take."""
        with contextlib.suppress(OrderRejected):
            self.shadow.broker.cancel(order.id, order.reason)
        self.comparison.forget(order.position_id)
        held = self.shadow.portfolio.position(order.strategy, order.symbol)
        if held is not None and held.id == order.position_id:
            self._drop(order, held.qty)
        self._absorb()

    def _drop(self, order: Order, qty: Decimal) -> None:
        exit_order = msgspec.structs.replace(
            order, id=f"{order.position_id}-dropped", type=OrderType.MARKET, qty=abs(qty),
            side=order.side.opposite, role=OrderRole.MANUAL, reduce_only=True, price=None,
            filled_qty=Decimal(0), stop_price=None, target_price=None,
        )  # fmt: skip
        with contextlib.suppress(OrderRejected):
            self.shadow.broker.submit(exit_order)

    def _absorb(self) -> None:
        """Book what happened on paper, and compare it."""
        for report in self.shadow.drain():
            if isinstance(report, FundingCharged):
                self.comparison.funded(report, live=False)
            elif not report.fill.order_id.endswith("-dropped"):
                self.comparison.paper(report.fill, self._aim(report.fill))

    def _now_ms(self) -> int:
        return int(self._clock.monotonic() * 1000)


def _plain(body: Mapping[str, Any]) -> Data:
    return {name: num(v) if isinstance(v, Decimal) else v for name, v in body.items()}
