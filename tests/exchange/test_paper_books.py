"""The paper broker against books and ticks."""

from decimal import Decimal

import pytest

from core.errors import OrderRejected
from core.orders import Accepted, Liquidity, OrderRole, OrderStatus, OrderType
from tests.exchange.paper_desk import RULES, START, Desk, book, dec, flat, tick

BIDS = [(99.9, 1.0), (99.8, 2.0), (99.5, 4.0)]
ASKS = [(100.1, 1.0), (100.2, 2.0), (100.5, 4.0)]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.see(book(0, BIDS, ASKS))
    return desk


def test_a_market_order_takes_the_best_offer_at_once(desk: Desk) -> None:
    desk.send("buy", 0.5, created_at=START + 100)

    (fill,) = desk.fills
    assert (fill.price, fill.qty, fill.at) == (dec(100.1), dec(0.5), START + 100)
    assert fill.fee == dec("0.025025")
    assert fill.liquidity is Liquidity.TAKER
    assert fill.reference_price == 100
    assert desk.broker.open_orders() == []
    assert not any(isinstance(r, Accepted) for r in desk.reports)


def test_a_large_market_order_walks_the_book_level_by_level(desk: Desk) -> None:
    desk.send("buy", 2)

    (fill,) = desk.fills
    assert fill.price == (dec(100.1) + dec(100.2)) / 2
    assert fill.qty == 2


def test_a_walk_that_does_not_divide_is_rounded_against_us(desk: Desk) -> None:
    desk.send("buy", "1.003")

    exact = (dec(100.1) + dec("0.003") * dec(100.2)) / dec("1.003")
    assert exact <= desk.fills[0].price < exact + dec("0.00000001")


def test_what_is_taken_from_a_book_is_gone_until_the_next_one(desk: Desk) -> None:
    desk.send("buy", 1)
    desk.send("buy", 1)
    desk.see(book(500, BIDS, ASKS))
    desk.send("buy", 1)

    assert [fill.price for fill in desk.fills] == [dec(100.1), dec(100.2), dec(100.1)]


def test_what_the_book_cannot_give_costs_its_last_level_and_slippage() -> None:
    desk = Desk(slippage_bps=10)
    desk.see(book(0, BIDS, ASKS))

    desk.send("sell", 8)

    beyond = dec(99.4)  # 99.5 less 10 bps, down to the tick
    cost = dec(99.9) + 2 * dec(99.8) + 4 * dec(99.5) + beyond
    assert desk.fills[0].price == cost / 8


def test_without_a_book_a_market_order_takes_the_next_tick_with_slippage() -> None:
    desk = Desk(slippage_bps=10)
    desk.see(tick(0, 100))

    desk.send("buy", 1, created_at=START + 10)
    assert desk.fills == []
    desk.see(tick(500, 102))

    assert [(f.price, f.at) for f in desk.fills] == [(dec(102.3), START + 500)]


def test_a_market_order_waits_for_the_next_book_when_a_tick_has_overtaken_this_one(
    desk: Desk,
) -> None:
    desk.see(tick(500, 95))

    desk.send("sell", 1, created_at=START + 500)
    assert desk.fills == []
    desk.see(book(500, [(94.9, 5.0)], [(95.1, 5.0)]))

    assert [f.price for f in desk.fills] == [dec(94.9)]


def test_an_old_book_is_no_book(desk: Desk) -> None:
    desk.send("buy", 1, created_at=START + 6000)
    assert desk.fills == []

    desk.see(tick(6500, 100))

    assert [f.price for f in desk.fills] == [dec(100.1)]


def test_a_limit_order_that_crosses_takes_what_is_offered_up_to_its_price(desk: Desk) -> None:
    order = desk.send("buy", 5, type=OrderType.LIMIT, price=100.2)

    (fill,) = desk.fills
    assert fill.liquidity is Liquidity.TAKER
    assert fill.qty == 3
    (resting,) = desk.broker.open_orders()
    assert (resting.id, resting.remaining_qty) == (order.id, dec(2))
    assert resting.status is OrderStatus.PARTIALLY_FILLED


def test_a_limit_order_that_rests_fills_at_its_own_price_as_maker(desk: Desk) -> None:
    desk.send("buy", 1, type=OrderType.LIMIT, price=99.9)
    assert desk.fills == []

    desk.see(book(500, [(99.5, 1.0)], [(99.7, 0.4)]), book(1000, [(99.5, 1.0)], [(99.7, 3.0)]))

    assert [(f.price, f.qty, f.liquidity) for f in desk.fills] == [
        (dec(99.9), dec(0.4), Liquidity.MAKER),
        (dec(99.9), dec(0.6), Liquidity.MAKER),
    ]
    assert [f.id for f in desk.fills] == ["o1#1", "o1#2"]
    assert desk.fills[0].fee == dec("0.00799200")


