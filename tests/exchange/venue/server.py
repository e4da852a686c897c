"""The venue: market, streams, REST and faults behind one port of the loopback interface."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from tests.exchange.venue.account import Account
from tests.exchange.venue.account_api import AccountApi
from tests.exchange.venue.clock import VenueClock
from tests.exchange.venue.contracts import DEFAULT_SYMBOLS
from tests.exchange.venue.faults import Faults
from tests.exchange.venue.guard import Guard, Handler, Seen, reply
from tests.exchange.venue.history import DAY_MS
from tests.exchange.venue.hub import Connection, Hub
from tests.exchange.venue.market import Market
from tests.exchange.venue.matching import Matching
from tests.exchange.venue.order_api import OrderApi
from tests.exchange.venue.orders import Order
from tests.exchange.venue.pair import Pair
from tests.exchange.venue.private import Door
from tests.exchange.venue.public import PublicApi
from tests.exchange.venue.requests import Request
from tests.exchange.venue.risks import Risks
from tests.exchange.venue.triggers import Triggers
from tests.exchange.venue.user_stream import UserStreams
from utils.clock import Clock

LONGEST_CONNECTION_MS: Final = DAY_MS
KEY: Final = "key-of-a-test"
SECRET: Final = "secret-of-a-test"


class Venue:
    """An exchange on loopback; `start` and `close` it, or use `venue_server`."""

    def __init__(self, market: Market, hub: Hub, faults: Faults) -> None:
        self.market = market
        self.hub = hub
        self.faults = faults
        self.clock = market.clock
        self.guard = Guard(self.clock, faults)
        self.url = ""
        self.public = PublicApi(market, self.now)
        self._runner: web.AppRunner | None = None
        self._life: asyncio.Task[None] | None = None
        self.accounts: dict[str, Account] = {}
        self.streams = UserStreams(hub, self.clock)
        self.matching = Matching(market, faults, self.streams.tell)
        self.triggers = Triggers(self.matching)
        self.risks = Risks(self.matching, self.triggers)
        self.door = Door(self.accounts, self.now)
        self.door.ack_delay_s = lambda: faults.ack_delay_s
        market.now = self.now
        market.on_funding.append(self._fund)
        market.after_step += [self._check_accounts, self.streams.expire, self._care_for_connections]
        self.account()

    @property
    def seen(self) -> list[Seen]:
        """Return the requests so far, oldest first."""
        return self.guard.seen

    def now(self) -> int:
        """Return the time the venue tells, in ms."""
        return self.clock.now() + self.faults.clock_off_ms

    def account(
        self, key: str = KEY, secret: str = SECRET, balance: Decimal | str = "10000"
    ) -> Account:
        """Return the account of *key*; a new one is opened with *balance* (USDT)."""
        if key not in self.accounts:
            self.accounts[key] = Account(key, secret, Decimal(balance))
        return self.accounts[key]

    def trade(
        self, symbol: str, qty: Decimal | str, price: Decimal | str | None = None,
        *, key: str = KEY, client_id: str = "web_by-hand", reduce_only: bool = False,
    ) -> Order:  # fmt: skip
        """Place an order of *key*'s owner elsewhere, such as in the app; *qty* < 0 sells.

        Raises:
            RefusedError: it was not taken.
        """
        pair, amount = self.market[symbol], Decimal(qty)
        contract = pair.contract
        request = Request(
            buys=amount > 0, type="MARKET" if price is None else "LIMIT", tif="GTC",
            steps=int(abs(amount) / contract.step), trigger=Decimal(0), client_id=client_id,
            ticks=0 if price is None else int(Decimal(price) / contract.tick),
            reduce_only=reduce_only, close_position=False, working_type="CONTRACT_PRICE",
            callback=Decimal(0),
        )  # fmt: skip
        return self.matching.place(self.account(key), pair, request)

    def app(self) -> web.Application:
        """Return the web application."""

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self.guard.handle(request, handler)

        app = web.Application(middlewares=[guarded])
        app.add_routes(self.public.routes())
        app.add_routes(AccountApi(self.matching, self.streams, self.door, self.now).routes())
        app.add_routes(OrderApi(self.matching, self.triggers, self.door).routes())
        app.router.add_post("/_faults", self._order_fault)
        app.router.add_post("/_market", self._order_market)
        app.router.add_get("/_seen", self._tell_seen)
        app.router.add_get("/_account", self._tell_account)
        for path in ("/ws", "/stream", "/ws/{name:.*}"):
            app.router.add_get(path, self._websocket)
            app.router.add_get("/{category:public|market|private}" + path, self._websocket)
        return app

    async def start(self, port: int = 0) -> None:
        """Listen on *port* (0: any free one) and let the market live."""
        self._runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._life = asyncio.create_task(self.market.run())

    async def close(self) -> None:
        """Stop everything."""
        if self._life is not None:
            self._life.cancel()
            with suppress(asyncio.CancelledError):
                await self._life
        self.hub.hang_up()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        category = request.match_info.get("category", "any")
        connection = Connection(ws, category, self.clock.now())
        connection.combined = "/stream" in request.path
        connection.listen_key = request.query.get("listenKey") or request.match_info.get("name")
        self.hub.connections.add(connection)
        named = [*request.match_info.get("name", "").split("/")]
        streams = [*named, *request.query.get("streams", "").split("/")]
        self.hub.join(connection, [one for one in streams if "@" in one])
        writer = asyncio.create_task(connection.write())
        try:
            async for message in ws:
                if isinstance(message.data, str):
                    self.hub.answer(connection, message.data)
        finally:
            self.hub.drop(connection)
            connection.hang_up()
            with suppress(ConnectionError):
                await writer
        return ws

    def _fund(self, pair: Pair, at: int, rate: Decimal, mark: Decimal) -> None:
        self.risks.fund(self.accounts.values(), pair, at, rate, mark)

    def _check_accounts(self, now: int) -> None:
        self.triggers.check(now)
        for account in self.accounts.values():
            self.risks.check(account, now)

    def _care_for_connections(self, _now: int) -> None:
        now, longest = self.clock.now(), LONGEST_CONNECTION_MS
        if self.faults.disconnect_every_ms:
            longest = min(longest, self.faults.disconnect_every_ms)
        if self.faults.hang_ups:
            self.faults.hang_ups = 0
            self.hub.hang_up()
        self.hub.hang_up(lambda one: now - one.opened_at >= longest)

    async def _order_fault(self, request: web.Request) -> web.Response:
        order = await request.json()
        self.faults.order(order["do"], order.get("args", {}))
        return reply({"done": order["do"]})

    async def _order_market(self, request: web.Request) -> web.Response:
        order: dict[str, Any] = await request.json()
        if "price" in order:
            self.market.go_to(order["symbol"], order["price"])
        self.market.step(int(order.get("steps", 0)), ms=int(order.get("ms", 0)))
        return reply({"at": self.now()})

    async def _tell_account(self, request: web.Request) -> web.Response:
        account = self.account(request.query.get("key", KEY))
        return reply({
            "wallet": str(account.wallet),
            "held": {name: str(qty) for name, qty in account.held.items()},
            "orders": [order.row() for order in account.orders],
            "algos": [algo.row() for algo in account.algos],
            "trades": [fill.row() for fill in account.trades],
            "income": [one.row() for one in account.income],
        })  # fmt: skip

    async def _tell_seen(self, _request: web.Request) -> web.Response:
        return reply([
            {"at": one.at, "method": one.method, "path": one.path, "params": one.params}
            for one in self.seen
        ])  # fmt: skip


def make_venue(
    symbols: Iterable[str] = DEFAULT_SYMBOLS, *, seed: int = 1, rate_hz: float = 10,
    clock: Clock | None = None, start: int | None = None,
) -> Venue:  # fmt: skip
    """Return a venue that does not listen yet."""
    faults = Faults()
    hub = Hub(faults)
    market = Market(symbols, seed, VenueClock(clock, start), hub, rate_hz)
    return Venue(market, hub, faults)


@asynccontextmanager
async def venue_server(
    symbols: Iterable[str] = DEFAULT_SYMBOLS, *, seed: int = 1, rate_hz: float = 10,
    clock: Clock | None = None, start: int | None = None, port: int = 0,
) -> AsyncIterator[Venue]:  # fmt: skip
    """Run a venue at ``venue.url``; *rate_hz* 0 lets only ``venue.market.step()`` move it."""
    venue = make_venue(symbols, seed=seed, rate_hz=rate_hz, clock=clock, start=start)
    await venue.start(port)
    try:
        yield venue
    finally:
        await venue.close()
