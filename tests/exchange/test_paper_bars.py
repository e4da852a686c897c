"""The paper broker when bars are all there is."""

import itertools

import pytest

from core.market import MINUTE_MS
from core.orders import Accepted, Liquidity, OrderRole, OrderStatus, OrderType
from tests.exchange.paper_desk import START, Desk, bar, dec, flat, tick


def minute(number: int) -> int:
    return START + number * MINUTE_MS


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.see(flat(0, 100))
    return desk


def long_at_100(desk: Desk, **levels: float) -> None:
    """Be long 1 from the open of bar 1, with a stop and target at *levels*."""
    desk.send("buy", 1, created_at=minute(1), **levels)
    desk.see(flat(1, 100))


def short_at_100(desk: Desk, **levels: float) -> None:
    desk.send("sell", 1, created_at=minute(1), **levels)
    desk.see(flat(1, 100))


def test_a_market_order_waits_for_the_next_bar_and_fills_at_its_open(desk: Desk) -> None:
    desk.send("buy", 1, created_at=minute(1))
    assert isinstance(desk.reports[-1], Accepted)

    desk.see(bar(1, 101, 105, 99, 104))

    (fill,) = desk.fills
    assert (fill.price, fill.at, fill.reference_price) == (dec(101.1), minute(1), dec(101))
    assert fill.liquidity is Liquidity.TAKER


def test_slippage_makes_every_taken_price_worse() -> None:
    desk = Desk(slippage_bps=20)
    desk.see(flat(0, 100))

    long_at_100(desk, stop_price=98)
    desk.see(bar(2, 100, 100, 97, 99))

    assert [fill.price for fill in desk.fills] == [dec(100.3), dec(97.7)]


@pytest.mark.parametrize(
    ("levels", "seen", "role", "price", "first_ms"),
    [
        # a level inside the bar
        ({"stop_price": 98}, (100, 101, 97, 99), OrderRole.STOP, 97.9, False),
        ({"target_price": 103}, (100, 104, 99, 102), OrderRole.TARGET, 102.9, False),
        # touched exactly
        ({"stop_price": 98}, (100, 101, 98, 99), OrderRole.STOP, 97.9, False),
        # a gap fills at the open, better or worse
        ({"stop_price": 98}, (96, 97, 95, 97), OrderRole.STOP, 95.9, True),
        ({"target_price": 103}, (105, 106, 104, 105), OrderRole.TARGET, 104.9, True),
        # both in one bar: the stop wins
        (
            {"stop_price": 98, "target_price": 103},
            (100, 104, 97, 102),
            OrderRole.STOP,
            97.9,
            False,
        ),
        # unless the bar opened beyond the target
        (
            {"stop_price": 98, "target_price": 103},
            (104, 105, 97, 98),
            OrderRole.TARGET,
            103.9,
            True,
        ),
    ],
)
def test_the_exits_of_a_long(
    desk: Desk,
    levels: dict[str, float],
    seen: tuple[float, float, float, float],
    role: OrderRole,
    price: float,
    *,
    first_ms: bool,
) -> None:
    long_at_100(desk, **levels)

    desk.see(bar(2, *seen))

    last = desk.fills[-1]
    assert (last.role, last.price) == (role, dec(price))
    assert last.at == (minute(2) if first_ms else minute(3) - 1)
    assert desk.qty == 0
    assert desk.broker.open_orders() == []


@pytest.mark.parametrize(
    ("levels", "seen", "role", "price"),
    [
        ({"stop_price": 102}, (100, 103, 99, 100), OrderRole.STOP, 102.1),
        ({"target_price": 97}, (100, 101, 96, 99), OrderRole.TARGET, 97.1),
        ({"stop_price": 102}, (105, 106, 104, 105), OrderRole.STOP, 105.1),
        ({"target_price": 97}, (95, 96, 94, 95), OrderRole.TARGET, 95.1),
        ({"stop_price": 102, "target_price": 97}, (100, 103, 96, 99), OrderRole.STOP, 102.1),
    ],
)
def test_the_exits_of_a_short(
    desk: Desk,
    levels: dict[str, float],
    seen: tuple[float, float, float, float],
    role: OrderRole,
    price: float,
) -> None:
    short_at_100(desk, **levels)

    desk.see(bar(2, *seen))

    assert (desk.fills[-1].role, desk.fills[-1].price) == (role, dec(price))
    assert desk.qty == 0


