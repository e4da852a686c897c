"""One step of trading: quotes, broker, ledger, strategies, risk, orders, in that order.

Pure bookkeeping in memory: everything it does is collected in `record`, and nothing is told to
anybody before the engine has committed that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.errors import OrderRejected, RiskRefused
from core.ledger import Portfolio, Position
from core.market import MINUTE_MS, Bar, MarketMessage, Step
from core.orders import Order, OrderRole, OrderType, Side
from core.risk import Refusal, RiskLimits, RiskView, check, wrong_side
from core.sizing import Budget, entry_qty
from exchange.base import Broker
from runner.board import Board
from runner.booking import Booking
from runner.council import Council
from runner.payloads import num
from runner.record import Record
from runner.tally import Tally
from runner.words import refused, signal
from store.writer import EquityPoint
from strategy.base import Decision, Intent, Outlook, Strategy

ZERO = Decimal(0)


@dataclass(slots=True)
class Gate:
    """What stops new entries: a person's pause, or market data that is too old."""

    paused_by: str | None = None
    paused_at: int | None = None
    feed_age_ms: int = 0


@dataclass(slots=True)
class Trader:
    """Turns market messages into orders and reports into journal entries.

    Promise: `portfolio` changes only by journal entries that are in `record`, so that a commit
    of `record` makes memory and store the same. ``minute`` counts from the epoch: the last one
    that has its equity point.
    """

    board: Board
    portfolio: Portfolio
    broker: Broker
    strategies: Sequence[Strategy]
    limits: RiskLimits
    tally: Tally
    record: Record
    gate: Gate = field(default_factory=Gate)
    outlook: dict[tuple[str, str], tuple[int, Outlook]] = field(default_factory=dict)
    booking: Booking = field(init=False)
    council: Council = field(init=False)
    minute: int = 0

    def __post_init__(self) -> None:
        self.booking = Booking(self.board, self.portfolio, self.tally, self.record)
        self.council = Council(self.strategies, self.portfolio, self.record)

    def on_step(self, step: Step) -> None:
        """Take one step of the market."""
        self.booking.at = step.at
        # Away over midnight, or up to it: what this step trades is never the day before's.
        self.tally.roll_day(step.at - 1, self.board.marks)
        for message in step.messages:
            self._match(message)
        self.tally.roll_day(step.at, self.board.marks)
        for message in step.messages:
            if isinstance(message, Bar):
                self._decide(message)
        minute = step.at // MINUTE_MS
        if minute > self.minute:
            self.minute = minute
            equity = self.tally.equity(self.board.marks)
            point = EquityPoint(minute * MINUTE_MS, equity, self.portfolio.balance)
            self.record.equity_point(point)

    def _match(self, message: MarketMessage) -> None:
        self.board.update(message)
        self.broker.on_message(message)
        self.absorb()
        self.booking.excursions.update(message)
        if isinstance(message, Bar):
            self.record.candle(message)

    def _decide(self, bar: Bar) -> None:
        for strategy, decision in self.council.decide(bar):
            self._follow(strategy, decision, bar)

    def absorb(self) -> None:
        """Book what the broker reports until it has no more to say."""
        while reports := self.broker.drain():
            for report in reports:
                for order in self.booking.book(report):
                    self._submit(order)

    def _follow(self, strategy: Strategy, decision: Decision, bar: Bar) -> None:
        if decision.outlook is not None:
            self.outlook[strategy.name, bar.symbol] = (bar.close_time, decision.outlook)
        intent = decision.intent
        if intent is None:
            return
        if intent.action == "close":
            position = self.portfolio.position(strategy.name, bar.symbol)
            if position is not None:
                role = OrderRole(intent.role)
                self._try_close(position, role, bar.close_time, str(bar.open_time // MINUTE_MS))
            return
        self._enter(strategy, intent, bar)

    def _enter(self, strategy: Strategy, intent: Intent, bar: Bar) -> None:
        order = self._entry_order(strategy, intent, bar)
        refusal = self._check(order)
        if refusal is None:
            try:
                self.broker.submit(order)
            except OrderRejected as error:
                refusal = Refusal("broker", None, None, str(error))
        self._signal(order, intent, bar, refusal)
        if refusal is not None:
            self.refuse(order, refusal, bar.close_time)
        self.absorb()

    def _entry_order(self, strategy: Strategy, intent: Intent, bar: Bar) -> Order:
        market = self.board.markets[bar.symbol]
        rules = market.instrument
        equity = self.portfolio.cash.get(strategy.name, ZERO) + self.portfolio.unrealized_pnl(
            self.board.marks, strategy.name
        )
        stop, target = (
            None if p is None else rules.round_price(p)
            for p in (intent.stop_price, intent.target_price)
        )
        budget = Budget(
            equity=equity, available=self.portfolio.available(strategy.name),
            risk_pct=self.limits.risk_per_trade_pct, leverage=self.limits.leverage,
        )  # fmt: skip
        qty = entry_qty(budget, bar.close, stop, rules)
        pair = bar.symbol.replace("/", "")
        position_id = f"{strategy.name}-{pair}-{bar.open_time // MINUTE_MS}"
        return Order(
            id=f"{position_id}-entry", strategy=strategy.name, symbol=bar.symbol,
            side=Side(intent.action), type=OrderType.MARKET, qty=qty, role=OrderRole.ENTRY,
            position_id=position_id, created_at=bar.close_time, leverage=self.limits.leverage,
            stop_price=stop, target_price=target,
        )  # fmt: skip

    def _check(self, order: Order) -> Refusal | None:
        last = self.board.markets[order.symbol].last
        if last is not None and (refusal := wrong_side(order, last)) is not None:
            return refusal
        refusal = check(order, self._risk_view(order), self.limits)
        if refusal is None and order.qty <= 0:
            reason = "the risk and margin left are too little for the smallest order"
            refusal = Refusal("size", None, None, reason)
        return refusal

    def _risk_view(self, order: Order) -> RiskView:
        """Return the account with its entries that still wait as if they were filled."""
        marks = self.board.marks
        held = self.portfolio.positions.values()
        waiting = [o for o in self.broker.open_orders() if not o.reduce_only]
        sizes = [(p.symbol, abs(p.qty), p.entry_price) for p in held]
        sizes += [(o.symbol, o.remaining_qty, o.price or ZERO) for o in waiting]
        exposure = sum((qty * marks.get(symbol, price) for symbol, qty, price in sizes), ZERO)
        return RiskView(
            equity=self.tally.equity(marks),
            exposure=exposure,
            positions=len({p.id for p in held} | {o.position_id for o in waiting}),
            price=marks.get(order.symbol, ZERO),
            paused=self.gate.paused_by is not None,
            feed_age_ms=self.gate.feed_age_ms,
            pnl_today=self.tally.pnl_today(marks),
            day_open_equity=self.tally.day_open_equity,
        )

    def _signal(self, order: Order, intent: Intent, bar: Bar, refusal: Refusal | None) -> None:
        rules = self.board.markets[bar.symbol].instrument
        body: dict[str, Any] = {
            "at": bar.close_time,
            "id": order.position_id,
            "strategy": order.strategy,
            "symbol": bar.symbol,
            "action": order.side.value,
            "confidence": intent.confidence,
            "price": num(bar.close),
            "stop_price": None if order.stop_price is None else num(order.stop_price),
            "target_price": None if order.target_price is None else num(order.target_price),
            "reasons": list(intent.reasons),
            "outcome": "traded" if refusal is None else "refused",
        }
        self.record.fact("signal_raised", body, signal(order.side.value, rules, intent.reasons))

    def refuse(self, order: Order, refusal: Refusal, at: int) -> None:
        """Record that *order* was not taken, and why."""
        rules = self.board.markets[order.symbol].instrument
        body = {
            "at": at,
            "strategy": order.strategy,
            "symbol": order.symbol,
            "side": order.side.value,
            "qty": num(order.qty),
            "gate": refusal.gate,
            "value": None if refusal.value is None else num(refusal.value),
            "limit": None if refusal.limit is None else num(refusal.limit),
        }
        self.record.fact("order_refused", body, refused(order, rules, refusal.reason))

    def _submit(self, order: Order) -> None:
        """Send a protective order; what the broker refuses is told, the position stays."""
        try:
            self.broker.submit(order)
        except OrderRejected as error:
            self.refuse(order, Refusal("broker", None, None, str(error)), order.created_at)

    def _try_close(self, position: Position, role: OrderRole, at: int, suffix: str) -> None:
        try:
            self.close(position, role, at, suffix)
        except OrderRejected as error:
            order = self._close_order(position, role, at, suffix)
            self.refuse(order, Refusal("broker", None, None, str(error)), at)

    def close(self, position: Position, role: OrderRole, at: int, suffix: str) -> None:
        """Send a reduce-only market order for the whole of *position*.

        Raises:
            OrderRejected: the broker said no; nothing was traded.
            RiskRefused: our own limits did.
        """
        order = self._close_order(position, role, at, suffix)
        refusal = self._check(order)
        if refusal is not None:
            raise RiskRefused(refusal.reason)
        self.broker.submit(order)
        self.absorb()

    def cancel(self, order_id: str, reason: str) -> None:
        """Cancel a resting order.

        Raises:
            OrderRejected: it is not open.
        """
        self.broker.cancel(order_id, reason)
        self.absorb()

    def move(self, order_id: str, price: Decimal) -> None:
        """Move a resting order to another level.

        Raises:
            OrderRejected: it is not open or the level is not allowed.
        """
        self.broker.move(order_id, price)
        self.absorb()

    def set_paused(self, by: str | None, at: int) -> None:
        """Stop new entries in *by*'s name, or allow them again with None."""
        self.gate.paused_by = by
        self.gate.paused_at = None if by is None else at

    @staticmethod
    def _close_order(position: Position, role: OrderRole, at: int, suffix: str) -> Order:
        return Order(
            id=f"{position.id}-{role}-{suffix}", strategy=position.strategy,
            symbol=position.symbol, side=Side.SELL if position.qty > 0 else Side.BUY,
            type=OrderType.MARKET, qty=abs(position.qty), role=role, position_id=position.id,
            created_at=at, leverage=position.leverage, reduce_only=True,
        )  # fmt: skip
