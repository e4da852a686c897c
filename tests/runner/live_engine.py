"""A real engine in this process, trading on the loopback exchange with real orders."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.market import MINUTE_MS
from exchange.real.live_broker import LiveBroker
from infra.settings import Settings
from runner.engine_room import EngineRoom
from runner.exchange_choice import open_tape
from runner.live_wiring import live_of, trading_for_real
from runner.process import _trade
from runner.wiring import Wired, wire
from strategy.base import Signal
from tests.exchange.venue import KEY, SECRET, Venue
from tests.runner.engines import Listener
from utils.clock import SystemClock

SYMBOL = "BTC/USDT"


def live_settings(folder: Path, venue: Venue, **changes: Any) -> Settings:
    given: dict[str, Any] = {
        "market": "exchange", "broker": "testnet", "exchange_url": venue.url,
        "exchange_key": KEY, "exchange_secret": SECRET, "symbols": [SYMBOL], "warmup_days": 0,
        "strategies": ["trend"], "paper_beside_live": False,
        "live": {
            "max_order_notional": 100_000, "max_daily_notional": 1_000_000,
            "max_total_notional": 500_000, "max_orders_a_minute": 100,
        },
    }  # fmt: skip
    return Settings(data_dir=folder, **given | changes)


class LiveEngine:
    """An engine that runs, and the exchange's own account beside it."""

    def __init__(self, wired: Wired, listener: Listener, venue: Venue) -> None:
        self.wired = wired
        self.engine = wired.engine
        self.heard = listener
        self.venue = venue
        broker = live_of(wired.engine.trader.broker)
        assert broker is not None
        self.broker: LiveBroker = broker
        self.account = venue.account()
        self.wishes = 0

    @property
    def trader(self) -> Any:
        return self.engine.trader

    async def until(self, holds: Callable[[], object], what: str, seconds: float = 30) -> None:
        """Wait until *holds*.

        Raises:
            AssertionError: it did not come; *what* says what.
        """
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{what}; {self.broker.shop.notes}") from None

    async def ready(self) -> None:
        """Wait until entries may be made."""
        await self.until(
            lambda: self.engine.status.status == "running" and self.broker.shop.compared,
            "the engine is ready",
        )
        await self.until(lambda: self.trader.board.markets[SYMBOL].mark, "there is a price")
        real = self.wired.real
        assert real is not None
        await self.until(lambda: real.stream.state == "live", "the account is followed")

    async def enter(self, action: str = "buy", **levels: int) -> None:
        """Let the strategy wish for an entry with a stop and a target, 2 % away by default."""
        last = self.trader.board.markets[SYMBOL].last
        sign = 1 if action == "buy" else -1
        signal = Signal(
            symbol=SYMBOL, action=action, confidence=0.9, price=last, reasons=("a test",),  # type: ignore[arg-type]
            wish="enter", stop_price=last * (1 - sign * Decimal(levels.get("stop", 2)) / 100),
            target_price=last * (1 + sign * Decimal(levels.get("target", 2)) / 100),
        )  # fmt: skip
        (strategy,) = self.trader.council.roster.trading()
        self.wishes += 1
        later = self.wishes * MINUTE_MS  # one wish a minute has an id of its own
        await self.engine.between_steps(lambda at: self.trader.follow(strategy, signal, at + later))

    def held(self) -> Decimal:
        """Return what our books hold."""
        return sum((p.qty for p in self.trader.portfolio.positions.values()), Decimal(0))

    def there(self) -> Decimal:
        """Return what the exchange holds."""
        return self.account.held.get("BTCUSDT", Decimal(0))

    async def closed(self) -> dict[str, Any]:
        """Wait for the first trade; return its fact."""
        await self.until(lambda: self.heard.of("trade_closed"), "the trade is told")
        (trade,) = self.heard.of("trade_closed")
        return trade

    def resting(self) -> set[str]:
        """Return the types of what waits for a trigger at the exchange."""
        return {algo.row()["orderType"] for algo in self.account.open_algos}

    async def compared(self) -> None:
        """Wait for a comparison that begins now."""
        before = self.engine.clock.now()
        self.broker.reconciler.is_due = True
        await self.until(lambda: self.broker.reconciler.compared_at > before, "it is compared")

    async def check_books(self) -> None:
        """At rest our books are the exchange's."""
        await self.until(lambda: self.held() == self.there(), "the positions agree")
        await self.until(
            lambda: self.trader.portfolio.balance == self.account.wallet, "the money agrees"
        )
        await self.compared()
        assert self.broker.differences == []


@asynccontextmanager
async def live_engine(settings: Settings, venue: Venue) -> AsyncIterator[LiveEngine]:
    """Run an engine as its process does."""
    clock, listener = SystemClock(), Listener()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    tape = await open_tape(settings, clock)
    assert tape.outpost is not None
    try:
        wired = wire(settings, tape, clock, listener.take, real=tape.outpost.account)
        try:
            with wired.engine.trader.council.patience.ticking():
                async with trading_for_real(wired.engine, wired.real):
                    room = EngineRoom(settings, wired.engine, wired.database, clock)
                    anew = (asyncio.Event(), room)
                    trading = asyncio.create_task(_trade(wired, settings, None, anew))
                    try:
                        yield LiveEngine(wired, listener, venue)
                    finally:
                        trading.cancel()
                        with suppress(asyncio.CancelledError):
                            await trading
                await wired.engine.close()
        finally:
            wired.close()
    finally:
        await tape.outpost.close()
