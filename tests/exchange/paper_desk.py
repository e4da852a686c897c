"""A paper account at work: the broker beside the ledger, booked as the engine books it."""

from collections.abc import Iterable
from decimal import Decimal

from core.errors import OrderRejected
from core.ledger import Entry, EntryKind, Portfolio, fill_entries, funding_entry
from core.market import (
    MINUTE_MS,
    Bar,
    Book,
    Funding,
    Instrument,
    MarginTier,
    MarketMessage,
    MarkPrice,
    Tick,
)
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
from exchange.paper.broker import PaperBroker

SYMBOL = "BTC/USDT"
START = 1_800_000_000_000 - 1_800_000_000_000 % MINUTE_MS

RULES = Instrument(
    symbol=SYMBOL, base="BTC", quote="USDT", tick_size=Decimal("0.1"),
    step_size=Decimal("0.001"), min_notional=Decimal(5), max_leverage=50,
    maker_fee=Decimal("0.0002"), taker_fee=Decimal("0.0005"), liquidation_fee=Decimal("0.005"),
    tiers=(
        MarginTier(Decimal(50_000), Decimal("0.004"), Decimal(0)),
        MarginTier(Decimal(10_000_000), Decimal("0.005"), Decimal(50)),
    ),
)  # fmt: skip


def dec(value: float | str) -> Decimal:
    return Decimal(str(value))


def bar(minute: int, opened: float, high: float, low: float, close: float) -> Bar:
    opened_at = START + minute * MINUTE_MS
    return Bar(SYMBOL, opened_at, dec(opened), dec(high), dec(low), dec(close), Decimal(10))


def flat(minute: int, price: float) -> Bar:
    return bar(minute, price, price, price, price)


def tick(at: int, price: float, spread: float = 0.2) -> Tick:
    return Tick(SYMBOL, START + at, dec(price - spread / 2), dec(price + spread / 2), dec(price))


def book(at: int, bids: list[tuple[float, float]], asks: list[tuple[float, float]]) -> Book:
    sides = [tuple((dec(p), dec(q)) for p, q in side) for side in (bids, asks)]
    return Book(SYMBOL, START + at, bids=sides[0], asks=sides[1])


def mark(at: int, price: float) -> MarkPrice:
    return MarkPrice(SYMBOL, START + at, dec(price), Decimal("0.0001"), START + 3_600_000)


def funding(at: int, rate: str, price: float) -> Funding:
    return Funding(SYMBOL, START + at, Decimal(rate), dec(price))


class Desk:
    """One account of 10 000 USDT (or *cash*), its broker, and everything that was reported."""

    def __init__(self, *, cash: float = 10_000, slippage_bps: float = 0) -> None:
        self.slippage = dec(slippage_bps)
        self.journal = [_deposit(dec(cash))]
        self.portfolio = Portfolio.replay(self.journal)
        self.broker = PaperBroker({SYMBOL: RULES}, self.portfolio, slippage_bps=self.slippage)
        self.reports: list[Report] = []
        self.refused: list[str] = []
        self._orders = 0

    def restart(self) -> None:
        """Lose everything but the journal and the resting orders."""
        resting = self.broker.open_orders()
        self.portfolio = Portfolio.replay(self.journal)
        self.broker = PaperBroker({SYMBOL: RULES}, self.portfolio, slippage_bps=self.slippage)
        self.broker.restore(resting)
        self.absorb()

    def see(self, *messages: MarketMessage) -> None:
        for message in messages:
            self.broker.on_message(message)
            self.absorb()

    def absorb(self) -> None:
        """Book what the broker reports until it has no more to say."""
        while reports := self.broker.drain():
            for report in reports:
                self.reports.append(report)
                for order in self._book(report):
                    try:
                        self.broker.submit(order)
                    except OrderRejected as error:
                        self.refused.append(str(error))

    def _book(self, report: Report) -> Iterable[Order]:
        match report:
            case Filled(order, fill):
                held = self.portfolio.position(fill.strategy, fill.symbol)
                self._apply(fill_entries(fill, held))
                if order.role is OrderRole.ENTRY and order.status.is_final:
                    yield from protection(order, fill.at)
            case FundingCharged():
                self._apply([funding_entry(report)])
            case Accepted() | Closed():
                pass

    def _apply(self, entries: list[Entry]) -> None:
        for entry in entries:
            self.journal.append(entry)
            self.portfolio.apply(entry)

    def order(self, side: str, qty: float | str, **changes: object) -> Order:
        self._orders += 1
        fields: dict[str, object] = {
            "id": f"o{self._orders}", "strategy": "trend", "symbol": SYMBOL, "side": Side(side),
            "type": OrderType.MARKET, "qty": dec(qty), "role": OrderRole.ENTRY,
            "position_id": "p1", "created_at": START, "leverage": 5,
        }  # fmt: skip
        for name in ("price", "trigger_price", "stop_price", "target_price"):
            if name in changes:
                changes[name] = dec(str(changes[name]))
        return Order(**(fields | changes))  # type: ignore[arg-type]

    def send(self, side: str, qty: float | str, **changes: object) -> Order:
        order = self.order(side, qty, **changes)
        self.broker.submit(order)
        self.absorb()
        return order

    def exit(self, side: str, qty: float | str, **changes: object) -> Order:
        return self.send(side, qty, **{"role": OrderRole.MANUAL, "reduce_only": True} | changes)

    @property
    def fills(self) -> list[Fill]:
        return [r.fill for r in self.reports if isinstance(r, Filled)]

    @property
    def closings(self) -> list[Order]:
        return [r.order for r in self.reports if isinstance(r, Closed)]

    @property
    def qty(self) -> Decimal:
        held = self.portfolio.position("trend", SYMBOL)
        return held.qty if held else Decimal(0)

    @property
    def cash(self) -> Decimal:
        return self.portfolio.balance


def protection(entry: Order, at: int) -> Iterable[Order]:
    """Yield the stop and target an entry asked for."""
    for role, kind, level in (
        (OrderRole.STOP, OrderType.STOP, entry.stop_price),
        (OrderRole.TARGET, OrderType.TAKE_PROFIT, entry.target_price),
    ):
        if level is not None:
            yield Order(
                id=f"{entry.position_id}-{role}", strategy=entry.strategy, symbol=entry.symbol,
                side=entry.side.opposite, type=kind, qty=entry.filled_qty, role=role,
                position_id=entry.position_id, created_at=at, leverage=entry.leverage,
                trigger_price=level, reduce_only=True,
            )  # fmt: skip


def _deposit(amount: Decimal) -> Entry:
    return Entry(
        at=START, kind=EntryKind.TRANSFER, strategy="trend", amount=amount, source="transfer",
        source_id="trend",
    )  # fmt: skip
