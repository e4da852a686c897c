"""ccxt's exchanges and websocket connections with an ear on the wire and a hand on the brake.

Only `exchange.real.client` imports this, and only when an exchange is opened: it brings ccxt.
ccxt's own code is left as it is; what is added here is that a frame which cannot be read is
counted instead of ending its connection for good (ccxt's reader stops at the first exception), that
nothing is sent while the exchange wants silence, and that everything can be listened to.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import urlsplit

import ccxt.pro
from aiohttp import WSMessage, WSMsgType, WSServerHandshakeError
from ccxt.async_support.base.ws.client import Client
from ccxt.base.errors import NotSupported
from typing_extensions import override

from core.errors import ConfigError
from exchange.real.connections import WATCHING, Connections
from exchange.real.errors import LIMIT_STATUSES
from exchange.real.takeover import still_wanted
from exchange.real.taps import RawMessage, is_private, is_signed, without_keys
from exchange.real.venue import Venue

MOST_SENT: Final = 500
KEEP_ALIVE_MS: Final = 20_000  # between two pings: Binance's default in ccxt is three minutes
_DATA: Final = {WSMsgType.TEXT, WSMsgType.BINARY}


class _Answer:
    status = 0
    body = ""


_ANSWER: ContextVar[_Answer] = ContextVar("answer")


class Connection(Client):  # type: ignore[misc]
    """One websocket of ccxt.

    Promise: no frame, however broken, ends it; it dials only when the guard lets it.
    """

    hub: Connections
    sent: list[Any]
    futures: dict[str, Any]
    subscriptions: dict[str, Any]
    rejections: dict[str, Any]
    frames = 0
    last_frame_at = 0  # our time, ms
    retired = False  # another has taken over, or is about to: its end concerns nobody
    opened_at = 0

    @override
    def handle_message(self, message: WSMessage) -> None:
        if message.type in _DATA:
            self.frames += 1
            self.last_frame_at = self.hub.clock.now()
            self.hub.heard_frame(self.url, message.data)
        try:
            super().handle_message(message)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's bytes make ccxt do
            self.hub.garble(self.url, error)

    @override
    async def create_connection(self, session: Any) -> Any:
        self.hub.guard.check()
        try:
            connection = await super().create_connection(session)
        except WSServerHandshakeError as error:
            if error.status in LIMIT_STATUSES:
                self.hub.guard.ban(error.headers.get("Retry-After") if error.headers else None)
            raise
        self.opened_at = self.last_frame_at = self.hub.clock.now()
        return connection

    @override
    async def send(self, message: Any) -> Any:
        self.sent.append(message)
        if len(self.sent) > MOST_SENT:
            self.sent = still_wanted(self)
        return await super().send(message)

    async def leave(self) -> None:
        """Close, and answer to nobody from now on: another connection has taken over."""
        self.retired = True
        self.futures, self.subscriptions, self.rejections = {}, {}, {}
        await self.aiohttp_close()

    @override
    def on_error(self, error: Any) -> None:
        if not self.retired:
            super().on_error(error)

    @override
    def on_close(self, code: Any) -> None:
        if not self.retired:
            super().on_close(code)


class WireExchange:
    """Comes before ccxt's class in the subclass that `tapped` makes."""

    hub: Connections

    def client(self, url: str) -> Any:
        """Return the connection to *url*, and note which stream asked for it."""
        connection = super().client(url)  # type: ignore[misc]
        if not isinstance(connection, Connection):
            connection.__class__ = Connection
            connection.hub, connection.sent = self.hub, []
        self.hub.note(WATCHING.get(), url)
        return connection

    def spawn(self, method: Any, *args: Any) -> Any:
        """Run *method* beside; whoever waits for what it brings hears of its failure."""
        future = super().spawn(method, *args)  # type: ignore[misc]
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        return future

    def order_book(self, snapshot: Any = None, depth: int | None = None) -> Any:
        """Return an empty book that forgets no level.

        ccxt would cut a book to *depth* each time it is watched: once the price has moved, what was
        cut off is missing among the best (seen in the recorded BTC books after four minutes).
        """
        del depth
        return super().order_book(snapshot or {})  # type: ignore[misc]

    async def throttle(self, cost: float | None = None) -> None:
        """Wait until *cost* may be spent: by weight where the exchange tells it, else by ccxt."""
        if self.hub.guard.limit is None:
            await super().throttle(cost)  # type: ignore[misc]
        else:
            await self.hub.guard.admit(1 if cost is None else cost)

    async def fetch(
        self, url: str, method: str = "GET", headers: Any = None, body: Any = None
    ) -> Any:
        """Send one REST request, if the guard lets it; errors bear their HTTP status."""
        answer = _Answer()
        token = _ANSWER.set(answer)
        try:
            self.hub.guard.check()
            told = await super().fetch(url, method, headers, body)  # type: ignore[misc]
        except Exception as error:
            known = {"http_status": answer.status, "http_body": answer.body}
            vars(error).update(known, banned_until=self.hub.guard.banned_until)
            self.hub.failed(error)
            raise
        finally:
            _ANSWER.reset(token)
        self.hub.answered()
        return told

    def on_rest_response(  # noqa: PLR0913, PLR0917 - ccxt's own hook
        self,
        code: int,
        reason: str,
        url: str,
        method: str,
        headers: Mapping[str, str],
        body: str,
        request_headers: Any,
        request_body: Any,
    ) -> Any:
        """Hear an answer before ccxt reads it."""
        answer = _ANSWER.get()
        answer.status, answer.body = code, body
        self.hub.heard_answer(
            RawMessage(
                kind="rest",
                url=without_keys(url),
                at=self.hub.clock.now(),
                data=body,
                method=method,
                status=code,
                private=is_private(url) or is_signed(method, request_headers),
            ),
            headers,
        )
        return super().on_rest_response(  # type: ignore[misc]
            code, reason, url, method, headers, body, request_headers, request_body
        )


