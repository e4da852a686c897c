"""Our side: the paper broker, fed a book and a tick each moment; every order has its own account.

A tick's ``last`` is what triggers stops and targets. For the comparison it is the price the oracle
looks at, the ask for a buy and the bid for a sell; with the market's own, the last trade.
"""

from collections.abc import Sequence
from decimal import Decimal

from benchmarks.paper_fills.tape import STEP, TICK, Moment, Outcome, Plan
from core.ledger import Entry, EntryKind, Portfolio, fill_entries
from core.market import Book, Instrument, MarginTier, Tick
from core.orders import Fill, Filled, Liquidity, Order, OrderRole, OrderType, Side
from exchange.paper.broker import PaperBroker

SYMBOL = "BTC/USDT"
RULES = Instrument(
    symbol=SYMBOL, base="BTC", quote="USDT", tick_size=TICK, step_size=STEP,
    min_notional=Decimal(0), max_leverage=1, maker_fee=Decimal("0.0002"),
    taker_fee=Decimal("0.0005"), liquidation_fee=Decimal(0),
    tiers=(MarginTier(Decimal(10) ** 12, Decimal("0.001"), Decimal(0)),),
)  # fmt: skip
FORTUNE = Decimal(10) ** 9


def play(
    moments: Sequence[Moment], plans: Sequence[Plan], *, by_last: bool = False
) -> dict[str, Outcome]:
    """Return what became of each order that traded, by its id."""
    if by_last:
        return _outcomes(_play(moments, plans, None))
    fills: list[tuple[int, Fill]] = []
    for side in ("buy", "sell"):
        fills += _play(moments, [plan for plan in plans if plan.side == side], side)
    return _outcomes(fills)


def _play(
    moments: Sequence[Moment], plans: Sequence[Plan], looks: str | None
) -> list[tuple[int, Fill]]:
    portfolio = Portfolio()
    for plan in plans:
        portfolio.apply(Entry(at=0, kind=EntryKind.TRANSFER, strategy=plan.id, amount=FORTUNE,
            source="deposit", source_id=plan.id))  # fmt: skip
    broker = PaperBroker({SYMBOL: RULES}, portfolio, slippage_bps=Decimal(0))
    coming, going = list(reversed(plans)), sorted(plans, key=lambda plan: plan.until, reverse=True)
    fills: list[tuple[int, Fill]] = []
    for number, moment in enumerate(moments):
        broker.on_message(Book(SYMBOL, number, moment.bids, moment.asks))
        last = moment.last
        if looks is not None:
            last = (moment.asks if looks == "buy" else moment.bids)[0][0]
        bid, ask = moment.bids[0][0], moment.asks[0][0]
        broker.on_message(Tick(SYMBOL, number, bid, ask, last))
        fills += _booked(broker, portfolio, moment.ns)
        while coming and coming[-1].at == number:
            broker.submit(_order(coming.pop(), number))
            fills += _booked(broker, portfolio, moment.ns)
        while going and going[-1].until == number:
            _take_back(broker, going.pop().id)
    return fills


def _order(plan: Plan, at: int) -> Order:
    return Order(
        id=plan.id, strategy=plan.id, symbol=SYMBOL, side=Side(plan.side),
        type=OrderType(plan.type), qty=plan.qty, role=OrderRole.ENTRY, position_id=plan.id,
        created_at=at, price=plan.level if plan.type == "limit" else None,
        trigger_price=plan.level if plan.type in {"stop", "take_profit"} else None,
    )  # fmt: skip


def _take_back(broker: PaperBroker, order_id: str) -> None:
    if any(order.id == order_id for order in broker.open_orders()):
        broker.cancel(order_id, "its time is over")
        broker.drain()


def _booked(broker: PaperBroker, portfolio: Portfolio, ns: int) -> list[tuple[int, Fill]]:
    found = []
    for report in broker.drain():
        if isinstance(report, Filled):
            fill = report.fill
            for entry in fill_entries(fill, portfolio.position(fill.strategy, fill.symbol)):
                portfolio.apply(entry)
            found.append((ns, fill))
    return found


def _outcomes(fills: Sequence[tuple[int, Fill]]) -> dict[str, Outcome]:
    found: dict[str, list[tuple[int, Fill]]] = {}
    for ns, fill in fills:
        found.setdefault(fill.order_id, []).append((ns, fill))
    return {order_id: _outcome(order_id, parts) for order_id, parts in found.items()}


def _outcome(order_id: str, parts: Sequence[tuple[int, Fill]]) -> Outcome:
    zero = Decimal(0)
    qty = sum((fill.qty for _, fill in parts), zero)
    cost = sum((fill.qty * fill.price for _, fill in parts), zero)
    maker = sum((fill.qty for _, fill in parts if fill.liquidity is Liquidity.MAKER), zero)
    fee = sum((fill.fee for _, fill in parts), zero)
    return Outcome(order_id, parts[0][0], parts[-1][0], qty, cost / qty, fee, maker)
