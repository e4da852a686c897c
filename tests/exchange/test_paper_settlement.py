"""What the exchange takes: liquidation and funding on paper."""

from decimal import Decimal

import pytest

from core.margin import liquidation_price
from core.market import MINUTE_MS
from core.orders import FundingCharged, OrderRole, OrderType
from tests.exchange.paper_desk import (
    RULES,
    START,
    SYMBOL,
    Desk,
    bar,
    book,
    flat,
    funding,
    mark,
    tick,
)


def holding(side: str, **changes: object) -> Desk:
    """Return a desk that holds 10 at leverage 10, entered at the open of bar 1."""
    desk = Desk()
    desk.see(flat(0, 100))
    desk.send(side, 10, created_at=START + MINUTE_MS, leverage=10, **changes)
    desk.see(flat(1, 100))
    return desk


def level(desk: Desk) -> Decimal:
    held = desk.portfolio.position("trend", SYMBOL)
    assert held is not None
    price = liquidation_price(held, RULES)
    assert price is not None
    return price


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_mark_at_the_liquidation_price_closes_the_position_there(side: str) -> None:
    desk = holding(side)
    before, price = desk.cash, level(desk)
    sign = 1 if side == "buy" else -1

    desk.see(mark(3 * MINUTE_MS, float(price) + sign))
    assert desk.qty != 0
    desk.see(mark(3 * MINUTE_MS, float(price) - sign * 5))

    last = desk.fills[-1]
    assert (last.role, last.price, last.id) == (
        OrderRole.LIQUIDATION, price, "p1-liquidation#1"
    )  # fmt: skip
    assert desk.qty == 0
    entry = desk.fills[0]
    assert before - desk.cash == pytest.approx(entry.qty * entry.price / 10)


@pytest.mark.parametrize(("side", "jump"), [("buy", 50), ("sell", 150)])
def test_a_gap_beyond_it_costs_the_margin_and_no_more(side: str, jump: float) -> None:
    desk = holding(side)
    margin, before = desk.portfolio.margin_used(), desk.cash

    desk.see(flat(2, jump))

    assert desk.fills[-1].role is OrderRole.LIQUIDATION
    assert 0 <= margin - (before - desk.cash) < Decimal("0.00000002")
    assert desk.portfolio.available("trend") > 0


def test_a_stop_nearer_than_the_liquidation_price_comes_first() -> None:
    desk = holding("buy", stop_price=95)

    desk.see(bar(2, 100, 101, 80, 85))

    assert desk.fills[-1].role is OrderRole.STOP


def test_a_stop_beyond_the_liquidation_price_is_never_reached() -> None:
    desk = holding("buy", stop_price=85)

    desk.see(bar(2, 100, 101, 80, 85))

    assert desk.fills[-1].role is OrderRole.LIQUIDATION
    assert [(o.id, o.reason) for o in desk.closings] == [("p1-stop", "position closed")]


def test_an_open_beyond_both_liquidates() -> None:
    desk = holding("sell", stop_price=105)

    desk.see(bar(2, 120, 121, 119, 120))

    assert desk.fills[-1].role is OrderRole.LIQUIDATION


def test_a_position_can_die_in_the_bar_it_was_born_in() -> None:
    desk = Desk()
    desk.see(flat(0, 100))
    desk.send("buy", 10, created_at=START + MINUTE_MS, leverage=10)

    desk.see(bar(1, 100, 100, 80, 95))

    assert [f.role for f in desk.fills] == [OrderRole.ENTRY, OrderRole.LIQUIDATION]


def test_a_position_that_grew_a_moment_ago_is_liquidated_as_a_whole() -> None:
    desk = Desk()
    desk.see(book(0, [(99, 1)], [(100, 4)]))
    desk.send("buy", 10, type=OrderType.LIMIT, price=100, leverage=20)
    assert desk.qty == 4

    desk.see(bar(1, 99, 99, 90, 91))

    assert [(f.role, f.qty) for f in desk.fills] == [
        (OrderRole.ENTRY, Decimal(4)),
        (OrderRole.ENTRY, Decimal(6)),
        (OrderRole.LIQUIDATION, Decimal(10)),
    ]


def test_without_marks_the_last_price_liquidates() -> None:
    desk = holding("buy")

    desk.see(tick(3 * MINUTE_MS, 80))

    assert desk.fills[-1].role is OrderRole.LIQUIDATION


def test_while_marks_come_the_last_price_liquidates_nobody() -> None:
    desk = holding("buy")

    desk.see(mark(3 * MINUTE_MS, 100), tick(3 * MINUTE_MS, 80))

    assert desk.qty == 10


@pytest.mark.parametrize(
    ("side", "rate", "amount"),
    [
        ("buy", "0.0001", "-0.1"),
        ("buy", "-0.0001", "0.1"),
        ("sell", "0.0001", "0.1"),
        ("sell", "-0.0001", "-0.1"),
        ("buy", "0.000123456789", "-0.12345678"),
    ],
)
def test_longs_pay_and_shorts_receive_a_positive_rate(side: str, rate: str, amount: str) -> None:
    desk = holding(side)
    before = desk.cash

    desk.see(funding(3 * MINUTE_MS, rate, 100))

    (charge,) = [r for r in desk.reports if isinstance(r, FundingCharged)]
    assert charge.amount == Decimal(amount)
    assert desk.cash - before == Decimal(amount)


def test_a_funding_that_comes_twice_is_charged_once() -> None:
    desk = holding("buy")
    settlement = funding(3 * MINUTE_MS, "0.0001", 100)

    desk.see(settlement, settlement)
    desk.restart()
    desk.see(settlement)

    assert len([r for r in desk.reports if isinstance(r, FundingCharged)]) == 1


def test_funding_from_before_the_entry_is_not_charged() -> None:
    desk = holding("buy")

    desk.see(funding(MINUTE_MS, "0.0001", 100))

    assert not any(isinstance(r, FundingCharged) for r in desk.reports)


def test_nobody_holds_nobody_pays() -> None:
    desk = Desk()
    desk.see(book(0, [(99, 1)], [(101, 1)]), funding(100, "0.0001", 100))

    assert desk.reports == []