def tapped(name: str, config: Mapping[str, Any], hub: Connections) -> Any:
    """Return ccxt's exchange *name*, with *hub* listening.

    Raises:
        ConfigError: ccxt knows no such exchange, or it has no websocket side.
    """
    if name not in ccxt.pro.exchanges:
        known = ", ".join(sorted(ccxt.pro.exchanges))
        raise ConfigError(f"exchange must be one of ccxt's with live data, was {name!r}: {known}")
    plain = getattr(ccxt.pro, name)
    api = type(name, (WireExchange, plain), {"hub": hub})(dict(config))
    usual = api.streaming.get("keepAlive") or KEEP_ALIVE_MS
    api.streaming = {**api.streaming, "keepAlive": min(usual, KEEP_ALIVE_MS)}
    hub.api = api
    api.open()
    # aiohttp would send a DELETE or PUT again by itself when its connection breaks
    api.session._retry_connection = False  # noqa: SLF001 - there is no other way to say so
    return api


def point(api: Any, venue: Venue, *, demo: bool) -> None:
    """Let *api* speak to the testnet or to an address of one's own.

    Args:
        api: the ccxt exchange.
        venue: where it is.
        demo: its testnet is what ccxt calls demo trading: so at Binance, whose old testnet for
            futures is closed.

    Raises:
        ConfigError: it has no testnet.
    """
    if venue.testnet:
        try:
            api.enable_demo_trading(True) if demo else api.set_sandbox_mode(True)  # noqa: FBT003
        except NotSupported as error:
            raise ConfigError(f"exchange {venue.id} has no testnet that ccxt knows") from error
    if venue.url is not None:
        api.urls["api"] = _pointed(api.urls["api"], venue.url)
        api.timeout_on_exit = 0  # ms, which is for TLS


def _pointed(urls: Any, base: str) -> Any:
    """Return ccxt's tree of addresses with *base* in the place of each host."""
    if isinstance(urls, Mapping):
        return {name: _pointed(url, base) for name, url in urls.items()}
    if not isinstance(urls, str) or "://" not in urls:
        return urls
    there, here = urlsplit(urls), urlsplit(base)
    secure = here.scheme == "https"
    scheme = ("wss" if secure else "ws") if there.scheme.startswith("ws") else here.scheme
    return f"{scheme}://{here.netloc}{here.path.rstrip('/')}{there.path}"
