"""The broker's reports become journal entries, trades and facts; nothing else moves money."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from core.ledger import Entry, Portfolio, Position, fill_entries, funding_entry
from core.orders import (
    Accepted,
    Closed,
    Fill,
    Filled,
    FundingCharged,
    Order,
    OrderRole,
    OrderType,
    Report,
    Side,
)
from core.trades import PositionSide, Trade
from runner import payloads, words
from runner.board import Board
from runner.courses import Courses
from runner.payloads import num
from runner.record import Record


@dataclass(slots=True)
class Booking:
    """Books reports in order and says which protective orders are to be sent next.

    ``at`` is the engine time of the step under way; reports without a time of their own get it.
    ``finished`` holds the closed trades that nobody has counted yet.
    """

    board: Board
    portfolio: Portfolio
    record: Record
    courses: Courses = field(init=False)
    resting: dict[str, Order] = field(default_factory=dict)
    finished: list[Trade] = field(default_factory=list)
    at: int = 0

    def __post_init__(self) -> None:
        self.courses = Courses(self.portfolio)

    def book(self, report: Report) -> Iterator[Order]:
        """Book one report; yield the orders that should follow it."""
        match report:
            case Accepted(order):
                self._accepted(order)
            case Filled(order, fill):
                yield from self._filled(order, fill)
            case Closed(order):
                self._remember(order, self.at)
                if order.role is OrderRole.ENTRY and order.filled_qty > 0:
                    yield from protection(order, self.at)
            case FundingCharged():
                self._funding(report)

    def _accepted(self, order: Order) -> None:
        kind = "order_changed" if order.id in self.resting else "order_placed"
        self.resting[order.id] = order
        self.record.orders[order.id] = order
        self.record.fact(kind, payloads.order(order, self.at))

    def _filled(self, order: Order, fill: Fill) -> Iterator[Order]:
        rules = self.board.markets[fill.symbol].instrument
        held = self.portfolio.position(fill.strategy, fill.symbol)
        traded, fee = fill_entries(fill, held)
        self.courses.filled(fill, order)
        body = payloads.order_filled(fill, traded.amount)
        self.record.fact("order_filled", body, words.filled(fill, rules))
        self._apply(traded)
        closed = self._apply(fee)
        self._remember(order, fill.at)
        if closed is not None:
            self._trade(closed, fill)
        elif order.role is OrderRole.ENTRY and order.status.is_final:
            yield from protection(order, fill.at)

    def _remember(self, order: Order, at: int) -> None:
        """Keep the order's newest form; tell of those that rested."""
        self.record.orders[order.id] = order
        if order.id not in self.resting:
            return
        if order.status.is_final:
            del self.resting[order.id]
            self.record.fact("order_closed", payloads.order_closed(order, at))
        else:
            self.resting[order.id] = order
            self.record.fact("order_changed", payloads.order(order, at))

    def _trade(self, position: Position, fill: Fill) -> None:
        side = PositionSide.LONG if fill.side is Side.SELL else PositionSide.SHORT
        course = self.courses.pop(position)
        trade = Trade.of(
            position, side=side, closed_at=fill.at, exit_reason=fill.role, course=course
        )
        self.finished.append(trade)
        self.record.trades.append(trade)
        rules = self.board.markets[trade.symbol].instrument
        body = payloads.trade_closed(trade) | {"amount": num(trade.net_pnl)}
        self.record.fact("trade_closed", body, words.closed(trade, rules))

    def _funding(self, charge: FundingCharged) -> None:
        held = self.portfolio.position(charge.strategy, charge.symbol)
        if held is None:
            return
        self._apply(funding_entry(charge))
        rules = self.board.markets[charge.symbol].instrument
        way = "long" if held.qty > 0 else "short"
        body = payloads.funding_paid(charge) | {"amount": num(charge.amount)}
        self.record.fact("funding_paid", body, words.funding(charge, rules, way))

    def _apply(self, entry: Entry) -> Position | None:
        self.record.journal.append(entry)
        return self.portfolio.apply(entry)


def protection(entry: Order, at: int) -> Iterator[Order]:
    """Yield the stop and target an entry asked for."""
    wanted = (
        (OrderRole.STOP, OrderType.STOP, entry.stop_price),
        (OrderRole.TARGET, OrderType.TAKE_PROFIT, entry.target_price),
    )
    for role, order_type, level in wanted:
        if level is not None:
            yield Order(
                id=f"{entry.id}-{role}", strategy=entry.strategy, symbol=entry.symbol,
                side=entry.side.opposite, type=order_type, qty=entry.filled_qty, role=role,
                position_id=entry.position_id, created_at=at, leverage=entry.leverage,
                trigger_price=level, reduce_only=True,
            )  # fmt: skip