def test_a_resting_limit_order_is_filled_by_a_tick_when_there_are_no_books() -> None:
    desk = Desk()
    desk.see(tick(0, 100))
    desk.send("buy", 1, type=OrderType.LIMIT, price=99)

    desk.see(tick(500, 99.5), tick(1000, 98.9))

    assert [(f.price, f.liquidity, f.at) for f in desk.fills] == [
        (dec(99), Liquidity.MAKER, START + 1000)
    ]


def test_a_stop_triggers_on_the_last_price_and_sells_into_the_book(desk: Desk) -> None:
    desk.send("buy", 1, stop_price=98)

    desk.see(tick(500, 97.5))
    assert desk.qty == 1, "the book the tick has overtaken is not traded with"
    desk.see(book(500, [(97.4, 9.0)], [(97.6, 9.0)]))

    last = desk.fills[-1]
    assert (last.price, last.role, last.reference_price) == (dec(97.4), OrderRole.STOP, dec(98))
    assert desk.qty == 0


def test_a_triggered_stop_stays_triggered_over_a_restart(desk: Desk) -> None:
    desk.send("buy", 1, stop_price=98)
    desk.see(tick(500, 97.5))

    desk.restart()
    desk.see(tick(1000, 99))

    assert desk.fills[-1].role is OrderRole.STOP
    assert desk.fills[-1].price == dec(98.9)


def test_a_stop_above_a_short_and_a_target_under_it(desk: Desk) -> None:
    desk.send("sell", 1, stop_price=102, target_price=97)

    desk.see(tick(500, 101.9), tick(1000, 97.1), tick(7000, 97))

    assert desk.fills[-1].role is OrderRole.TARGET
    assert [(o.id, o.reason) for o in desk.closings] == [("p1-stop", "position closed")]
    assert desk.broker.open_orders() == []


def test_a_bar_adds_nothing_to_what_its_ticks_told(desk: Desk) -> None:
    desk.send("buy", 1, stop_price=98)
    desk.see(tick(500, 100), book(500, BIDS, ASKS))

    desk.see(flat(0, 90))

    assert desk.qty == 1


def test_cancelled_means_gone(desk: Desk) -> None:
    order = desk.send("buy", 1, type=OrderType.LIMIT, price=99)

    desk.broker.cancel(order.id, "changed my mind")
    desk.absorb()
    desk.see(book(500, [(90, 1.0)], [(91, 9.0)]))

    assert desk.fills == []
    assert [(o.status, o.reason) for o in desk.closings] == [
        (OrderStatus.CANCELLED, "changed my mind")
    ]
    with pytest.raises(OrderRejected, match="order o1 is not open"):
        desk.broker.cancel(order.id, "again")


def test_a_moved_stop_triggers_at_its_new_level(desk: Desk) -> None:
    desk.send("buy", 1, stop_price=95)

    desk.broker.move("p1-stop", Decimal(99))
    desk.absorb()
    desk.see(tick(7000, 98.9))

    assert desk.fills[-1].role is OrderRole.STOP


def test_a_limit_order_moved_across_the_market_takes_the_next_book(desk: Desk) -> None:
    desk.send("buy", 1, type=OrderType.LIMIT, price=99)

    desk.broker.move("o1", dec(100.3))
    desk.see(book(500, BIDS, ASKS))

    assert [(f.price, f.liquidity) for f in desk.fills] == [(dec(100.1), Liquidity.TAKER)]


@pytest.mark.parametrize(
    ("price", "sentence"),
    [
        ("99.95", "order o1: price must be a multiple of 0.1, was 99.95"),
        ("-1", "order o1: price must be above 0, was -1"),
        ("NaN", "order o1: price must be above 0, was NaN"),
    ],
)
def test_an_order_cannot_be_moved_off_the_tick(desk: Desk, price: str, sentence: str) -> None:
    desk.send("buy", 1, type=OrderType.LIMIT, price=99)

    with pytest.raises(OrderRejected) as refusal:
        desk.broker.move("o1", Decimal(price))

    assert str(refusal.value) == sentence
    assert [o.price for o in desk.broker.open_orders()] == [99]


def test_a_waiting_market_order_has_no_price_to_move() -> None:
    desk = Desk()
    desk.see(flat(0, 100))
    desk.send("buy", 1)

    with pytest.raises(OrderRejected, match="a market order has no price to move"):
        desk.broker.move("o1", Decimal(99))


def test_reduce_only_trades_at_most_what_is_held(desk: Desk) -> None:
    desk.send("buy", 1)

    order = desk.exit("sell", 3)

    assert desk.fills[-1].qty == 1
    assert desk.qty == 0
    assert [(o.id, o.filled_qty, o.reason) for o in desk.closings] == [
        (order.id, dec(1), "position closed")
    ]


