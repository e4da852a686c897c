"""A real account at work: the live broker beside the ledger, and an exchange that misbehaves."""

import contextlib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from core.errors import OrderRejected
from core.ledger import Entry, EntryKind, Portfolio, fill_entries, funding_entry
from core.market import MarkPrice, Tick
from core.orders import (
    Accepted,
    Closed,
    Filled,
    FundingCharged,
    Order,
    OrderRole,
    OrderType,
    Report,
    Side,
)
from exchange.real.errors import ExchangeError, OutcomeUnknown, Unreachable
from exchange.real.limits import Limits, LimitSettings
from exchange.real.live_broker import LiveBroker
from exchange.real.money import part_id
from exchange.real.requests import Ask, Moved, Note, Request
from exchange.real.sending import RECV_WINDOW_MS
from tests.exchange.memory_exchange import SYMBOL, MemoryExchange
from tests.exchange.paper_desk import RULES, protection

START = 1_800_000_000_000
WALLET = Decimal(10_000)
TAG = "aaaaaa"


def limit_settings(**changes: Any) -> LimitSettings:
    given: dict[str, Any] = {
        "max_order_notional": Decimal(1_000_000), "max_daily_notional": Decimal(10_000_000),
        "max_total_notional": Decimal(10_000_000), "symbols": frozenset({SYMBOL}),
        "max_orders_a_minute": 1000, "kill_file": Path("/nonexistent/KILL"),
    }  # fmt: skip
    return LimitSettings(**given | changes)


