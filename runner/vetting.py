"""Makes the orders that strategies and people wish for, and says whether they may be sent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from core.ledger import Portfolio, Position
from core.orders import Order, OrderRole, OrderType, Side
from core.risk import Refusal, RiskLimits, RiskView, check, wrong_side
from core.sizing import Budget, entry_qty
from exchange.base import Broker
from runner.board import Board
from runner.signals import signal_id
from runner.tally import Tally
from strategy.base import Signal

ZERO = Decimal(0)


@dataclass(slots=True)
class Gate:
    """What stops new entries: a person's pause, or market data that is too old.

    ``symbol_age_ms`` tells how old the newest price of a symbol is, when the market is live.
    """

    paused_by: str | None = None
    paused_at: int | None = None
    feed_age_ms: int = 0
    symbol_age_ms: Callable[[str], int] = lambda _: 0


@dataclass(slots=True)
class Vetting:
    """Knows the account as an order finds it, and the limits it must keep."""

    board: Board
    portfolio: Portfolio
    broker: Broker
    limits: RiskLimits
    tally: Tally
    gate: Gate = field(default_factory=Gate)

    def entry(self, name: str, signal: Signal, at: int) -> Order:
        """Return the order of an entry that *signal* of the strategy *name* asks for, sized."""
        rules = self.board.markets[signal.symbol].instrument
        marks = self.board.marks
        equity = self.portfolio.cash.get(name, ZERO) + self.portfolio.unrealized_pnl(marks, name)
        stop, target = (
            None if p is None else rules.round_price(p)
            for p in (signal.stop_price, signal.target_price)
        )
        budget = Budget(
            equity=equity, available=self.portfolio.available(name),
            risk_pct=self.limits.risk_per_trade_pct, leverage=self.limits.leverage,
        )  # fmt: skip
        position_id = signal_id(name, signal.symbol, at)
        return Order(
            id=f"{position_id}-entry", strategy=name, symbol=signal.symbol,
            side=Side(signal.action), type=OrderType.MARKET,
            qty=entry_qty(budget, signal.price, stop, rules), role=OrderRole.ENTRY,
            position_id=position_id, created_at=at, leverage=self.limits.leverage,
            stop_price=stop, target_price=target,
        )  # fmt: skip

    def refusal(self, order: Order) -> Refusal | None:
        """Return the first gate that stops *order*, or None."""
        if not order.reduce_only and (refusal := self._in_the_way(order)) is not None:
            return refusal
        last = self.board.markets[order.symbol].last
        if last is not None and (refusal := wrong_side(order, last)) is not None:
            return refusal
        refusal = check(order, self._risk_view(order), self.limits)
        if refusal is None and order.qty <= 0:
            reason = "the risk and margin left are too little for the smallest order"
            refusal = Refusal("size", None, None, reason)
        return refusal

    def standing(self, symbol: str, at: int) -> Refusal | None:
        """Return the gate that would stop any entry in *symbol* at *at* (ms), or None."""
        least = Order(
            id="", strategy="", symbol=symbol, side=Side.BUY, type=OrderType.MARKET, qty=ZERO,
            role=OrderRole.ENTRY, position_id="", created_at=at, leverage=self.limits.leverage,
        )  # fmt: skip
        return check(least, self._risk_view(least), self.limits)

    def _in_the_way(self, order: Order) -> Refusal | None:
        """Return why an entry cannot be: its strategy is in that symbol already."""
        held = self.portfolio.position(order.strategy, order.symbol)
        waiting = (o for o in self.broker.open_orders() if not o.reduce_only)
        if held is None and not any(
            (o.strategy, o.symbol) == (order.strategy, order.symbol) for o in waiting
        ):
            return None
        what = "an entry waits there" if held is None else "a position is open there"
        return Refusal("position_open", None, None, f"{what} already")

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
            price_age_ms=self.gate.symbol_age_ms(order.symbol),
            pnl_today=self.tally.pnl_today(marks),
            day_open_equity=self.tally.day_open_equity,
        )

    @staticmethod
    def exit(position: Position, role: OrderRole, at: int, suffix: str) -> Order:
        """Return the reduce-only order for the whole of *position*."""
        return Order(
            id=f"{position.id}-{role}-{suffix}", strategy=position.strategy,
            symbol=position.symbol, side=Side.SELL if position.qty > 0 else Side.BUY,
            type=OrderType.MARKET, qty=abs(position.qty), role=role, position_id=position.id,
            created_at=at, leverage=position.leverage, reduce_only=True,
        )  # fmt: skip