def test_two_exits_at_once_do_not_close_a_position_twice(desk: Desk) -> None:
    desk.send("buy", 1)
    first, second = (desk.order("sell", 1, role=OrderRole.MANUAL, reduce_only=True) for _ in "12")

    desk.broker.submit(first)
    with pytest.raises(OrderRejected, match="position p1 has nothing for it to reduce"):
        desk.broker.submit(second)
    desk.absorb()

    assert desk.qty == 0


def test_a_position_can_be_enlarged_and_closed_in_parts(desk: Desk) -> None:
    desk.send("buy", 1)
    desk.send("buy", 1)
    desk.exit("sell", 0.5)
    desk.exit("sell", 1.5)

    assert desk.qty == 0
    assert [f.id for f in desk.fills] == ["o1#1", "o2#1", "o3#1", "o4#1"]


def test_an_order_is_worth_one_execution_however_often_it_is_sent(desk: Desk) -> None:
    order = desk.send("buy", 1)
    desk.restart()
    desk.see(book(500, BIDS, ASKS))

    with pytest.raises(OrderRejected, match="order o1 was sent before"):
        desk.broker.submit(order)


def test_a_partly_filled_order_goes_on_numbering_its_fills_after_a_restart(desk: Desk) -> None:
    desk.send("buy", 2, type=OrderType.LIMIT, price=100.1)
    desk.restart()

    desk.see(book(500, BIDS, ASKS))

    assert [(f.id, f.qty) for f in desk.fills] == [("o1#1", dec(1)), ("o1#2", dec(1))]
    assert desk.broker.open_orders() == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"qty": Decimal(0)}, "order o2: quantity must be above 0, was 0"),
        ({"qty": Decimal("NaN")}, "order o2: quantity must be above 0, was NaN"),
        ({"qty": dec("0.0005")}, "order o2: quantity must be a multiple of 0.001, was 0.0005"),
        ({"qty": dec("0.001")}, "order o2: notional must be at least 5, was 0.10"),
        ({"leverage": 51}, "order o2: leverage must be from 1 to 50, was 51"),
        ({"leverage": 0}, "order o2: leverage must be from 1 to 50, was 0"),
        ({"type": OrderType.LIMIT}, "order o2: limit price must be above 0, was None"),
        (
            {"type": OrderType.STOP, "trigger_price": 99.95},
            "order o2: trigger price must be a multiple of 0.1, was 99.95",
        ),
        ({"symbol": "X/Y"}, "order o2: X/Y is not traded here"),
        ({"qty": dec(900)}, "order o2 needs 18045.00 of margin and fee, 9979.93 is free"),
        (
            {"side": "sell"},
            (
                "order o2 would turn the long position p1 over: "
                "close it with a reduce-only order first"
            ),
        ),
        (
            {"position_id": "p2"},
            "order o2 is for position p2, but p1 is open in BTC/USDT",
        ),
        ({"leverage": 3}, "order o2 asks for leverage 3, but position p1 has 5"),
        (
            {"reduce_only": True},
            "order o2: position p1 has nothing for it to reduce",
        ),
        (
            {"reduce_only": True, "side": "sell", "position_id": "p9"},
            "order o2: position p9 has nothing for it to reduce",
        ),
    ],
)
def test_a_refused_order_changes_nothing_and_says_why(
    desk: Desk, changes: dict[str, object], sentence: str
) -> None:
    desk.send("buy", 1)
    before = len(desk.reports)

    with pytest.raises(OrderRejected) as refusal:
        desk.send(**{"side": "buy", "qty": 1} | changes)  # type: ignore[arg-type]

    assert str(refusal.value) == sentence
    desk.absorb()
    assert len(desk.reports) == before
    assert desk.broker.open_orders() == []


def test_an_order_before_any_price_is_refused() -> None:
    with pytest.raises(OrderRejected, match="there is no price for BTC/USDT yet"):
        Desk().send("buy", 1)


def test_resting_entries_reserve_their_margin(desk: Desk) -> None:
    desk.send("buy", 300, type=OrderType.LIMIT, price=99)

    with pytest.raises(OrderRejected, match="is free"):
        desk.send("buy", 250, type=OrderType.LIMIT, price=99)


def test_an_entry_the_account_can_no_longer_carry_is_rejected_when_its_price_comes() -> None:
    desk = Desk(cash=1000)
    desk.see(tick(0, 100))
    desk.send("buy", 40)

    desk.see(tick(500, 140))

    assert desk.fills == []
    (closed,) = desk.closings
    assert closed.status is OrderStatus.REJECTED
    assert "needs 1123.60 of margin and fee, 1000.00 is free" in closed.reason


def test_fees_are_cut_to_eight_decimals(desk: Desk) -> None:
    desk.send("buy", "0.333")

    exact = dec("0.333") * dec(100.1) * RULES.taker_fee
    assert exact - dec("0.00000001") < desk.fills[0].fee <= exact
