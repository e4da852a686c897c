"""An account at the loopback exchange, followed as the engine follows one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from exchange.real.account import AccountReader
from exchange.real.account_view import AccountView
from exchange.real.binance_account import BinanceAccount
from exchange.real.binance_user import BinanceEvents
from exchange.real.client import ExchangeClient
from exchange.real.keys import Keys
from exchange.real.source import Source
from exchange.real.unified_account import UnifiedAccount
from exchange.real.unified_user import UnifiedEvents
from exchange.real.updates import FundingUpdate, OrderUpdate, TradeUpdate, Update
from exchange.real.user_stream import UserStream
from exchange.real.venue import Venue as At
from tests.exchange.venue import KEY, SECRET, Venue, venue_server
from utils.clock import SystemClock

LIMIT_S: Final = 90  # above the minute after which the exchange is asked anyhow


@dataclass
class AccountDesk:
    """A followed account; ``heard`` is everything that was told."""

    venue: Venue
    client: ExchangeClient
    reader: AccountReader
    stream: UserStream
    heard: list[Update] = field(default_factory=list)
    resyncs: int = 0
    _orders: int = 0

    @property
    def view(self) -> AccountView:
        return self.stream.view

    @property
    def executions(self) -> list[tuple[str, Decimal]]:
        """Every execution that was told, by its number."""
        trades = [
            u if isinstance(u, TradeUpdate) else getattr(u, "trade", None) for u in self.heard
        ]
        return [(t.trade_id, t.qty) for t in trades if t is not None]

    @property
    def payments(self) -> list[FundingUpdate]:
        return [u for u in self.heard if isinstance(u, FundingUpdate)]

    @property
    def truth(self) -> dict[str, Any]:
        """What the exchange holds, in the words of the view."""
        account = self.venue.account()
        return {
            "wallet": account.wallet,
            "held": {name.replace("USDT", "/USDT"): qty for name, qty in account.held.items()},
            "orders": {str(order.id) for order in account.open_orders},
            "algos": {str(algo.id) for algo in account.open_algos},
        }

    @property
    def shown(self) -> dict[str, Any]:
        """The same of our view."""
        view = self.view
        return {
            "wallet": view.wallet_balance,
            "held": {p.symbol: p.qty for p in view.positions.values()},
            "orders": {o.order_id for o in view.orders.values() if not o.algo_id},
            "algos": {o.algo_id for o in view.orders.values() if o.algo_id},
        }

    def trade(self, symbol: str, qty: str, price: str | None = None, **more: Any) -> None:
        """Trade elsewhere, such as in the exchange's app."""
        self._orders += 1
        self.venue.trade(symbol, qty, price, client_id=f"web_{self._orders}", **more)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not is_so():
                await asyncio.sleep(0.005)

    async def agrees(self) -> None:
        """Wait until the view is what the exchange holds."""
        try:
            await self.until(lambda: self.shown == self.truth)
        except TimeoutError:
            assert self.shown == self.truth

    async def all_told(self) -> None:
        """Wait until every execution was told; none is told twice."""
        await self.until(lambda: len(self.executions) >= len(self.venue.account().trades))
        traded = sorted(str(trade.id) for trade in self.venue.account().trades)
        assert sorted(number for number, _ in self.executions) == traded

    async def live(self) -> None:
        await self.until(lambda: self.stream.counts.state == "live")


@asynccontextmanager
async def followed(*, unified: bool = False, **given: Any) -> AsyncIterator[AccountDesk]:
    """Follow the account of a test at a market that stands still unless it is moved."""
    async with venue_server(rate_hz=given.pop("rate_hz", 50), **given) as venue:
        async with opened(venue) as client:
            clock = SystemClock()
            reader: AccountReader
            source: Source
            if unified:
                reader, source = UnifiedAccount(client, clock), UnifiedEvents(client)
            else:
                reader = own = BinanceAccount(client, clock)
                source = BinanceEvents(client, own, clock)
            stream = UserStream(source, reader, AccountView(), clock, reader.now())
            stream.follow("BTC/USDT", "ETH/USDT", "SOL/USDT")
            desk = AccountDesk(venue, client, reader, stream)
            stream.listen(desk.heard.append)
            stream.on_resync(lambda _: setattr(desk, "resyncs", desk.resyncs + 1))
            task = asyncio.create_task(stream.run())
            try:
                await desk.live()
                yield desk
            finally:
                task.cancel()
                await asyncio.wait([task])
            assert task.cancelled()
        assert not [t for t in asyncio.all_tasks() if "account" in t.get_name()]


@asynccontextmanager
async def opened(venue: Venue) -> AsyncIterator[ExchangeClient]:
    """Open a client with the keys of the venue's account."""
    at = At("binanceusdm", url=venue.url)
    client = await ExchangeClient.open(at, SystemClock(), Keys(KEY, SECRET))
    try:
        await client.measure_skew()
        await client.call("load_markets")
        yield client
    finally:
        await client.close()


def orders(heard: list[Update]) -> list[OrderUpdate]:
    """Return the order updates among *heard*."""
    return [update for update in heard if isinstance(update, OrderUpdate)]