class LiveDesk:  # noqa: PLR0904 - all that may happen to an account
    """One account of 10 000 USDT at an exchange in memory, booked as the engine books it.

    What is stored is what `store` stored last: `crash` loses everything else.
    """

    def __init__(self, *, child_names: bool = True, **limits: Any) -> None:
        self.at = START
        self.exchange = MemoryExchange(WALLET, Decimal(100), child_names=child_names)
        self.exchange.now = START
        self.limit_settings = limit_settings(**limits)
        self.stored_journal = [_deposit(WALLET)]
        self.stored_orders: dict[str, Order] = {}
        self.stored_memory: dict[str, Any] = {}
        self.reports: list[Report] = []
        self.notes: list[Note] = []
        self.refused: list[str] = []
        self.flying: list[tuple[Request, Any]] = []
        self.late: list[tuple[Request, int]] = []
        self.numbers = 0
        self._start()

    def _start(self) -> None:
        self.journal: list[Entry] = []
        self.changed: dict[str, Order] = {}
        self.portfolio = Portfolio.replay(self.stored_journal)
        limits = Limits(self.limit_settings)
        self.broker = LiveBroker({SYMBOL: RULES}, self.portfolio, limits, TAG, lambda: self.at)
        self.broker.recall(msgspec.json.decode(msgspec.json.encode(self.stored_memory)))
        self.broker.restore([o for o in self.stored_orders.values() if not o.status.is_final])
        self.see_price()

    def crash(self) -> None:
        """Lose everything that was not stored, and what the exchange told meanwhile."""
        self.flying.clear()
        self.exchange.told.clear()
        self._start()

    # -------------------------------------------------------------- the engine's part

    def absorb(self) -> None:
        """Book what the broker reports, and store it."""
        self.drain()
        self.store()

    def drain(self) -> None:
        """Book what the broker reports; it waits to be stored."""
        while reports := self.broker.drain():
            for report in reports:
                self.reports.append(report)
                for order in self._book(report):
                    self._submit(order)
        for note in self.broker.notes():
            self.notes.append(note)
            assert getattr(note, "code", "") != "broker_fault", note
            if isinstance(note, Moved):
                self._apply([_moved(note)])

    def store(self) -> None:
        self.stored_journal += self.journal
        self.stored_orders |= self.changed
        self.stored_memory = self.broker.save()
        self.journal, self.changed = [], {}
        self.broker.committed()

    def _book(self, report: Report) -> Iterable[Order]:
        match report:
            case Accepted(order):
                self.changed[order.id] = order
            case Filled(order, fill):
                held = self.portfolio.position(fill.strategy, fill.symbol)
                self._apply(fill_entries(fill, held))
                self.changed[order.id] = order
                still = self.portfolio.position(fill.strategy, fill.symbol)
                if order.role is OrderRole.ENTRY and order.status.is_final and still:
                    yield from protection(order, fill.at)
            case Closed(order):
                self.changed[order.id] = order
                if order.role is OrderRole.ENTRY and order.filled_qty > 0:
                    yield from protection(order, self.at)
            case FundingCharged():
                self._apply([funding_entry(report)])

    def _apply(self, entries: list[Entry]) -> None:
        for entry in entries:
            self.journal.append(entry)
            self.portfolio.apply(entry)

    def _submit(self, order: Order) -> bool:
        try:
            self.broker.submit(order)
        except OrderRejected as error:
            self.refused.append(str(error))
            return False
        return True

    def enter(self, side: str, qty: str, *, store: bool = True, **changes: Any) -> Order:
        self.numbers += 1
        fields: dict[str, Any] = {
            "id": f"o{self.numbers}", "strategy": "trend", "symbol": SYMBOL, "side": Side(side),
            "type": OrderType.MARKET, "qty": Decimal(qty), "role": OrderRole.ENTRY,
            "position_id": f"p{self.numbers}", "created_at": self.at, "leverage": 5,
        }  # fmt: skip
        for name in ("price", "stop_price", "target_price"):
            if changes.get(name) is not None:
                changes[name] = Decimal(str(changes[name]))
        order = Order(**fields | changes)
        self._submit(order)
        if store:
            self.absorb()
        return order

    def close(self) -> None:
        """Ask for the end of the position, as a person would."""
        self.numbers += 1
        for position in list(self.portfolio.positions.values()):
            order = Order(
                id=f"c{self.numbers}", strategy=position.strategy, symbol=SYMBOL,
                side=Side.SELL if position.qty > 0 else Side.BUY, type=OrderType.MARKET,
                qty=abs(position.qty), role=OrderRole.MANUAL, position_id=position.id,
                created_at=self.at, leverage=position.leverage, reduce_only=True,
            )  # fmt: skip
            self._submit(order)
        self.absorb()

    def try_to(self, what: str, *args: Any) -> bool:
        try:
            getattr(self.broker, what)(*args)
        except OrderRejected as error:
            self.refused.append(str(error))
            return False
        self.absorb()
        return True

    # -------------------------------------------------------------- the way to the exchange

    def see_price(self) -> None:
        price = self.exchange.price
        half = Decimal("0.1")
        tick = Tick(SYMBOL, self.at, price - half, price + half, price)
        self.broker.on_message(tick)
        mark = MarkPrice(SYMBOL, self.at, price, Decimal(0), self.at + 1)
        self.broker.on_message(mark)

    def pass_time(self, ms: int) -> None:
        self.at += ms
        self.exchange.now = self.at

    def send(self, fate: str = "ok") -> int:
        """Send what is due; *fate* is what becomes of each request. Return how many there were."""
        requests = self.broker.requests()
        for request in requests:
            answer = self.carry_out(request, fate)
            if fate == "slow":
                self.flying.append((request, answer))
            else:
                self.broker.answered(request, answer)
        return len(requests)

    def carry_out(self, request: Request, fate: str) -> Any:
        if fate == "unsent":
            return Unreachable("no route to it")
        if fate == "dropped":
            return OutcomeUnknown("no answer")
        if fate == "late":
            self.late.append((request, self.at))
            return OutcomeUnknown("no answer")
        try:
            answer = self.exchange.ask(request)
        except ExchangeError as error:
            answer = error
        if fate == "lost":
            lost = OutcomeUnknown("no answer")
            return lost if request.ask in {Ask.PLACE, Ask.CANCEL, Ask.PREPARE} else Unreachable("x")
        return answer

    def land(self) -> None:
        """Let the answers come that were slow."""
        flying, self.flying = self.flying, []
        for request, answer in flying:
            self.broker.answered(request, answer)
        late, self.late = self.late, []
        for request, sent_at in late:  # what is too old when it arrives is refused
            if self.at - sent_at <= RECV_WINDOW_MS:
                with contextlib.suppress(ExchangeError):
                    self.exchange.ask(request)

    def hear(self, how: str = "all") -> None:
        """Let the stream tell what happened, in order or not, doubled or not, or not at all."""
        told, self.exchange.told = self.exchange.told, []
        if how == "half":
            self.exchange.told = told[len(told) // 2 :]
            told = told[: len(told) // 2]
        if how == "backwards":
            told = told[::-1]
        for update in () if how == "lost" else told:
            for _ in range(2 if how == "twice" else 1):
                self.broker.heard(update)

    def reconcile(self) -> None:
        """Compare with the exchange, asking for executions as the engine does."""
        reconciler, explained = self.broker.reconciler, set[str]()
        for _ in range(3):
            wanted = reconciler.compare(self.exchange.snapshot(self.at), explained)
            self.absorb()
            if not wanted:
                break
            self.pass_time(1)
            for symbol in wanted - explained:
                rows = [t for t in self.exchange.trades if t.at >= reconciler.since]
                nameless = [msgspec.structs.replace(t, client_id="") for t in rows]
                for trade in reconciler.traded(symbol, nameless):
                    found = self.exchange.lookup(trade.order_id)
                    reconciler.attribute(trade, found)
                explained.add(symbol)
            self.absorb()
        money = reconciler.money
        money.take(line for line in self.exchange.income if line.at >= money.since)
        self.absorb()

    def settle(self, rounds: int = 40) -> None:
        """Let a well-behaved exchange and time bring everything to rest."""
        self.land()
        self._go_on(rounds)
        for _ in range(4):
            self.pass_time(1_000)
            self.reconcile()
            self._go_on(20)

    def end_all(self) -> None:
        """Close what is open and let it be over, so that something new can be begun."""
        for order in self.broker.open_orders():
            if not order.reduce_only:
                self.try_to("cancel", order.id, "something new")
        self._go_on(3)
        self.close()
        self._go_on(6)

    def _go_on(self, rounds: int) -> None:
        for _ in range(rounds):
            self.pass_time(2_000)
            self.see_price()
            self.hear()
            self.send()
            self.absorb()

    # -------------------------------------------------------------- what is looked at

    @property
    def qty(self) -> Decimal:
        return sum((p.qty for p in self.portfolio.positions.values()), Decimal(0))

    def of_role(self, role: OrderRole) -> list[Order]:
        return [order for order in self.broker.open_orders() if order.role is role]

    def said(self) -> list[str]:
        return [getattr(note, "code", "") for note in self.notes]


def _deposit(amount: Decimal) -> Entry:
    return Entry(
        at=START, kind=EntryKind.TRANSFER, strategy="trend", amount=amount, source="transfer",
        source_id="trend",
    )  # fmt: skip


def _moved(note: Moved) -> Entry:
    return Entry(
        at=note.at, kind=EntryKind.TRANSFER, strategy="trend", amount=note.amount,
        source="transfer", source_id=part_id(note.id, "trend"),
    )  # fmt: skip
