"""Our books against the exchange's: what executions explain is booked, the rest is told."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from core.orders import Filled, OrderRole
from exchange.real.account import AccountSnapshot, Modes, RealOrder
from exchange.real.requests import Moved
from exchange.real.updates import Status
from tests.exchange.live_desk import TAG, LiveDesk
from tests.exchange.memory_exchange import SYMBOL

SHORT_WAYS = [("web_1", OrderRole.MANUAL), ("autoclose-1", OrderRole.LIQUIDATION)]


@pytest.fixture
def desk() -> LiveDesk:
    desk = LiveDesk()
    desk.reconcile()
    return desk


def opened(desk: LiveDesk, side: str = "buy", **levels: Any) -> None:
    desk.enter(side, "1", **levels)
    desk.settle(5)
    assert abs(desk.qty) == 1


def exits(desk: LiveDesk) -> list[tuple[str, Decimal]]:
    found = [report.fill for report in desk.reports if isinstance(report, Filled)]
    return [(fill.role, fill.qty) for fill in found if fill.reduce_only]


@pytest.mark.parametrize(("client_id", "role"), SHORT_WAYS)
@pytest.mark.parametrize("how", ["all", "lost"])
def test_a_position_closed_elsewhere_is_booked_by_its_executions(
    desk: LiveDesk, client_id: str, role: OrderRole, how: str
) -> None:
    opened(desk, stop_price=90, target_price=120)
    desk.exchange.move(Decimal(105))
    desk.pass_time(1000)
    desk.exchange.stranger(Decimal(-1), client_id)
    desk.hear(how)
    desk.settle(5)
    assert {found for found, _ in exits(desk)} == {role}
    assert desk.qty == 0
    assert desk.broker.open_orders() == []
    assert desk.portfolio.balance == desk.exchange.wallet
    assert desk.broker.differences == []


def test_a_part_that_is_closed_elsewhere_leaves_the_rest_with_its_stop(desk: LiveDesk) -> None:
    opened(desk, stop_price=90)
    desk.pass_time(1000)
    desk.exchange.stranger(Decimal("-0.4"))
    desk.settle(5)
    assert desk.qty == Decimal("0.6")
    assert len(desk.of_role(OrderRole.STOP)) == 1
    desk.exchange.move(Decimal(89))
    desk.settle(5)
    assert desk.qty == desk.exchange.qty == 0


def test_what_somebody_else_adds_on_top_is_theirs_and_they_may_take_it_away(
    desk: LiveDesk,
) -> None:
    opened(desk)
    desk.pass_time(1000)
    desk.exchange.stranger(Decimal(2))
    desk.settle(5)
    assert desk.broker.shop.foreign == {SYMBOL: 2}
    desk.pass_time(1000)
    desk.exchange.stranger(Decimal("-1.5"))
    desk.settle(5)
    assert desk.broker.shop.foreign == {SYMBOL: Decimal("0.5")}
    assert desk.qty == 1
    desk.close()
    desk.settle(5)
    assert desk.qty == 0
    assert desk.exchange.qty == Decimal("0.5")
    assert desk.said().count("foreign_position") == 1


def test_a_foreign_position_is_left_alone_over_a_restart(desk: LiveDesk) -> None:
    desk.exchange.stranger(Decimal(-2))
    desk.settle(5)
    desk.crash()
    desk.reconcile()
    desk.enter("sell", "1")
    assert "somebody else" in desk.refused[-1]
    desk.settle(5)
    assert desk.exchange.qty == -2
    assert desk.broker.differences == []


def test_a_difference_that_nothing_explains_is_told_once_and_not_guessed_away(
    desk: LiveDesk,
) -> None:
    opened(desk)
    desk.exchange.qty = Decimal("0.3")
    desk.settle(5)
    desk.settle(5)
    (difference,) = [d for d in desk.broker.differences if "position" in d.subject]
    assert (difference.ours, difference.theirs) == ("1.000", "0.3")
    assert desk.said().count("real_difference") == 1
    assert desk.qty == 1
    desk.exchange.qty = Decimal(1)
    desk.settle(5)
    assert desk.broker.differences == []


def test_money_that_nothing_accounts_for_is_a_difference(desk: LiveDesk) -> None:
    desk.exchange.wallet -= 7
    desk.settle(5)
    (difference,) = desk.broker.differences
    assert difference.subject == "balance"
    assert "-7.00" in difference.detail


def test_a_transfer_is_booked_once_whatever_happens(desk: LiveDesk) -> None:
    desk.pass_time(1000)
    desk.exchange.transfer(Decimal(250))
    desk.reconcile()
    desk.crash()
    desk.settle(5)
    assert [note.amount for note in desk.notes if isinstance(note, Moved)] == [Decimal(250)]
    assert desk.portfolio.balance == desk.exchange.wallet == 10_250
    assert desk.broker.differences == []


def test_funding_is_shared_with_what_somebody_else_holds(desk: LiveDesk) -> None:
    opened(desk)
    desk.pass_time(1000)
    desk.exchange.stranger(Decimal(3))
    desk.settle(5)
    desk.pass_time(1000)
    desk.exchange.fund(Decimal("0.001"))
    desk.settle(5)
    (position,) = desk.portfolio.positions.values()
    assert position.funding == Decimal("-0.1")
    assert desk.broker.differences == []


def test_funding_that_is_told_after_the_position_closed_is_booked_all_the_same(
    desk: LiveDesk,
) -> None:
    opened(desk)
    desk.pass_time(1000)
    desk.exchange.fund(Decimal("0.001"))
    line = desk.exchange.income.pop()
    desk.close()
    desk.pass_time(1000)
    desk.send()
    desk.hear()
    desk.absorb()
    desk.exchange.income.append(line)
    desk.settle(5)
    assert desk.qty == 0
    assert desk.portfolio.balance == desk.exchange.wallet
    assert desk.broker.differences == []


def test_an_order_with_our_mark_that_we_do_not_know_is_shown_and_left(desk: LiveDesk) -> None:
    opened(desk)
    real = desk.exchange.snapshot
    orphan = RealOrder(
        symbol=SYMBOL, order_id="9", client_id=f"qd{TAG}-0-0", side=desk.exchange.trades[0].side,
        type="limit", status=Status.OPEN, qty=Decimal(1),
    )  # fmt: skip
    desk.exchange.snapshot = lambda asked_at: _with_order(real(asked_at), orphan)  # type: ignore[method-assign]
    desk.settle(5)
    (difference,) = desk.broker.differences
    assert difference.subject == f"order qd{TAG}-0-0"


def _with_order(snapshot: AccountSnapshot, order: RealOrder) -> AccountSnapshot:
    return msgspec.structs.replace(snapshot, orders=(*snapshot.orders, order))


def test_entries_stop_while_the_account_is_set_up_otherwise(desk: LiveDesk) -> None:
    real = desk.exchange.snapshot
    hedge = Modes(position_mode="hedge", multi_asset=False)
    desk.exchange.snapshot = lambda asked_at: _with_modes(real(asked_at), hedge)  # type: ignore[method-assign]
    desk.settle(5)
    desk.enter("buy", "1")
    assert "hedge" in desk.refused[-1]
    assert [d.subject for d in desk.broker.differences] == ["position mode"]
    desk.exchange.snapshot = real  # type: ignore[method-assign]
    desk.settle(5)
    opened(desk)


def _with_modes(snapshot: AccountSnapshot, modes: Modes) -> AccountSnapshot:
    return msgspec.structs.replace(snapshot, modes=modes)


def test_leverage_that_was_changed_elsewhere_is_a_difference(desk: LiveDesk) -> None:
    opened(desk)
    desk.exchange.leverage = 20
    desk.settle(5)
    (difference,) = desk.broker.differences
    assert (difference.ours, difference.theirs) == ("isolated, 5×", "isolated, 20×")


def test_a_fill_that_no_stream_told_is_found_by_asking(desk: LiveDesk) -> None:
    opened(desk, stop_price=90)
    desk.exchange.move(Decimal(89))
    desk.hear("lost")
    desk.settle(5)
    assert {found for found, _ in exits(desk)} == {OrderRole.STOP}
    assert desk.portfolio.balance == desk.exchange.wallet


def test_an_execution_of_a_stop_under_another_name_is_the_stop_s() -> None:
    desk = LiveDesk(child_names=False)
    desk.reconcile()
    opened(desk, stop_price=90)
    desk.exchange.move(Decimal(89))
    desk.hear("backwards")
    desk.settle(5)
    assert {found for found, _ in exits(desk)} == {OrderRole.STOP}
    assert desk.portfolio.balance == desk.exchange.wallet
