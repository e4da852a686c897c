"""The venue: market, streams, REST and faults behind one port of the loopback interface."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiohttp import WSCloseCode, web

from tests.exchange.venue.clock import VenueClock
from tests.exchange.venue.contracts import DEFAULT_SYMBOLS
from tests.exchange.venue.faults import Faults
from tests.exchange.venue.guard import Guard, Handler, Seen, reply
from tests.exchange.venue.history import DAY_MS
from tests.exchange.venue.hub import Connection, Hub
from tests.exchange.venue.market import Market
from tests.exchange.venue.public import PublicApi
from utils.clock import Clock

LONGEST_CONNECTION_MS: Final = DAY_MS


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
        market.now = self.now
        market.after_step.append(self._care_for_connections)

    @property
    def seen(self) -> list[Seen]:
        """Return the requests so far, oldest first."""
        return self.guard.seen

    def now(self) -> int:
        """Return the time the venue tells, in ms."""
        return self.clock.now() + self.faults.clock_off_ms

    def app(self) -> web.Application:
        """Return the web application."""

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self.guard.handle(request, handler)

        app = web.Application(middlewares=[guarded])
        app.add_routes(self.public.routes())
        app.router.add_post("/_faults", self._order_fault)
        app.router.add_post("/_market", self._order_market)
        app.router.add_get("/_seen", self._tell_seen)
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
        ws = web.WebSocketResponse(heartbeat=None, autoping=True)
        await ws.prepare(request)
        category = request.match_info.get("category", "any")
        connection = Connection(ws, category, self.clock.now())
        connection.combined = "/stream" in request.path
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


__all__ = ["Venue", "WSCloseCode", "make_venue", "venue_server"]
