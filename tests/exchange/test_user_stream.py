import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from exchange.real import binance_user, user_stream
from exchange.real.updates import AlgoUpdate, ConfigUpdate, Status
from tests.exchange.account_desk import AccountDesk, followed, orders


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what takes minutes take moments."""
    monkeypatch.setattr(user_stream, "BEAT_S", 0.02)
    monkeypatch.setattr(user_stream, "AGAIN_S", 0.1)
    monkeypatch.setattr(user_stream, "SYNC_S", 0.5)
    monkeypatch.setattr(user_stream, "STABLE_S", 0.05)


def with_account(story: Callable[[AccountDesk], Awaitable[None]], **given: Any) -> None:
    async def run() -> None:
        async with followed(**given) as desk:
            await story(desk)

    asyncio.run(run())


def count(desk: AccountDesk, method: str, path: str = "/listenKey") -> int:
    return sum(one.method == method and path in one.path for one in desk.venue.seen)


def test_what_happens_elsewhere_is_seen_at_once_and_agrees_with_the_exchange() -> None:
    async def story(desk: AccountDesk) -> None:
        desk.trade("BTC/USDT", "0.01")
        desk.trade("ETH/USDT", "-0.5", "9000")
        await desk.agrees()
        said = [u.status for u in orders(desk.heard)]  # the book may fill it in parts
        whole = [status for status in said if status is not Status.PARTIALLY_FILLED]
        assert whole == [Status.OPEN, Status.FILLED, Status.OPEN]
        desk.trade("BTC/USDT", "-0.01", reduce_only=True)
        await desk.agrees()
        assert not desk.view.positions
        await desk.all_told()
        assert desk.stream.counts.reconnects == 0

    with_account(story)


def test_a_dead_listen_key_is_replaced_and_nothing_of_between_is_lost() -> None:
    async def story(desk: AccountDesk) -> None:
        desk.trade("BTC/USDT", "0.01")
        await desk.all_told()
        desk.venue.faults.expire_listen_keys()
        await desk.until(lambda: desk.stream.counts.state != "live")
        desk.trade("BTC/USDT", "0.02")  # heard by nobody
        await desk.all_told()
        await desk.agrees()
        desk.trade("BTC/USDT", "0.03")
        await desk.all_told()
        await desk.agrees()
        assert count(desk, "POST") == 2

    with_account(story)


def test_connections_that_break_again_and_again_lose_and_double_nothing() -> None:
    async def story(desk: AccountDesk) -> None:
        for n in range(1, 9):
            desk.trade("BTC/USDT", "0.01" if n % 2 else "-0.01")
            if n % 2:
                desk.venue.faults.hang_up()
            await desk.all_told()
        await desk.agrees()
        assert desk.stream.counts.reconnects >= 1

    with_account(story)


def test_events_that_come_twice_late_or_broken_are_counted_once() -> None:
    async def story(desk: AccountDesk) -> None:
        faults = desk.venue.faults
        faults.duplicate("user@ORDER_TRADE_UPDATE", times=2)
        desk.trade("BTC/USDT", "0.01")
        await desk.until(lambda: desk.stream.counts.duplicates >= 1)
        await desk.all_told()
        faults.clear()
        faults.garbage("user@", times=1)
        faults.half("user@ACCOUNT_UPDATE", times=1)
        desk.trade("BTC/USDT", "0.02")
        await desk.until(lambda: desk.stream.counts.gaps >= 2)
        await desk.agrees()
        assert desk.stream.counts.reconnects == 0
        await desk.all_told()

    with_account(story)


def test_a_stream_that_says_nothing_though_things_happen_is_connected_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(user_stream, "SILENT_MS", 200)
    monkeypatch.setattr("exchange.real.account_view.SLACK_MS", 0)

    async def story(desk: AccountDesk) -> None:
        desk.venue.faults.expire_listen_keys(quietly=True)
        await desk.until(lambda: desk.venue.account().listen_key is None)
        desk.trade("BTC/USDT", "0.01")
        await desk.until(lambda: desk.stream.counts.reconnects == 1)
        await desk.all_told()
        await desk.agrees()

    with_account(story)


def test_the_key_is_renewed_as_long_as_the_stream_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binance_user, "RENEW_S", 0.05)
    monkeypatch.setattr(binance_user, "AGAIN_S", 0.01)

    async def story(desk: AccountDesk) -> None:
        await desk.until(lambda: count(desk, "PUT") >= 3)
        desk.venue.faults.http(503, "/listenKey", times=2, method="PUT")
        renewed = count(desk, "PUT")
        await desk.until(lambda: count(desk, "PUT") >= renewed + 4)
        assert count(desk, "POST") == 1
        assert desk.stream.counts.reconnects == 0
        desk.venue.streams.revoke(desk.venue.account())  # the renewal is told that it is gone
        await desk.until(lambda: count(desk, "POST") == 2)
        await desk.live()
        desk.trade("BTC/USDT", "0.01")
        await desk.agrees()

    with_account(story)


def test_rest_that_does_not_answer_leaves_the_stream_alone() -> None:
    async def story(desk: AccountDesk) -> None:
        desk.venue.faults.http(500, "/fapi/v3/account", times=1 << 30)
        desk.trade("BTC/USDT", "0.01")
        await desk.until(lambda: bool(desk.stream.counts.error))
        await desk.agrees()
        assert (desk.stream.counts.state, desk.stream.counts.reconnects) == ("live", 0)
        desk.venue.faults.clear()
        await desk.until(lambda: not desk.stream.counts.error)

    with_account(story)


def test_funding_is_told_once_with_its_symbol() -> None:
    async def story(desk: AccountDesk) -> None:
        desk.trade("BTC/USDT", "0.01")
        desk.trade("ETH/USDT", "-0.5")
        await desk.agrees()
        for pair in ("BTC/USDT", "ETH/USDT"):
            found = desk.venue.market[pair]
            desk.venue._fund(found, desk.venue.now(), Decimal("0.0001"), Decimal(50_000))
        await desk.until(lambda: len(desk.payments) == 2)
        desk.venue.faults.hang_up()
        await desk.until(lambda: desk.stream.counts.reconnects == 1)
        await desk.live()
        await desk.agrees()
        assert sorted(p.symbol or "" for p in desk.payments) == ["BTC/USDT", "ETH/USDT"]
        told = {p.id: p.amount for p in desk.payments}
        paid = [one for one in desk.venue.account().income if one.kind == "FUNDING_FEE"]
        assert told == {str(one.id): one.amount for one in paid}

    with_account(story)


def test_conditional_orders_and_settings_are_followed_too() -> None:
    async def story(desk: AccountDesk) -> None:
        desk.trade("BTC/USDT", "0.01")
        api = desk.client.api
        await api.create_order(
            "BTC/USDT:USDT", "market", "sell", 0.01, None,
            {"stopLossPrice": 1000, "reduceOnly": True},
        )  # fmt: skip
        await desk.agrees()
        waiting = next(o for o in desk.view.orders.values() if o.algo_id)
        assert (waiting.trigger_price, waiting.reduce_only) == (Decimal(1000), True)
        await api.cancel_order(waiting.algo_id, "BTC/USDT:USDT", {"trigger": True})
        await desk.agrees()
        assert [u.status for u in desk.heard if isinstance(u, AlgoUpdate)][-1] is Status.CANCELLED
        await api.set_leverage(7, "BTC/USDT:USDT")
        await desk.until(lambda: any(isinstance(u, ConfigUpdate) for u in desk.heard))
        await desk.until(lambda: all(p.leverage == 7 for p in desk.view.positions.values()))

    with_account(story)


def test_any_exchange_is_followed_by_what_ccxt_has_in_common() -> None:
    async def story(desk: AccountDesk) -> None:
        desk.trade("BTC/USDT", "0.01")
        desk.trade("ETH/USDT", "-0.5", "9000")
        await desk.agrees()
        desk.trade("BTC/USDT", "-0.004", reduce_only=True)
        await desk.agrees()
        await desk.all_told()

    with_account(story, unified=True)
