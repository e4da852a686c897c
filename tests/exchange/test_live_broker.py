"""Our orders on a real exchange: stored first, sent once, looked for when in doubt."""

from decimal import Decimal
from typing import Any

import pytest

from core.market import Funding
from core.orders import Accepted, Closed, Filled, Order, OrderRole, OrderStatus, OrderType
from exchange.real.client_ids import account_tag, client_id, is_forced, is_ours
from exchange.real.errors import Rejected
from exchange.real.requests import Ask, Refused
from exchange.real.sending import ENTRY_LIFE_MS, SAFE_MS
from exchange.real.updates import AlgoUpdate, ConfigUpdate, Status
from tests.exchange.live_desk import TAG, LiveDesk
from tests.exchange.memory_exchange import SYMBOL


@pytest.fixture
def desk() -> LiveDesk:
    desk = LiveDesk()
    desk.reconcile()
    return desk


def opened(desk: LiveDesk, **levels: Any) -> None:
    given: dict[str, Any] = {"stop_price": 90, "target_price": 120}
    desk.enter("buy", "1", **given | levels)
    desk.settle(5)
    assert desk.qty == desk.exchange.qty == 1


def closed(desk: LiveDesk) -> list[Order]:
    return [report.order for report in desk.reports if isinstance(report, Closed)]


def test_client_ids_are_ours_the_same_each_time_and_short_enough() -> None:
    tag = account_tag("live:exchange:binanceusdm", 1, 1_800_000_000_000)
    name = client_id(tag, "trend:BTC/USDT:30000000-entry", 0)
    assert name == client_id(tag, "trend:BTC/USDT:30000000-entry", 0)
    assert len(client_id(tag, "x" * 200, 999)) <= 36
    assert is_ours(name, tag)
    assert not is_ours(name, TAG)
    assert not is_ours("web_1", tag)
    assert is_forced("autoclose-123")
    assert is_forced("adl_autoclose")
    assert not is_forced("settlement_autoclose-1")


def test_nothing_is_sent_before_it_is_stored(desk: LiveDesk) -> None:
    order = desk.enter("buy", "1")
    desk.stored_orders.clear()
    desk.crash()
    desk.reconcile()
    assert desk.exchange.placed == []
    desk.broker.submit(order)
    assert desk.broker.requests() == []
    desk.broker.drain()
    assert desk.broker.requests() == []
    desk.broker.committed()
    assert [request.ask for request in desk.broker.requests()] == [Ask.PREPARE]


def test_leverage_and_margin_are_set_before_the_first_entry_and_again_when_changed(
    desk: LiveDesk,
) -> None:
    opened(desk)
    assert desk.exchange.leverage == 5
    desk.close()
    desk.settle(5)
    desk.broker.heard(ConfigUpdate(at=1, symbol=SYMBOL, leverage=20))
    desk.exchange.leverage = 20
    desk.enter("buy", "1")
    desk.settle(5)
    assert desk.exchange.leverage == 5


def test_an_order_of_unknown_outcome_counts_as_open_and_blocks_only_itself(
    desk: LiveDesk,
) -> None:
    desk.enter("buy", "1")
    desk.send()
    desk.send("dropped")
    assert [order.id for order in desk.broker.open_orders()] == ["o1"]
    assert desk.broker.shop.exposure().waiting == Decimal("100.1")
    desk.enter("buy", "1")
    assert "are not over yet" in desk.refused[-1]


