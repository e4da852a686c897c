"""Wires a broker with real orders: its limits, its way to the exchange, and what goes on beside."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from core.ledger import EntryKind, Portfolio
from core.market import DAY_MS
from core.orders import OrderRole
from exchange.base import Broker, MarketFeed
from exchange.real.binance_orders import BinanceOrders
from exchange.real.client_ids import account_tag
from exchange.real.limits import Limits, LimitSettings
from exchange.real.live_broker import LiveBroker
from exchange.real.preflight import check_account, check_venue, fingerprint
from exchange.real.sender import Sender
from infra.settings import Settings
from runner.engine import Engine
from runner.live_trading import LiveTrading
from runner.paper_beside import BesideBroker
from runner.real_account import RealAccount
from runner.shadow import Shadow
from store import recovery
from store.accounts import Account
from store.database import Database
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

TRADES: Final = frozenset({"testnet", "live"})
AGAIN_S: Final = 1.0


def is_live(real: RealAccount | None) -> bool:
    """Return whether orders go to the account *real*."""
    return real is not None and real.mode in TRADES


def live_market(real: RealAccount, market_id: str) -> str:
    """Return the identity of the books on the account *real*: its exchange, network and key."""
    return f"{real.mode}:{market_id}:{fingerprint(real.client)}"


async def check_live(real: RealAccount) -> None:
    """Make sure that the account can be traded with, before anything else is opened.

    Raises:
        ConfigError: a person must change it first.
        ExchangeError: the exchange does not answer.
    """
    check_venue(real.client.venue.id, real.mode)
    check_account(await real.reader.snapshot(), real.mode)


def live_limits(settings: Settings, database: Database, account: Account, now: int) -> Limits:
    """Return the limits of *settings*, with what was traded today already."""
    live = settings.live
    limits = Limits(
        LimitSettings(
            max_order_notional=live.max_order_notional,
            max_daily_notional=live.max_daily_notional,
            max_total_notional=live.max_total_notional,
            symbols=frozenset(live.symbols),
            max_orders_a_minute=live.max_orders_a_minute,
            kill_file=settings.kill_path,
        )
    )
    today = now - now % DAY_MS
    for entry in recovery.journal(database, account.id):
        if entry.kind is EntryKind.FILL and entry.role is OrderRole.ENTRY and entry.at >= today:
            limits.traded(entry.qty * entry.price, entry.at)
    return limits


def live_broker(
    settings: Settings,
    feed: MarketFeed,
    of: tuple[Database, Account],
    portfolio: Portfolio,
    clock: Clock,
) -> LiveBroker:
    """Return a broker that sends real orders, once `live_works` runs."""
    database, account = of
    tag = account_tag(account.market_id, account.id, account.created_at)
    limits = live_limits(settings, database, account, clock.now())
    return LiveBroker(feed.instruments, portfolio, limits, tag, clock.now)


def with_paper(settings: Settings, feed: MarketFeed, live: LiveBroker, clock: Clock) -> Broker:
    """Return *live*, with paper beside it when the settings want that."""
    if not settings.paper_beside_live:
        return live
    cash = dict(live.shop.portfolio.cash)
    return BesideBroker(live, Shadow(feed.instruments, cash, bps=settings.slippage_bps), clock)


def live_of(broker: Broker) -> LiveBroker | None:
    """Return the live broker in *broker*, None when it sends nothing."""
    if isinstance(broker, BesideBroker):
        broker = broker.live
    return broker if isinstance(broker, LiveBroker) else None


@asynccontextmanager
async def trading_for_real(engine: Engine, real: RealAccount | None) -> AsyncIterator[None]:
    """Send, book and compare as long as this is entered, when orders go to a real account."""
    broker = live_of(engine.trader.broker)
    if broker is None or real is None:
        yield
        return
    engine.status.stops_held_by = "exchange"
    door = BinanceOrders(real.client)
    sender = Sender(broker, door)
    trading = LiveTrading(engine, broker, real, door, sender)
    works = {
        "Sending orders": sender.run,
        "Booking what the exchange says": trading.book,
        "Comparing with the exchange": trading.compare,
    }
    tasks = [asyncio.create_task(_steadily(engine, *work)) for work in works.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _steadily(engine: Engine, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do *work* until cancelled; one that fails is told of and begun again."""
    while True:
        try:
            await work()
        except Exception as error:
            log.exception("%s failed", name)
            detail = f"{type(error).__name__}: {error}. It is begun again. Look at the account."
            with contextlib.suppress(Exception):  # the engine itself may be at its end
                await engine.alert("error", "chore_failed", f"{name} failed", detail)
        await engine.clock.sleep(AGAIN_S)
