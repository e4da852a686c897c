"""Limits on real orders: money, symbols, the minute, and the file that stops it all."""

from decimal import Decimal
from pathlib import Path

import pytest

from core.errors import GateRefused
from core.market import DAY_MS
from core.orders import Order, OrderRole, OrderType, Side
from exchange.real.limits import MINUTE_MS, Exposure, Limits
from tests.exchange.live_desk import START, LiveDesk, limit_settings
from tests.exchange.memory_exchange import SYMBOL

NOTHING = Exposure(held=Decimal(0), waiting=Decimal(0))
NOON = START - START % DAY_MS + DAY_MS // 2


def entry(qty: str = "1", symbol: str = SYMBOL) -> Order:
    return Order(
        id="o1", strategy="trend", symbol=symbol, side=Side.BUY, type=OrderType.MARKET,
        qty=Decimal(qty), role=OrderRole.ENTRY, position_id="p1", created_at=START,
    )  # fmt: skip


def refusal(limits: Limits, order: Order, exposure: Exposure = NOTHING) -> GateRefused:
    with pytest.raises(GateRefused) as caught:
        limits.check_entry(order, Decimal(100), exposure, NOON)
    return caught.value


def test_an_order_is_worth_no_more_than_its_limit() -> None:
    limits = Limits(limit_settings(max_order_notional=Decimal(100)))
    limits.check_entry(entry("1"), Decimal(100), NOTHING, NOON)
    no = refusal(limits, entry("1.001"))
    assert (no.gate, no.value, no.limit) == ("order_notional", Decimal("100.1"), Decimal(100))


def test_the_day_counts_fills_and_entries_under_way_and_begins_at_midnight_utc() -> None:
    limits = Limits(limit_settings(max_daily_notional=Decimal(300)))
    limits.traded(Decimal(150), NOON)
    under_way = Exposure(held=Decimal(0), waiting=Decimal(100))
    assert refusal(limits, entry("1"), under_way).gate == "daily_notional"
    limits.check_entry(entry("0.5"), Decimal(100), under_way, NOON)
    limits.check_entry(entry("2"), Decimal(100), under_way, NOON + DAY_MS)
    assert limits.today(NOON + DAY_MS) == 0


def test_a_fill_of_the_day_before_that_is_told_late_is_not_of_today() -> None:
    limits = Limits(limit_settings())
    limits.today(NOON)
    limits.traded(Decimal(150), NOON - DAY_MS)
    assert limits.today(NOON) == 0


def test_positions_and_entries_under_way_count_against_the_total() -> None:
    limits = Limits(limit_settings(max_total_notional=Decimal(300)))
    exposure = Exposure(held=Decimal(150), waiting=Decimal(100))
    no = refusal(limits, entry("0.6"), exposure)
    assert (no.gate, no.value) == ("total_notional", Decimal(310))


def test_only_the_symbols_that_are_listed_are_entered() -> None:
    limits = Limits(limit_settings(symbols=frozenset({"ETH/USDT"})))
    assert refusal(limits, entry()).gate == "live_symbols"
    Limits(limit_settings(symbols=frozenset())).check_entry(entry(), Decimal(100), NOTHING, NOON)


def test_an_entry_leaves_room_in_the_minute_for_its_stop_and_target() -> None:
    limits = Limits(limit_settings(max_orders_a_minute=4))
    limits.sent(NOON)
    limits.check_entry(entry(), Decimal(100), NOTHING, NOON)
    limits.sent(NOON)
    assert refusal(limits, entry()).gate == "orders_a_minute"
    limits.check_entry(entry(), Decimal(100), NOTHING, NOON + MINUTE_MS)


def test_an_exit_waits_for_the_minute_to_have_room() -> None:
    limits = Limits(limit_settings(max_orders_a_minute=1))
    assert limits.wait_ms(NOON) == 0
    limits.sent(NOON)
    assert limits.wait_ms(NOON + 1000) == MINUTE_MS - 1000
    assert limits.wait_ms(NOON + MINUTE_MS) == 0


def test_the_kill_file_stops_entries_and_takes_back_those_that_rest(tmp_path: Path) -> None:
    kill = tmp_path / "KILL"
    desk = LiveDesk(kill_file=kill)
    desk.reconcile()
    desk.enter("buy", "1", type=OrderType.LIMIT, price=90)
    desk.settle(3)
    assert len(desk.exchange.placed) == 1
    kill.touch()
    desk.settle(3)
    assert [row.status for row in desk.exchange.rows.values()] == ["cancelled"]
    assert desk.broker.open_orders() == []
    desk.enter("buy", "1")
    assert "kill file KILL" in desk.refused[-1]


def test_the_kill_file_lets_stops_and_closes_pass(tmp_path: Path) -> None:
    kill = tmp_path / "KILL"
    desk = LiveDesk(kill_file=kill)
    desk.reconcile()
    desk.enter("buy", "1", stop_price=90)
    desk.send()
    desk.send()
    kill.touch()
    desk.settle(3)
    assert [row.type for row in desk.exchange.rows.values()] == ["market", "stop"]
    desk.close()
    desk.settle(3)
    assert desk.qty == desk.exchange.qty == 0


def test_a_kill_file_that_cannot_be_looked_at_counts_as_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    inside = tmp_path / ("x" * 300)
    assert Limits(limit_settings(kill_file=inside)).is_killed


def test_an_order_that_waited_is_judged_again_before_it_is_sent(tmp_path: Path) -> None:
    kill = tmp_path / "KILL"
    desk = LiveDesk(kill_file=kill)
    desk.reconcile()
    desk.enter("buy", "1")
    kill.touch()
    desk.settle(3)
    assert desk.exchange.placed == []
    assert desk.qty == 0


def test_exits_pass_the_limits_of_money() -> None:
    desk = LiveDesk()
    desk.reconcile()
    desk.enter("buy", "1", stop_price=90)
    desk.settle(3)
    desk.broker.shop.limits.settings = limit_settings(
        max_order_notional=Decimal(1), max_daily_notional=Decimal(1), max_total_notional=Decimal(1),
        symbols=frozenset({"ETH/USDT"}),
    )  # fmt: skip
    desk.close()
    desk.settle(3)
    assert desk.qty == desk.exchange.qty == 0
    assert desk.refused == []
