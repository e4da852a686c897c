"""What holds with real orders whatever is asked, and whatever becomes of every single request."""

from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.orders import OrderRole, OrderType
from exchange.real.tickets import LegState
from tests.exchange.live_desk import LiveDesk
from tests.exchange.memory_exchange import SYMBOL

ZERO = Decimal(0)

prices = st.integers(850, 1150).map(lambda tenths: Decimal(tenths) / 10)
qtys = st.integers(6, 60)
levels = st.none() | prices
around = st.tuples(st.integers(1, 100), st.integers(1, 100))
fates = st.sampled_from(["ok", "ok", "ok", "lost", "lost", "dropped", "late", "unsent", "slow"])
ways = st.sampled_from(["all", "half", "backwards", "twice", "lost", "lost"])
sides = st.sampled_from(["buy", "sell"])

enters = st.tuples(st.just("protected"), sides, qtys, around)
trades = st.tuples(
    st.just("trade"), enters, st.sampled_from([True, True, False]), fates, ways,
    st.sampled_from(["crash", "absorb", "time", "time", "reconcile", "market"]), fates, ways,
)  # fmt: skip
sends = st.tuples(st.just("send"), fates)
hears = st.tuples(st.just("hear"), ways)
books = st.sampled_from([("absorb",), ("absorb",), ("drain",), ("store",)])
steps = st.one_of(
    trades, trades, trades, trades, trades, trades, enters, sends, sends, hears, books, books,
    st.tuples(st.just("enter"), sides, qtys, levels, levels),
    st.tuples(st.just("limit"), sides, qtys, prices),
    st.just(("close",)),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("move"), st.integers(0, 5), prices),
    st.tuples(st.just("price"), prices),
    st.just(("land",)),
    st.just(("crash",)),
    st.just(("reconcile",)),
    st.tuples(st.just("time"), st.sampled_from([10, 600, 3_000, 6_000, 20_000, 61_000])),
    st.tuples(st.just("stranger"), st.integers(-40, 40).filter(bool)),
    st.tuples(st.just("thin"), st.booleans()),
    st.tuples(st.just("fund"), st.sampled_from(["0.0005", "-0.0005"])),
    st.tuples(st.just("transfer"), st.integers(-100, 100).filter(bool)),
)  # fmt: skip


def qty(thousandths: int) -> str:
    return str(Decimal(thousandths) / 100)


def trade(desk: LiveDesk, step: Any) -> None:  # noqa: C901, PLR0912 - one line an instant
    """Enter, and let something happen at each turn of it."""
    _, (_, side, size, around_it), store, fate, way, after, next_fate, next_way = step
    if desk.portfolio.positions or desk.broker.open_orders():
        desk.end_all()
    if desk.exchange.strangers:
        desk.exchange.stranger(-desk.exchange.strangers)
    desk.hear()
    desk.absorb()
    desk.reconcile()
    play(desk, ("protected", side, size, around_it))
    if store:
        desk.absorb()
    desk.send()
    for ending, telling in ((fate, way), (next_fate, next_way)):
        desk.send(ending)
        desk.hear(telling)
        match after:
            case "crash":
                desk.crash()
            case "absorb":
                desk.absorb()
            case "time":
                desk.pass_time(6_000)
                desk.send()
            case "reconcile":
                desk.absorb()
                desk.reconcile()
            case _:
                desk.exchange.move(desk.exchange.price + 11)
                desk.absorb()


