"""One step of trading: quotes, broker, ledger, strategies, risk, orders, in that order.

Pure bookkeeping in memory: everything it does is collected in `record`, and nothing is told to
anybody before the engine has committed that.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from core.errors import GateRefused, OrderRejected, RiskRefused
from core.ledger import Portfolio, Position
from core.market import DAY_MS, MINUTE_MS, Bar, Funding, MarketMessage, Step
from core.orders import Order, OrderRole
from core.risk import Refusal, RiskLimits
from core.trades import Trade
from exchange.base import Broker
from runner.anomaly_desk import AnomalyDesk
from runner.board import Board
from runner.booking import Booking
from runner.council import Council
from runner.figures import point
from runner.payloads import num
from runner.predictions import Predictions
from runner.record import Record
from runner.signals import SignalBook, Verdict
from runner.symbol_tallies import SymbolTallies
from runner.tally import Tally
from runner.vetting import Gate, Vetting
from runner.words import refused
from store.writer import EquityPoint
from strategy.base import Signal, Strategy

ZERO = Decimal(0)
MINUTES_AN_HOUR = 60
LATE_MS = MINUTE_MS


@dataclass(slots=True)
class Trader:
    """Turns market messages into orders and reports into journal entries.

    Promise: `portfolio` changes only by journal entries that are in `record`, so that a commit
    of `record` makes memory and store the same. ``minute`` counts from the epoch: the last one
    that has its equity point. Bars that close before ``decides_from`` (ms), or come `LATE_MS` after
    their end, only move orders that rest. ``tallies`` are the account's and those of the
    sub-accounts that were given money.
    """

    board: Board
    portfolio: Portfolio
    broker: Broker
    council: Council
    limits: RiskLimits
    tally: Tally
    sub_tallies: Mapping[str, Tally]
    record: Record
    vetting: Vetting = field(init=False)
    booking: Booking = field(init=False)
    signals: SignalBook = field(init=False)
    predictions: Predictions = field(init=False)
    anomalies: AnomalyDesk = field(init=False)
    tallies: tuple[Tally, ...] = field(init=False)
    symbols: SymbolTallies = field(init=False)
    minute: int = 0
    decides_from: int = 0
    sampled_every: int = 1
    _day: int = -1

    def __post_init__(self) -> None:
        self.vetting = Vetting(self.board, self.portfolio, self.broker, self.limits, self.tally)
        self.booking = Booking(self.board, self.portfolio, self.record)
        self.signals = SignalBook(self.record)
        self.predictions = Predictions(self.record)
        self.anomalies = AnomalyDesk(self.record, self.vetting)
        funded = (tally for tally in self.sub_tallies.values() if tally.initial)
        self.tallies = (self.tally, *funded)
        self.symbols = SymbolTallies(self.portfolio, self.tally.initial)

    def on_step(self, step: Step) -> None:
        """Take one step of the market."""
        self.booking.at = step.at
        # Away over midnight, or up to it: what this step trades is never the day before's.
        self._roll_day(step.at - 1)
        for message in step.messages:
            self._match(message)
        self._roll_day(step.at)
        for message in step.messages:
            if isinstance(message, Bar):
                self._decide(message, step.at)
                self.anomalies.on_bar(message)
        minute = step.at // MINUTE_MS
        if minute > self.minute:
            self._sample(minute)
        else:
            for tally in self.tallies[1:]:
                tally.equity(self.board.marks)

    @property
    def gate(self) -> Gate:
        """Return what stops new entries."""
        return self.vetting.gate

    def _roll_day(self, at: int) -> None:
        day = at // DAY_MS
        if day != self._day:
            self._day = day
            for tally in self.tallies:
                tally.roll_day(at, self.board.marks)

    def _sample(self, minute: int) -> None:
        """Add points to the curves, and once an hour the headline figures."""
        last, self.minute = self.minute, minute
        at, marks = minute * MINUTE_MS, self.board.marks
        is_due = minute // self.sampled_every > last // self.sampled_every
        for tally in self.tallies:
            equity = tally.equity(marks)
            if is_due:
                name = tally.strategy or ""
                self.record.equity_point(EquityPoint(at, equity, tally.balance, name))
        if minute // MINUTES_AN_HOUR > last // MINUTES_AN_HOUR:
            self.record.performance.extend(point(tally, at, marks) for tally in self.tallies)
            self.record.performance.extend(self.symbols.points(at, self.tally.initial, marks))

    def _match(self, message: MarketMessage) -> None:
        self.board.update(message)
        self.broker.on_message(message)
        self.absorb()
        self.booking.courses.update(message)
        if isinstance(message, Bar):
            self.record.candle(message)
            self.predictions.on_bar(message)
        else:
            self.anomalies.on_message(message)
            if isinstance(message, Funding):
                self.record.settlement(message)

    def _decide(self, bar: Bar, at: int) -> None:
        """Ask the strategies about *bar*; what happened while nobody was there is not traded on."""
        if bar.close_time < self.decides_from or at - bar.close_time > LATE_MS:
            self.council.take_in(bar)
            return
        for strategy, signal in self.council.decide(bar):
            self.follow(strategy, signal, bar.close_time)

    def absorb(self) -> None:
        """Book what the broker reports until it has no more to say."""
        while reports := self.broker.drain():
            for report in reports:
                for order in self.booking.book(report):
                    self._submit(order)
        while self.booking.finished:
            self._finish(self.booking.finished.pop(0))

    def _finish(self, trade: Trade) -> None:
        """Count a closed trade and let its strategy learn from it."""
        self.anomalies.on_trade(trade)
        self.tally.count(trade)
        self.symbols.count(trade)
        own = self.sub_tallies.get(trade.strategy)
        if own is not None:
            own.count(trade)
        signal = self.signals.closed(trade)
        for strategy in self.council.asked:
            if strategy.name == trade.strategy:
                self.council.tell(strategy, trade, signal)

    def follow(self, strategy: Strategy, signal: Signal, at: int) -> None:
        """Decide on a *signal* of engine time *at*, do it, and keep both."""
        verdict = self._decide_on(strategy.name, signal, at)
        rules = self.board.markets[signal.symbol].instrument
        self.signals.keep(strategy.name, signal, verdict, at, rules)
        self.predictions.made(strategy.name, signal, at)
        if verdict.order is not None and verdict.refusal is not None:
            self.refuse(verdict.order, verdict.refusal, at)
        self.absorb()

    def _decide_on(self, name: str, signal: Signal, at: int) -> Verdict:
        if signal.wish == "enter":
            return self._enter(name, signal, at)
        return self._leave(name, signal, at) if signal.wish == "close" else _held(signal)

    def _enter(self, name: str, signal: Signal, at: int) -> Verdict:
        order = self.vetting.entry(name, signal, at)
        refusal = self.vetting.refusal(order)
        if refusal is None:
            try:
                self.broker.submit(order)
            except OrderRejected as error:
                refusal = _refusal_of(error)
        if refusal is not None:
            return Verdict("refused", f"Not traded: {refusal.reason}", refusal, order)
        return Verdict("traded", "An entry was sent", None, order)

    def _leave(self, name: str, signal: Signal, at: int) -> Verdict:
        position = self.portfolio.position(name, signal.symbol)
        if position is None:
            return Verdict("held", "There is no position to close")
        order = self.vetting.exit(position, OrderRole(signal.role), at, str((at - 1) // MINUTE_MS))
        refusal = self.vetting.refusal(order)
        if refusal is None:
            try:
                self.broker.submit(order)
            except OrderRejected as error:
                refusal = _refusal_of(error)
        if refusal is not None:
            return Verdict("refused", f"Not closed: {refusal.reason}", refusal, order)
        done = "A close was sent" if self.broker.answers_later else "The position was closed"
        return Verdict("closed", done, None, order)

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
            self.refuse(order, _refusal_of(error), order.created_at)

    def close(self, position: Position, role: OrderRole, at: int, suffix: str) -> None:
        """Send a reduce-only market order for the whole of *position*.

        Raises:
            OrderRejected: the broker said no; nothing was traded.
            RiskRefused: our own limits did.
        """
        order = self.vetting.exit(position, role, at, suffix)
        refusal = self.vetting.refusal(order)
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

    def cancel_entries(self, reason: str) -> int:
        """Cancel what rests to open or enlarge a position; return how many orders that were."""
        resting = [order for order in self.broker.open_orders() if not order.reduce_only]
        for order in resting:
            with contextlib.suppress(OrderRejected):  # it is not open any more
                self.broker.cancel(order.id, reason)
            self.absorb()
        return len(resting)

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


def _refusal_of(error: OrderRejected) -> Refusal:
    if isinstance(error, GateRefused):
        return Refusal(error.gate, error.value, error.limit, str(error))
    return Refusal("broker", None, None, str(error))


def _held(signal: Signal) -> Verdict:
    if signal.veto is not None:
        return Verdict("held", f"Not traded: {signal.veto.reason}", signal.veto)
    return Verdict("held", signal.reasons[0])