def test_a_bar_that_reaches_no_level_changes_nothing(desk: Desk) -> None:
    long_at_100(desk, stop_price=98, target_price=103)
    before = len(desk.reports)

    desk.see(bar(2, 100, 102.9, 98.1, 100))

    assert len(desk.reports) == before


def test_a_stop_can_be_hit_in_the_bar_whose_open_filled_the_entry(desk: Desk) -> None:
    desk.send("buy", 1, created_at=minute(1), stop_price=98, target_price=103)

    desk.see(bar(1, 100, 104, 97, 103.5))

    assert [(f.role, f.price) for f in desk.fills] == [
        (OrderRole.ENTRY, dec(100.1)),
        (OrderRole.STOP, dec(97.9)),
    ]
    assert [(o.id, o.reason) for o in desk.closings] == [("p1-target", "position closed")]


def test_an_entry_filled_beyond_its_own_stop_is_out_at_once(desk: Desk) -> None:
    desk.send("buy", 1, created_at=minute(1), stop_price=98)

    desk.see(bar(1, 96, 99, 95, 98.5))

    assert [(f.role, f.price) for f in desk.fills] == [
        (OrderRole.ENTRY, dec(96.1)),
        (OrderRole.STOP, dec(95.9)),
    ]


def test_a_limit_entry_inside_a_bar_meets_the_worse_rest_of_it(desk: Desk) -> None:
    """The low came after the entry for sure; the high may have been before it."""
    desk.send("buy", 1, created_at=minute(1), type=OrderType.LIMIT, price=99, target_price=102)

    desk.see(bar(1, 100, 103, 98, 100))
    assert desk.qty == 1
    assert desk.fills[0].liquidity is Liquidity.MAKER

    desk.see(bar(2, 100, 102, 100, 102))
    assert desk.fills[-1].role is OrderRole.TARGET


def test_a_limit_entry_inside_a_bar_can_be_stopped_in_it(desk: Desk) -> None:
    desk.send("sell", 1, created_at=minute(1), type=OrderType.LIMIT, price=101, stop_price=102)

    desk.see(bar(1, 100, 103, 98, 100))

    assert [(f.role, f.price) for f in desk.fills] == [
        (OrderRole.ENTRY, dec(101)),
        (OrderRole.STOP, dec(102.1)),
    ]


def test_a_resting_limit_needs_the_market_to_trade_through_it(desk: Desk) -> None:
    desk.send("buy", 1, created_at=minute(1), type=OrderType.LIMIT, price=99)

    desk.see(bar(1, 100, 101, 99, 100))
    assert desk.fills == []

    desk.see(bar(2, 100, 101, 98.9, 100))
    assert [(f.price, f.liquidity) for f in desk.fills] == [(dec(99), Liquidity.MAKER)]


def test_a_resting_limit_gets_its_own_price_in_a_gap(desk: Desk) -> None:
    desk.send("buy", 1, created_at=minute(1), type=OrderType.LIMIT, price=99)
    desk.see(flat(1, 100), bar(2, 95, 96, 94, 95))

    assert [(f.price, f.liquidity) for f in desk.fills] == [(dec(99), Liquidity.MAKER)]


def test_a_limit_that_crosses_when_it_comes_takes_the_open_but_never_worse(desk: Desk) -> None:
    desk.send("buy", 1, created_at=minute(1), type=OrderType.LIMIT, price=102)
    desk.send("buy", 1, created_at=minute(1), type=OrderType.LIMIT, price=100)

    desk.see(flat(1, 100))

    assert [(f.price, f.liquidity) for f in desk.fills] == [
        (dec(100.1), Liquidity.TAKER),
        (dec(100), Liquidity.TAKER),
    ]


def test_of_a_bar_under_way_an_order_sees_only_the_close(desk: Desk) -> None:
    """A wish in mid-minute cannot trade at prices from before it."""
    desk.send("buy", 1, created_at=minute(1) + 30_000)

    desk.see(bar(1, 90, 105, 89, 104))

    (fill,) = desk.fills
    assert (fill.price, fill.at) == (dec(104.1), minute(2) - 1)