def play(desk: LiveDesk, step: Any) -> None:  # noqa: C901, PLR0912, PLR0915 - one line a kind
    match step:
        case ("trade", *_):
            trade(desk, step)
        case ("protected", side, size, (below, above)):
            sign = 1 if side == "buy" else -1
            stop = desk.exchange.price - sign * Decimal(below) / 10
            target = desk.exchange.price + sign * Decimal(above) / 10
            desk.enter(side, qty(size), store=False, stop_price=stop, target_price=target)
        case ("enter", side, size, stop, target):
            desk.enter(side, qty(size), stop_price=stop, target_price=target)
        case ("limit", side, size, price):
            desk.enter(side, qty(size), type=OrderType.LIMIT, price=price)
        case ("close",):
            desk.close()
        case ("cancel", number):
            orders = desk.broker.open_orders()
            if orders:
                desk.try_to("cancel", orders[number % len(orders)].id, "by hand")
        case ("move", number, price):
            orders = desk.broker.open_orders()
            if orders:
                desk.try_to("move", orders[number % len(orders)].id, price)
        case ("price", price):
            desk.exchange.move(price)
            desk.see_price()
        case ("send", fate):
            desk.send(fate)
        case ("land",):
            desk.land()
        case ("hear", how):
            desk.hear(how)
        case ("absorb",):
            desk.absorb()
        case ("drain",):
            desk.drain()
        case ("store",):
            desk.store()
        case ("crash",):
            desk.crash()
        case ("reconcile",):
            desk.absorb()
            desk.reconcile()
        case ("time", ms):
            desk.pass_time(ms)
        case ("stranger", size):
            desk.exchange.stranger(Decimal(size) / 100)
        case ("thin", thin):
            desk.exchange.thin = thin
        case ("fund", rate):
            desk.pass_time(1_000)  # it is settled once an hour at most
            desk.exchange.fund(Decimal(rate))
        case ("transfer", amount):
            desk.exchange.transfer(Decimal(amount))
        case _:
            raise AssertionError(step)


def check_intents(desk: LiveDesk) -> None:
    """No client id was taken twice, and no intent to enter traded more than it asked for."""
    twice = [name for name, count in Counter(desk.exchange.placed).items() if count > 1]
    assert not twice
    rows = list(desk.exchange.rows.values())
    for order in desk.stored_orders.values():
        if order.role is not OrderRole.ENTRY:
            continue
        ticket = desk.broker.shop.tickets.get(order.id)
        legs = {leg.client_id for leg in ticket.legs} if ticket else set()
        mine = [row for row in rows if row.client_id in legs]
        assert sum((row.filled for row in mine), ZERO) <= order.qty
        assert len([r for r in mine if r.status in {"open", "partially_filled"}]) <= 1


def check_rest(desk: LiveDesk, *, stranger: bool) -> None:
    """At rest our books are the exchange's."""
    foreign = desk.broker.shop.foreign.get(SYMBOL, ZERO)
    assert desk.qty + foreign == desk.exchange.qty
    assert desk.broker.differences == []
    outside = desk.broker.shop.outside
    assert outside is not None
    if not stranger:
        assert foreign == ZERO
        assert desk.portfolio.balance == desk.exchange.wallet
        assert outside == ZERO
    assert abs(desk.portfolio.balance + outside - desk.exchange.wallet) <= Decimal("0.02")
    known = {
        leg.client_id
        for ticket in desk.broker.shop.tickets
        for leg in ticket.legs
        if leg.state is LegState.LIVE
    }
    resting = [
        row
        for row in desk.exchange.rows.values()
        if row.ours and row.status in {"open", "partially_filled", "triggered"}
    ]
    assert {row.client_id for row in resting} == known
    assert not [t for t in desk.broker.shop.tickets if t.is_in_doubt]
    check_stops(desk)


def check_stops(desk: LiveDesk) -> None:
    """A position whose stop was not given up by a person has it at the exchange."""
    for position in desk.portfolio.positions.values():
        stops = [
            order
            for order in desk.stored_orders.values()
            if order.position_id == position.id and order.role is OrderRole.STOP
        ]
        for stop in stops:
            given_up = stop.status == "cancelled"
            assert given_up or desk.broker.shop.tickets.get(stop.id) is not None
            assert given_up or any(
                row.ours and row.status == "open" and row.reduce_only and row.is_algo
                for row in desk.exchange.rows.values()
            )


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(st.lists(steps, min_size=8, max_size=25), st.sampled_from([True, False]))
def test_no_fault_doubles_an_order_or_hides_a_position(
    story: list[Any],
    named: bool,  # noqa: FBT001 - whether what a stop becomes bears its name
) -> None:
    desk = LiveDesk(child_names=named)
    desk.reconcile()
    for step in story:
        play(desk, step)
        check_intents(desk)
    desk.exchange.thin = False
    desk.settle()
    check_intents(desk)
    check_rest(desk, stranger=any(step[0] == "stranger" for step in story))
