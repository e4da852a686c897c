"""What holds on paper whatever is asked of it and whatever the market does."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import OrderRejected
from core.ledger import EntryKind, Portfolio
from core.market import MINUTE_MS
from core.orders import Accepted, Closed, Filled, Order, OrderRole, OrderType
from exchange.paper.broker import PaperBroker
from tests.exchange.paper_desk import (
    RULES,
    START,
    SYMBOL,
    Desk,
    bar,
    book,
    dec,
    flat,
    funding,
    mark,
    tick,
)

How = tuple[OrderType, float]

prices = st.integers(880, 1120).map(lambda tenths: tenths / 10)
levels = st.none() | prices
qtys = st.integers(1, 60)

asks_for = st.one_of(
    st.tuples(
        st.just("entry"), st.sampled_from(["buy", "sell"]), qtys,
        st.tuples(st.sampled_from(list(OrderType)), prices), st.tuples(levels, levels),
        st.sampled_from([1, 5, 20]),
    ),
    st.tuples(st.just("exit"), qtys, st.tuples(st.sampled_from(list(OrderType)), prices)),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("move"), st.integers(0, 5), prices),
    st.just(("restart",)),
)  # fmt: skip
bars_seen = st.tuples(st.just("bar"), prices, prices, prices, prices)
moments_seen = st.one_of(
    st.tuples(st.just("tick"), prices),
    st.tuples(st.just("book"), prices, st.integers(1, 30)),
    st.tuples(st.just("mark"), prices),
)
funded = st.tuples(st.just("funding"), st.sampled_from(["0.0005", "-0.0005"]))


def asked(how: How) -> dict[str, object]:
    kind, price = how
    if kind is OrderType.MARKET:
        return {"type": kind}
    return {"type": kind, "price" if kind is OrderType.LIMIT else "trigger_price": price}


class Trial:  # noqa: PLR0904 - a method for each thing that can happen
    """Plays random histories on a desk and watches what the desk reports."""

    def __init__(self) -> None:
        self.desk = Desk(slippage_bps=5)
        self.now = START
        self.watch = Watch(self.desk)
        self.desk.see(flat(0, 100))
        self.now += MINUTE_MS
        self.positions = 0

    def play(self, step: tuple[Any, ...]) -> None:
        before = self.desk.qty
        try:
            getattr(self, f"do_{step[0]}")(*step[1:])
        except OrderRejected:
            self.desk.absorb()
        self.watch.check(before)

    def do_entry(
        self, side: str, qty: int, how: How, exits: tuple[float | None, ...], leverage: int
    ) -> None:
        held = self.desk.portfolio.position("trend", SYMBOL)
        self.positions += held is None
        levels = zip(("stop_price", "target_price"), exits, strict=True)
        wanted = {name: level for name, level in levels if level is not None and held is None}
        self.desk.send(
            side, qty, leverage=leverage, created_at=self.now, position_id=f"p{self.positions}",
            **wanted | asked(how),
        )  # fmt: skip

    def do_exit(self, qty: int, how: How) -> None:
        held = self.desk.portfolio.position("trend", SYMBOL)
        if held is not None:
            side = "sell" if held.qty > 0 else "buy"
            self.desk.exit(
                side, qty, created_at=self.now, position_id=held.id, leverage=held.leverage,
                **asked(how),
            )  # fmt: skip

    def pick(self, number: int) -> Order:
        resting = self.desk.broker.open_orders()
        if not resting:
            raise OrderRejected("nothing rests")
        return resting[number % len(resting)]

    def do_cancel(self, number: int) -> None:
        self.desk.broker.cancel(self.pick(number).id, "by chance")
        self.desk.absorb()

    def do_move(self, number: int, price: float) -> None:
        self.desk.broker.move(self.pick(number).id, dec(price))
        self.desk.absorb()

    def do_restart(self) -> None:
        self.desk.restart()

    def do_bar(self, opened: float, *others: float) -> None:
        minute = -(-(self.now - START) // MINUTE_MS)
        shape = (opened, *others)
        self.desk.see(bar(minute, opened, max(shape), min(shape), shape[-1]))
        self.now = START + (minute + 1) * MINUTE_MS

    def do_tick(self, price: float) -> None:
        self.desk.see(tick(self.now - START, price))
        self.now += 500

    def do_book(self, price: float, size: int) -> None:
        bids = [(price - 0.1 - n, float(size)) for n in range(3)]
        asks = [(price + 0.1 + n, float(size)) for n in range(3)]
        rounded = [[(round(p, 1), q) for p, q in side] for side in (bids, asks)]
        self.desk.see(book(self.now - START, *rounded))
        self.now += 500

    def do_mark(self, price: float) -> None:
        self.desk.see(mark(self.now - START, price))

    def do_funding(self, rate: str) -> None:
        self.now += 1
        self.desk.see(funding(self.now - START, rate, 100))


class Watch:
    """Holds the desk to its promises after every step."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.final: set[str] = set()
        self.seen = 0

    def check(self, before: Decimal) -> None:
        """Hold every promise after a step."""
        desk = self.desk
        news, self.seen = desk.reports[self.seen :], len(desk.reports)
        crossed_flat = before == 0
        held = before
        for report in news:
            if isinstance(report, Filled):
                fill = report.fill
                assert fill.order_id not in self.final, "a closed order was filled"
                assert fill.at >= report.order.created_at
                assert 0 < fill.qty <= report.order.qty
                assert fill.fee >= 0
                self.check_limit(report)
                held += fill.side.sign * fill.qty
                crossed_flat = crossed_flat or held == 0
                assert (held == 0) or (before * held >= 0) or crossed_flat, "a position flipped"
            if isinstance(report, Filled | Closed) and report.order.status.is_final:
                assert report.order.id not in self.final, "an order ended twice"
                self.final.add(report.order.id)
        assert held == desk.qty
        self.check_books()

    @staticmethod
    def check_limit(report: Filled) -> None:
        order, fill = report.order, report.fill
        if order.type is OrderType.LIMIT and order.price is not None:
            assert (fill.price - order.price) * fill.side.sign <= 0, "worse than its limit"

    def check_books(self) -> None:
        desk = self.desk
        portfolio = desk.portfolio
        gross = sum((e.amount for e in desk.journal if e.kind is EntryKind.FILL), Decimal(0))
        assert portfolio.balance == 10_000 + gross - portfolio.fees + portfolio.funding
        assert portfolio.margin_used() >= 0
        resting = {o.id for o in desk.broker.open_orders()}
        assert not resting & self.final
        accepted = {r.order.id for r in desk.reports if isinstance(r, Accepted)}
        assert resting == accepted - self.final
        ids = Counter(fill.id for fill in desk.fills)
        assert all(count == 1 for count in ids.values())
        for order in desk.broker.open_orders():
            if order.reduce_only:
                held = portfolio.position("trend", SYMBOL)
                assert held is not None
                assert held.id == order.position_id

    def check_ledger(self) -> None:
        """Hold the journal to its fold: once, and with every entry said twice."""
        journal = self.desk.journal
        assert Portfolio.replay(journal) == self.desk.portfolio
        assert Portfolio.replay(journal + journal) == self.desk.portfolio


