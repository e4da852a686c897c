"""Real orders from a real engine, over HTTP and ccxt, at an exchange that misbehaves."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError, OrderRejected
from core.orders import OrderRole
from exchange.real import sending
from exchange.real.limits import MINUTE_MS
from tests.exchange.venue import Venue, venue_server
from tests.runner.live_engine import SYMBOL, LiveEngine, live_engine, live_settings

Play = Callable[[LiveEngine, Venue], Awaitable[None]]
BOTH = {"STOP_MARKET", "TAKE_PROFIT_MARKET"}


def on_testnet(folder: Path, play: Play, **changes: Any) -> None:
    async def run() -> None:
        async with (
            venue_server(rate_hz=5) as venue,
            live_engine(live_settings(folder, venue, **changes), venue) as live,
        ):
            await live.ready()
            await play(live, venue)

    asyncio.run(run())


async def opened(live: LiveEngine) -> None:
    """Enter, and wait until stop and target rest at the exchange."""
    await live.enter()
    await live.until(lambda: live.held() > 0, "the entry is booked")
    await live.until(lambda: live.resting() == BOTH, "stop and target rest")


def entries(venue: Venue) -> int:
    """Return how many orders to open a position the exchange took from us."""
    return sum(order.client_id.startswith("qd") and not order.reduce_only for order in _all(venue))


def _all(venue: Venue) -> list[Any]:
    return venue.account().orders


def test_an_entry_brings_its_stop_and_target_and_one_cancels_the_other(tmp_path: Path) -> None:
    async def play(live: LiveEngine, venue: Venue) -> None:
        assert live.engine.status.stops_held_by == "exchange"
        await opened(live)
        assert live.account.isolated["BTCUSDT"]
        assert live.account.leverage["BTCUSDT"] == 5
        assert entries(venue) == 1
        venue.market.go_to(SYMBOL, live.trader.board.markets[SYMBOL].last * Decimal("0.97"))
        await live.until(lambda: live.held() == 0, "the stop is booked")
        await live.until(lambda: not live.account.open_algos, "the target is taken back")
        trade = await live.closed()
        assert trade["exit_reason"] == "stop"
        await live.check_books()

    on_testnet(tmp_path, play)


def test_a_lost_answer_is_looked_for_and_never_sent_again(tmp_path: Path) -> None:
    async def play(live: LiveEngine, venue: Venue) -> None:
        venue.faults.lose_answer("/v1/order")
        venue.faults.lose_answer("/algoOrder", times=2)
        await opened(live)
        assert entries(venue) == 1
        assert len(live.account.algos) == 2
        await live.check_books()

    on_testnet(tmp_path, play)


def test_fills_that_come_before_the_answer_and_twice_are_booked_once(tmp_path: Path) -> None:
    async def play(live: LiveEngine, venue: Venue) -> None:
        venue.faults.fill_before_ack(0.3)
        venue.faults.duplicate("ORDER_TRADE_UPDATE", times=20)
        venue.faults.tell_triggers_late()
        await opened(live)
        venue.market.go_to(SYMBOL, live.trader.board.markets[SYMBOL].last * Decimal("1.03"))
        await live.until(lambda: live.held() == 0, "the target is booked")
        trade = await live.closed()
        assert trade["exit_reason"] == "target"
        await live.check_books()

    on_testnet(tmp_path, play)


def test_a_listen_key_that_expires_hides_no_fill(tmp_path: Path) -> None:
    async def play(live: LiveEngine, venue: Venue) -> None:
        venue.faults.expire_listen_keys()
        await opened(live)
        await live.check_books()

    on_testnet(tmp_path, play)


def test_what_a_person_closes_at_the_exchange_is_booked_by_its_executions(tmp_path: Path) -> None:
    async def play(live: LiveEngine, venue: Venue) -> None:
        await opened(live)
        venue.trade(SYMBOL, -live.there(), client_id="web_close")
        await live.until(lambda: live.held() == 0, "the closing is booked")
        await live.until(lambda: not live.account.open_algos, "stop and target are taken back")
        trade = await live.closed()
        assert trade["exit_reason"] == OrderRole.MANUAL
        await live.check_books()

    on_testnet(tmp_path, play)


def test_a_foreign_position_is_left_alone_and_stops_entries(tmp_path: Path) -> None:
    async def play(live: LiveEngine, venue: Venue) -> None:
        venue.trade(SYMBOL, "0.05", client_id="web_1")
        await live.until(lambda: live.broker.shop.foreign, "the position is seen")
        await live.enter()
        (refused,) = live.heard.of("order_refused")
        assert refused["gate"] == "foreign_position"
        assert live.there() == Decimal("0.05")
        assert entries(venue) == 0
        assert live.wired.real is not None
        shown = live.wired.real.payload(0)
        assert [position["ours"] for position in shown["positions"]] == [False]

    on_testnet(tmp_path, play)


def test_the_kill_file_stops_entries_and_lets_a_close_pass(tmp_path: Path) -> None:
    async def play(live: LiveEngine, venue: Venue) -> None:
        await opened(live)
        (tmp_path / "KILL").touch()
        position = next(iter(live.trader.portfolio.positions.values()))
        await live.engine.between_steps(
            lambda at: live.trader.close(position, OrderRole.MANUAL, at, "by-hand")
        )
        await live.until(lambda: live.held() == 0, "it is closed")
        await live.enter()
        (refused,) = live.heard.of("order_refused")
        assert refused["gate"] == "kill_file"
        assert entries(venue) == 1
        await live.check_books()

    on_testnet(tmp_path, play)


def test_a_stop_moves_without_leaving_the_position_alone(tmp_path: Path) -> None:
    async def play(live: LiveEngine, _: Venue) -> None:
        await opened(live)
        stop = next(o for o in live.broker.open_orders() if o.role is OrderRole.STOP)
        assert stop.trigger_price is not None
        level = live.trader.board.markets[SYMBOL].instrument.round_price(
            stop.trigger_price * Decimal("1.005")
        )
        await live.engine.between_steps(lambda _: live.trader.move(stop.id, level))
        await live.until(lambda: len(live.account.algos) == 3, "the new one rests")
        await live.until(lambda: len(live.account.open_algos) == 2, "the old one is taken back")
        assert level in {algo.trigger for algo in live.account.open_algos}
        gone = [algo for algo in live.account.algos if algo.status == "CANCELED"]
        new = next(algo for algo in live.account.algos if algo.trigger == level)
        assert gone[0].updated >= new.at

    on_testnet(tmp_path, play)


def test_a_stop_that_cannot_rest_closes_the_position(tmp_path: Path) -> None:
    async def play(live: LiveEngine, venue: Venue) -> None:
        venue.faults.http(400, "/algoOrder", times=100, method="POST", code=-4000, text="no")
        await live.enter()
        trade = await live.closed()
        assert trade["exit_reason"] == "stop"
        codes = {body["code"] for body in live.heard.of("alert_raised")}
        assert "stop_by_market" in codes
        await live.check_books()

    on_testnet(tmp_path, play)


def test_money_that_comes_into_the_account_is_a_deposit(tmp_path: Path) -> None:
    async def play(live: LiveEngine, venue: Venue) -> None:
        before = live.trader.portfolio.deposits
        venue.account().book(987, "TRANSFER", Decimal(50), venue.now())
        live.broker.reconciler.is_due = True
        await live.until(
            lambda: live.trader.portfolio.deposits == before + 50, "the transfer is booked"
        )
        await live.check_books()
        assert len(live.heard.of("trade_closed")) == 0

    on_testnet(tmp_path, play)


def test_an_engine_that_died_finds_its_position_and_what_happened_meanwhile(
    tmp_path: Path,
) -> None:
    async def run() -> None:
        async with venue_server(rate_hz=5) as venue:
            settings = live_settings(tmp_path, venue)
            async with live_engine(settings, venue) as live:
                await live.ready()
                await opened(live)
                size = live.held()
            assert venue.account().held["BTCUSDT"] == size
            assert len(venue.account().open_algos) == 2
            venue.market.go_to(SYMBOL, live.trader.board.markets[SYMBOL].last * Decimal("0.97"))
            venue.market.step(2)
            assert not venue.account().held
            async with live_engine(settings, venue) as again:
                await again.until(lambda: again.held() == 0, "the stop is booked")
                await again.ready()
                await again.until(lambda: not venue.account().open_algos, "nothing is left over")
                trade = await again.closed()
                assert trade["exit_reason"] == "stop"
                assert entries(venue) == 1
                await again.check_books()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"hedge": True}, "one-way mode"),
        ({"multi_assets": True}, "single-asset mode"),
        ({"can_trade": False}, "may not"),
    ],
)
def test_an_account_that_is_set_up_otherwise_ends_the_start_with_a_sentence(
    tmp_path: Path, change: dict[str, bool], sentence: str
) -> None:
    async def run() -> None:
        async with venue_server(rate_hz=5) as venue:
            for name, value in change.items():
                setattr(venue.account(), name, value)
            with pytest.raises(ConfigError, match=sentence):
                async with live_engine(live_settings(tmp_path, venue), venue):
                    pass

    asyncio.run(run())


def test_a_second_close_waits_for_the_first(tmp_path: Path) -> None:
    async def play(live: LiveEngine, venue: Venue) -> None:
        await opened(live)
        position = next(iter(live.trader.portfolio.positions.values()))

        def close_twice(at: int) -> None:
            live.trader.close(position, OrderRole.MANUAL, at, "one")
            with pytest.raises(OrderRejected, match="is closing position"):
                live.trader.close(position, OrderRole.MANUAL, at, "two")

        await live.engine.between_steps(close_twice)
        await live.until(lambda: live.held() == 0, "it is closed")
        await live.check_books()
        assert live.broker.shop.limits.wait_ms(venue.now()) <= MINUTE_MS

    on_testnet(tmp_path, play)


@pytest.mark.parametrize(
    ("instant", "taken"),
    [("before commit", 0), ("before sending", 0), ("after sending", 1), ("before its stop", 1)],
)
def test_a_kill_at_any_instant_of_an_order_s_life_doubles_and_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instant: str, taken: int
) -> None:
    monkeypatch.setattr(sending, "SAFE_MS", 500)

    async def run() -> None:
        async with venue_server(rate_hz=5) as venue:
            dying = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.runner.live_death", tmp_path, venue.url, instant
            )
            assert await dying.wait() == -signal.SIGKILL
            assert entries(venue) == taken
            async with live_engine(live_settings(tmp_path, venue), venue) as live:
                await live.ready()
                if taken:
                    await live.until(lambda: live.held() > 0, "the position is found")
                    await live.until(lambda: live.resting() == BOTH, "it is protected")
                else:
                    await live.until(lambda: not live.broker.open_orders(), "it was never sent")
                await live.check_books()
                assert entries(venue) == taken
                assert len(live.account.algos) == 2 * taken

    asyncio.run(run())
