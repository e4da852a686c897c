"""A day of real orders at an exchange that disconnects every ten minutes: the books agree."""

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from random import Random

import exchange.real.sender
import exchange.real.user_stream
import runner.live_trading
import strategy.trend
import utils.clock
from tests.exchange.soaking import (
    LONG,
    PACE,
    START,
    SYMBOLS,
    books_differ,
    quiet_market,
    rarer_looks,
)
from tests.exchange.venue import Venue, venue_server
from tests.exchange.warp import WarpLoop, run_warped, slower
from tests.runner.live_engine import SYMBOL, LiveEngine, live_engine, live_settings

HOURS = 24
LOOK_S = 1.0 if LONG else 30.0
TOLD = frozenset({"order_rejected", "signal_raised", "signal", "alert"})
WARM_CHECKS = 6  # before what lives is compared


class Trades:
    """A person who opens and closes positions at odd times, and the checks of every hour."""

    def __init__(self, live: LiveEngine, venue: Venue) -> None:
        self.live = live
        self.venue = venue
        self.random = Random(7)
        self.tasks: list[int] = []
        self.objects: list[int] = []

    async def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until *holds*, up to half an hour of the day.

        Raises:
            AssertionError: it did not come; *what* says what.
        """
        for _ in range(int(1800 / LOOK_S)):
            if holds():
                return
            await asyncio.sleep(LOOK_S)
        heard = [(kind, body) for _, kind, body in self.live.heard.heard if kind in TOLD]
        raise AssertionError(f"{what}; {self.live.broker.shop.notes}; {heard[-5:]}")

    async def hour(self, number: int) -> None:
        """Enter, hold on through disconnects, get out by stop or target, and look at the books."""
        live = self.live
        await asyncio.sleep(self.random.randrange(60, 900))
        await live.enter(self.random.choice(("buy", "sell")))
        await self.until(live.held, "the entry is booked")
        await self.until(lambda: len(live.account.open_algos) == 2, "stop and target rest")
        await asyncio.sleep(self.random.randrange(60, 1500))
        if number % 8 == 1:
            await self.agree(number)  # a position is open across the funding
            return
        away = self.random.choice((0.97, 1.03))
        self.venue.market.go_to(SYMBOL, float(self.venue.market[SYMBOL].mark) * away)
        await self.until(lambda: not live.held(), "stop or target is booked")
        await self.until(lambda: not live.account.open_algos, "the other is taken back")
        await self.agree(number)

    async def agree(self, number: int) -> None:
        """Hold our books against the exchange's."""
        live = self.live
        await self.until(lambda: live.held() == live.there(), "the positions agree")
        await self.until(
            lambda: live.trader.portfolio.balance == live.account.wallet, "the money agrees"
        )
        before = live.engine.clock.now()
        live.broker.reconciler.is_due = True
        await self.until(lambda: live.broker.reconciler.compared_at > before, "it is compared")
        assert live.broker.differences == [], number
        client = live.wired.real.client if live.wired.real else None
        assert client is not None
        await self.until(lambda: not books_differ(self.venue, client), "books are level")
        self.venue.seen.clear()
        live.heard.heard.clear()
        self.tasks.append(len(asyncio.all_tasks()))
        gc.collect()
        self.objects.append(len(gc.get_objects()))


def test_a_day_of_trades_and_disconnects_leaves_the_ledger_equal_to_the_account(
    tmp_path: Path,
) -> None:
    async def run(loop: WarpLoop) -> None:
        with rarer_looks() as patch:
            names = {
                runner.live_trading: ["EVERY_S"],
                exchange.real.sender: ["BUSY_S", "IDLE_S"],
                exchange.real.user_stream: ["SYNC_S", "SILENT_MS"],
            }
            slower(patch, PACE, names)
            patch.setattr(strategy.trend, "MIN_GAP_PCT", 1e9)  # it has no ideas of its own
            patch.setattr(utils.clock.SystemClock, "sleep", rarely(loop))
            async with venue_server(SYMBOLS, rate_hz=0.5 / PACE) as venue:
                quiet_market(venue)
                settings = live_settings(
                    tmp_path,
                    venue,
                    publish_hz=1,
                    stale_after_s=300 if PACE > 1 else 2,
                    risk={"risk_per_trade_pct": "0.1", "daily_loss_pct": 50},
                )
                async with live_engine(settings, venue) as live:
                    live.wired.pulse.beat_s = LOOK_S
                    await a_day(Trades(live, venue))

    run_warped(START, run)


def rarely(_loop: WarpLoop) -> Callable[[object, float], object]:
    """Return a sleep of clocks that is no shorter than `LOOK_S`, if it is one at all."""

    async def sleep(_clock: object, seconds: float) -> None:
        await asyncio.sleep(max(seconds, LOOK_S) if seconds > 0 else 0)

    return sleep


async def a_day(trades: Trades) -> None:
    live = trades.live
    await live.until(lambda: live.engine.status.status == "running", "it runs", 600)
    await trades.until(lambda: live.broker.shop.compared, "it was compared")
    await trades.until(lambda: live.trader.board.markets[SYMBOL].mark, "there is a price")
    for number in range(HOURS):
        began = live.engine.clock.now()
        if live.held():
            trades.venue.market.go_to(SYMBOL, float(trades.venue.market[SYMBOL].mark) * 0.97)
            await trades.until(lambda: not live.held(), "stop or target is booked")
            await trades.until(lambda: not live.account.open_algos, "the other is taken back")
        await trades.hour(number)
        rest_s = (began + 3_600_000 - live.engine.clock.now()) / 1000
        await asyncio.sleep(max(0.0, rest_s))
    kinds = [one.kind for one in live.account.income]
    assert kinds.count("FUNDING_FEE") >= HOURS // 8
    assert kinds.count("COMMISSION") >= 2 * (HOURS - 1)
    assert max(trades.tasks[WARM_CHECKS:]) <= max(trades.tasks[:WARM_CHECKS]) + 3
    warm, last = trades.objects[WARM_CHECKS], trades.objects[-1]
    assert last - warm < 1_500 * (HOURS - WARM_CHECKS), trades.objects