def test_a_stop_moved_in_mid_bar_sees_only_its_close(desk: Desk) -> None:
    long_at_100(desk, stop_price=95)
    desk.broker.move("p1-stop", dec(99))

    desk.see(bar(2, 100, 100, 98, 100))
    assert desk.qty == 1

    desk.see(bar(3, 100, 100, 98, 100))
    assert desk.fills[-1].role is OrderRole.STOP


def test_bars_count_again_when_the_ticks_have_stopped(desk: Desk) -> None:
    long_at_100(desk, stop_price=98)
    desk.see(tick(2 * MINUTE_MS, 100))

    desk.see(bar(2, 100, 100, 90, 100))
    assert desk.qty == 1
    desk.see(bar(3, 100, 100, 90, 100))

    assert desk.qty == 0


def test_a_close_and_a_gapped_stop_trade_once(desk: Desk) -> None:
    long_at_100(desk, stop_price=98)
    close = desk.exit("sell", 1, created_at=minute(2))

    desk.see(bar(2, 95, 96, 94, 95))

    assert [f.order_id for f in desk.fills[1:]] == [close.id]
    assert [(o.id, o.status) for o in desk.closings] == [("p1-stop", OrderStatus.CANCELLED)]


def test_a_second_resting_entry_for_another_position_is_refused_when_its_turn_comes(
    desk: Desk,
) -> None:
    for number in (1, 2):
        desk.send(
            "buy", 1, created_at=minute(1), type=OrderType.LIMIT, price=99, id=f"e{number}",
            position_id=f"p{number}",
        )  # fmt: skip

    desk.see(flat(1, 100), bar(2, 100, 100, 98, 99))

    assert desk.qty == 1
    assert [(o.id, o.status) for o in desk.closings] == [("e2", OrderStatus.REJECTED)]


def test_what_is_left_of_an_entry_goes_with_its_position(desk: Desk) -> None:
    long_at_100(desk, stop_price=98)
    desk.send("buy", 1, created_at=minute(2), type=OrderType.LIMIT, price=90)

    desk.see(bar(2, 100, 100, 97, 99))

    assert {o.id for o in desk.closings} == {"o2"}
    assert desk.broker.open_orders() == []


def test_orders_that_rest_come_back_after_a_restart(desk: Desk) -> None:
    long_at_100(desk, stop_price=98, target_price=103)
    desk.restart()

    assert {o.id for o in desk.broker.open_orders()} == {"p1-stop", "p1-target"}
    desk.see(bar(2, 100, 104, 100, 104))

    assert desk.fills[-1].role is OrderRole.TARGET
    assert [o.id for o in desk.closings] == ["p1-stop"]


def test_a_waiting_market_order_comes_back_after_a_restart(desk: Desk) -> None:
    desk.send("buy", 1, created_at=minute(1), stop_price=98)
    desk.restart()

    desk.see(bar(1, 100, 101, 99, 100))

    assert desk.qty == 1
    assert [o.id for o in desk.broker.open_orders()] == ["p1-stop"]


def test_an_exit_whose_position_is_gone_is_cancelled_at_the_restart(desk: Desk) -> None:
    orphan = desk.order("sell", 1, role=OrderRole.STOP, reduce_only=True, trigger_price=98)

    desk.broker.restore([orphan])
    desk.absorb()

    assert [(o.id, o.reason) for o in desk.closings] == [(orphan.id, "position closed")]


def test_no_two_fills_of_a_busy_day_share_an_id(desk: Desk) -> None:
    for number in range(1, 40):
        side = "buy" if number % 2 else "sell"
        desk.send(
            side, 1, created_at=minute(number), position_id=f"p{number}", stop_price=99.5
            if number % 2 else 100.5,
        )  # fmt: skip
        desk.see(bar(number, 100, 101, 99, 100))

    ids = [f.id for f in desk.fills]
    assert len(ids) == len(set(ids)) == 78
    assert all(a.at <= b.at for a, b in itertools.pairwise(desk.fills))