def test_what_was_never_taken_is_reported_only_after_it_is_certain(desk: LiveDesk) -> None:
    desk.enter("buy", "1")
    desk.send()
    desk.send("dropped")
    for _ in range(SAFE_MS // 1000 - 1):
        desk.pass_time(1000)
        desk.send()
        assert closed(desk) == []
    desk.settle(30)
    (order,) = closed(desk)
    assert order.status is OrderStatus.REJECTED
    assert order.reason.startswith("never sent")
    assert desk.exchange.placed == []


def test_an_order_whose_answer_was_lost_is_found_by_its_client_id(desk: LiveDesk) -> None:
    desk.enter("buy", "1", stop_price=90)
    desk.send()
    desk.send("lost")
    desk.hear("lost")
    desk.settle(30)
    assert desk.qty == desk.exchange.qty == 1
    assert len([name for name in desk.exchange.placed if name.endswith("-0")]) == 2


def test_an_entry_that_could_not_be_sent_in_time_is_refused_with_its_gate(desk: LiveDesk) -> None:
    desk.enter("buy", "1")
    desk.send()
    for _ in range(ENTRY_LIFE_MS // 1000 + 2):
        desk.send("unsent")
        desk.pass_time(1000)
    desk.settle(5)
    (refused,) = [note for note in desk.notes if isinstance(note, Refused)]
    assert refused.gate == "late"
    assert closed(desk)[0].status is OrderStatus.REJECTED
    assert desk.exchange.qty == 0


def test_a_partly_filled_entry_is_protected_by_as_much(desk: LiveDesk) -> None:
    desk.exchange.thin = True
    desk.enter("buy", "1", stop_price=90)
    desk.settle(5)
    assert closed(desk)[0].status is OrderStatus.EXPIRED
    (stop,) = desk.of_role(OrderRole.STOP)
    assert stop.qty == desk.qty == Decimal("0.5")


def test_one_protective_order_that_fills_takes_the_other_back(desk: LiveDesk) -> None:
    opened(desk)
    desk.exchange.move(Decimal(121))
    desk.settle(5)
    assert desk.qty == 0
    assert [(o.role, o.reason) for o in closed(desk)] == [(OrderRole.STOP, "position closed")]
    assert [row.status for row in desk.exchange.rows.values() if row.is_algo] == [
        "cancelled",
        "filled",
    ]


def test_no_entry_is_made_while_orders_of_the_last_position_may_rest(desk: LiveDesk) -> None:
    opened(desk)
    desk.exchange.move(Decimal(121))
    desk.hear()
    desk.absorb()
    desk.enter("buy", "1")
    assert "are not over yet" in desk.refused[-1]
    desk.settle(5)
    desk.enter("buy", "1")
    desk.settle(5)
    assert desk.qty == desk.exchange.qty == 1


def test_a_moved_stop_rests_before_the_old_one_is_taken_back(desk: LiveDesk) -> None:
    opened(desk)
    (stop,) = desk.of_role(OrderRole.STOP)
    desk.try_to("move", stop.id, Decimal(95))
    desk.send()
    stops = [row for row in desk.exchange.rows.values() if row.type is OrderType.STOP]
    assert [(str(row.trigger), row.status.value) for row in stops] == [
        ("90", "open"),
        ("95", "open"),
    ]
    desk.settle(5)
    assert [(str(row.trigger), row.status.value) for row in stops] == [
        ("90", "cancelled"),
        ("95", "open"),
    ]


def test_a_stop_that_is_refused_its_new_place_stands_where_it_stood(desk: LiveDesk) -> None:
    opened(desk)
    (stop,) = desk.of_role(OrderRole.STOP)
    desk.try_to("move", stop.id, Decimal(105))
    desk.settle(5)
    (stop,) = desk.of_role(OrderRole.STOP)
    assert stop.trigger_price == 90
    assert "not_moved" in desk.said()
    assert [r.status for r in desk.exchange.rows.values() if r.type is OrderType.STOP] == ["open"]


def test_a_stop_whose_level_the_market_has_passed_closes_the_position(desk: LiveDesk) -> None:
    desk.enter("buy", "1", stop_price=99)
    desk.send()
    desk.send()
    desk.exchange.move(Decimal(98))
    desk.settle(5)
    assert desk.qty == desk.exchange.qty == 0
    assert "stop_by_market" in desk.said()
    last = [r for r in desk.reports if isinstance(r, Filled)][-1]
    assert last.fill.role is OrderRole.STOP


def test_a_stop_that_was_triggered_and_came_to_nothing_closes_the_position(
    desk: LiveDesk,
) -> None:
    opened(desk, target_price=None)
    (row,) = [row for row in desk.exchange.rows.values() if row.is_algo]
    row.status = Status.TRIGGERED
    desk.broker.heard(
        AlgoUpdate(
            symbol=SYMBOL, client_id=row.client_id, algo_id=row.id, side=row.side, type=row.type,
            status=Status.TRIGGERED, qty=row.qty, at=1,
        )
    )  # fmt: skip
    desk.settle(30)
    assert desk.qty == desk.exchange.qty == 0
    assert "stop_by_market" in desk.said()


def test_a_stop_that_a_person_cancels_is_not_placed_again_and_told_loudly(desk: LiveDesk) -> None:
    opened(desk, target_price=None)
    (row,) = [row for row in desk.exchange.rows.values() if row.is_algo]
    row.status = Status.CANCELLED
    desk.settle(5)
    assert desk.of_role(OrderRole.STOP) == []
    assert "stop_gone" in desk.said()


def test_a_refused_target_is_tried_again_and_given_up_while_the_stop_stands(
    desk: LiveDesk,
) -> None:
    ask = desk.exchange.ask

    def no_target(request: object) -> object:
        if request.ask is Ask.PLACE and request.order.type is OrderType.TAKE_PROFIT:  # type: ignore[attr-defined]
            raise Rejected("not now", code=-4000)
        return ask(request)  # type: ignore[arg-type]

    desk.exchange.ask = no_target  # type: ignore[method-assign]
    desk.enter("buy", "1", stop_price=90, target_price=120)
    desk.settle(30)
    assert desk.qty == 1
    assert len(desk.of_role(OrderRole.STOP)) == 1
    assert desk.of_role(OrderRole.TARGET) == []


def test_a_close_that_is_refused_is_told_loudly_and_may_be_tried_again(desk: LiveDesk) -> None:
    opened(desk)
    ask = desk.exchange.ask

    def no_close(request: object) -> object:
        if request.ask is Ask.PLACE:  # type: ignore[attr-defined]
            raise Rejected("Internal error", code=-1010)
        return ask(request)  # type: ignore[arg-type]

    desk.exchange.ask = no_close  # type: ignore[method-assign]
    desk.close()
    desk.settle(5)
    assert "close_refused" in desk.said()
    desk.exchange.ask = ask  # type: ignore[method-assign]
    desk.close()
    desk.settle(5)
    assert desk.qty == desk.exchange.qty == 0


def test_a_second_strategy_is_refused_the_symbol(desk: LiveDesk) -> None:
    opened(desk)
    desk.enter("buy", "1", strategy="other", position_id="theirs")
    assert "trend is in BTC/USDT" in desk.refused[-1]


def test_entries_wait_for_the_first_comparison() -> None:
    desk = LiveDesk()
    desk.enter("buy", "1")
    assert "not compared" in desk.refused[-1]


def test_a_cancel_of_which_the_outcome_is_unknown_is_looked_for(desk: LiveDesk) -> None:
    desk.enter("buy", "1", type=OrderType.LIMIT, price=90)
    desk.settle(5)
    desk.try_to("cancel", "o1", "by hand")
    desk.send("lost")
    desk.settle(10)
    (order,) = closed(desk)
    assert (order.status, order.reason) == (OrderStatus.CANCELLED, "by hand")


def test_a_wish_to_cancel_outlives_a_crash(desk: LiveDesk) -> None:
    desk.enter("buy", "1", type=OrderType.LIMIT, price=90)
    desk.settle(5)
    desk.try_to("cancel", "o1", "by hand")
    desk.crash()
    desk.settle(10)
    (order,) = closed(desk)
    assert order.reason == "by hand"
    assert [row.status for row in desk.exchange.rows.values()] == ["cancelled"]


def test_a_moved_entry_is_never_at_two_prices_at_once(desk: LiveDesk) -> None:
    desk.enter("buy", "1", type=OrderType.LIMIT, price=90)
    desk.settle(5)
    desk.try_to("move", "o1", Decimal(92))
    desk.send()
    rows = list(desk.exchange.rows.values())
    assert [row.status for row in rows] == ["cancelled"]
    desk.settle(5)
    rows = list(desk.exchange.rows.values())
    assert [(str(row.price), row.status.value) for row in rows] == [
        ("90", "cancelled"),
        ("92", "open"),
    ]


def test_an_order_that_was_given_up_and_comes_alive_is_taken_back(desk: LiveDesk) -> None:
    desk.enter("buy", "1", type=OrderType.LIMIT, price=90)
    request = desk.broker.requests()[0]
    desk.broker.answered(request, desk.carry_out(request, "ok"))
    desk.send("dropped")
    ticket = desk.broker.shop.tickets.get("o1")
    assert ticket is not None
    leg = ticket.legs[0]
    desk.settle(30)
    assert closed(desk)[0].reason.startswith("never sent")
    late = request.order
    desk.exchange.ask(
        type(request)(
            ask=Ask.PLACE, order=late, number=0, client_id=leg.client_id, asked_at=desk.at,
            is_conditional=False,
        )
    )  # fmt: skip
    desk.settle(10)
    assert "orphan_order" in desk.said()
    assert [row.status for row in desk.exchange.rows.values()] == ["cancelled"]


def test_funding_is_booked_once_with_the_market_s_own_rate(desk: LiveDesk) -> None:
    opened(desk)
    desk.pass_time(1000)
    desk.exchange.fund(Decimal("0.0005"))
    desk.broker.on_message(Funding(SYMBOL, desk.at, Decimal("0.0005"), Decimal(100)))
    assert desk.broker.reconciler.money.is_due
    desk.settle(3)
    desk.reconcile()
    (position,) = desk.portfolio.positions.values()
    assert position.funding == Decimal("-0.05")
    assert desk.portfolio.balance == desk.exchange.wallet


def test_a_fee_in_another_coin_is_booked_at_its_worth(desk: LiveDesk) -> None:
    opened(desk)
    desk.broker.shop.bnb = Decimal(600)
    trade = desk.exchange.trades[-1]
    fills = desk.broker.fills
    paid = type(trade)(
        **{f: getattr(trade, f) for f in trade.__struct_fields__}
        | {"commission": Decimal("0.0001"), "commission_asset": "BNB"}
    )
    before = desk.broker.shop.outside or Decimal(0)
    assert fills._fee(paid) == Decimal("0.06")
    assert desk.broker.shop.outside == before + Decimal("0.06")


def test_only_what_is_reported_and_stored_goes(desk: LiveDesk) -> None:
    """A leg that is made while a commit is under way waits for the next one."""
    desk.enter("buy", "1", stop_price=99)
    desk.send()
    desk.send()
    desk.exchange.move(Decimal(98))
    desk.hear()
    desk.absorb()
    desk.send()  # the stop is refused, and becomes a market order
    assert any(isinstance(report, Accepted) for report in desk.broker.shop.reports)
    placed = len(desk.exchange.placed)
    desk.broker.committed()
    desk.pass_time(5000)
    desk.send()
    assert len(desk.exchange.placed) == placed
    desk.absorb()
    desk.send()
    assert len(desk.exchange.placed) == placed + 1


def test_an_execution_that_is_told_twice_is_reported_once(desk: LiveDesk) -> None:
    desk.enter("buy", "1")
    desk.send()
    desk.send()
    desk.hear("twice")
    desk.absorb()
    fills = [report.fill.id for report in desk.reports if isinstance(report, Filled)]
    assert len(fills) == len(set(fills)) == 2
    ticket = desk.broker.shop.tickets.get("o1")
    assert ticket is not None
    assert ticket.order.filled_qty == 1