def played(history: Iterable[tuple[Any, ...]]) -> Trial:
    trial = Trial()
    for step in history:
        trial.play(step)
    trial.watch.check_ledger()
    return trial


def histories(*steps: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    return st.lists(st.one_of(*steps), min_size=20, max_size=50)


@settings(max_examples=100, deadline=None)
@given(histories(asks_for, asks_for, bars_seen, funded))
def test_bars_and_wishes_in_any_order(history: list[tuple[Any, ...]]) -> None:
    played(history)


@settings(max_examples=100, deadline=None)
@given(histories(asks_for, asks_for, moments_seen, moments_seen, funded))
def test_books_ticks_and_wishes_in_any_order(history: list[tuple[Any, ...]]) -> None:
    played(history)


@settings(max_examples=60, deadline=None)
@given(histories(asks_for, bars_seen, moments_seen, funded))
def test_a_history_has_one_outcome(history: list[tuple[Any, ...]]) -> None:
    assert played(history).desk.reports == played(history).desk.reports


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["buy", "sell"]), st.integers(2, 40), prices,
    st.lists(bars_seen, min_size=1, max_size=20),
)  # fmt: skip
def test_on_bars_a_position_never_loses_more_than_its_margin_and_fees(
    side: str, leverage: int, stop: float, history: list[tuple[Any, ...]]
) -> None:
    entered = ("entry", side, 10, (OrderType.MARKET, 0.0), (stop, None), leverage)
    fills = played([entered, *history]).desk.fills
    if len(fills) < 2:
        return
    entry, last = fills

    lost = (entry.price - last.price) * 10 * entry.side.sign
    if last.role is OrderRole.LIQUIDATION:
        lost += last.fee
    assert lost <= entry.price * 10 / leverage + Decimal("0.00000002")


def is_limit(step: tuple[Any, ...]) -> bool:
    return any(isinstance(part, tuple) and OrderType.LIMIT in part for part in step)


@settings(max_examples=60, deadline=None)
@given(histories(asks_for, bars_seen), st.integers(0, 30))
def test_a_restart_before_a_bar_changes_nothing(history: list[tuple[Any, ...]], cut: int) -> None:
    """Limit orders and moves are left out: after a restart such an order counts as resting."""
    steps = [s for s in history if s[0] not in {"restart", "move"} and not is_limit(s)]
    bars = [number for number, step in enumerate(steps) if step[0] == "bar"]
    restarts = bars[cut % len(bars)] if bars else 0

    broken = played([*steps[:restarts], ("restart",), *steps[restarts:]])

    assert played(steps).desk.fills == broken.desk.fills


def test_the_broker_never_changes_the_portfolio() -> None:
    portfolio = Portfolio()
    broker = PaperBroker({SYMBOL: RULES}, portfolio, slippage_bps=Decimal(1))
    for message in (flat(0, 100), tick(60_000, 100), mark(60_000, 100)):
        broker.on_message(message)

    assert portfolio == Portfolio()
