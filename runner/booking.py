"""The broker's reports become journal entries, trades and facts; nothing else moves money."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from core.ledger import Entry, Portfolio, Position, fill_entries, funding_entry, truncate8
from core.market import Bar, MarketMessage, Tick
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
from runner.payloads import num
from runner.record import Record
from runner.tally import Tally

ZERO = Decimal(0)


class Excursions:
    """The worst and best unrealized P&L of every open position while it was open."""

    def __init__(self, portfolio: Portfolio) -> None:
        self._portfolio = portfolio
        self.seen: dict[str, tuple[Decimal, Decimal]] = {}

    def update(self, message: MarketMessage) -> None:
        """Let the positions in a symbol see its tick, or the extremes of its bar.

        Of a bar that one was opened in, only the close is known to be later.
        """
        if not isinstance(message, Bar | Tick):
            return
        for position in self._portfolio.positions.values():
            if position.symbol != message.symbol:
                continue
            if isinstance(message, Tick):
                self._see(position, message.last)
            elif position.opened_at > message.open_time:
                self._see(position, message.close)
            else:
                self._see(position, message.high)
                self._see(position, message.low)

    def _see(self, position: Position, price: Decimal) -> None:
        pnl = position.realized_pnl + position.unrealized_pnl(price)
        worst, best = self.seen.get(position.id, (ZERO, ZERO))
        self.seen[position.id] = (min(worst, pnl), max(best, pnl))

    def pop(self, position: Position) -> tuple[Decimal, Decimal]:
        """Return (worst, best) of a closed position and forget it; its result counts too."""
        worst, best = self.seen.pop(position.id, (ZERO, ZERO))
        result = position.realized_pnl
        return truncate8(min(worst, result, ZERO)), truncate8(max(best, result, ZERO))

    def save(self) -> dict[str, list[str]]:
        """Return what a restart needs, JSON-able."""
        return {key: [str(worst), str(best)] for key, (worst, best) in self.seen.items()}

    def load(self, saved: dict[str, list[str]]) -> None:
        """Go on from what `save` returned."""
        self.seen = {key: (Decimal(worst), Decimal(best)) for key, (worst, best) in saved.items()}


@dataclass(slots=True)
class Booking:
    """Books reports in order and says which protective orders are to be sent next.

    ``at`` is the engine time of the step under way; reports without a time of their own get it.
    """

    board: Board
    portfolio: Portfolio
    tally: Tally
    record: Record
    excursions: Excursions = field(init=False)
    resting: dict[str, Order] = field(default_factory=dict)
    at: int = 0

    def __post_init__(self) -> None:
        self.excursions = Excursions(self.portfolio)

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
                    yield from _protection(order, self.at)
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
        body = payloads.order_filled(fill, traded.amount)
        self.record.fact("order_filled", body, words.filled(fill, rules))
        self._apply(traded)
        closed = self._apply(fee)
        self._remember(order, fill.at)
        if closed is not None:
            self._trade(closed, fill)
        elif order.role is OrderRole.ENTRY and order.status.is_final:
            yield from _protection(order, fill.at)

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
        mae, mfe = self.excursions.pop(position)
        side = PositionSide.LONG if fill.side is Side.SELL else PositionSide.SHORT
        trade = Trade.of(
            position, side=side, closed_at=fill.at, exit_reason=fill.role, mae=mae, mfe=mfe
        )
        self.tally.count(trade)
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


def _protection(entry: Order, at: int) -> Iterator[Order]:
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
