"""Binance's user data stream, kept alive by us.

ccxt renews a listen key once and then no more, and takes no notice when one expires; so the key
is made, renewed and replaced here, and the socket is our own on ccxt's session.
"""

import asyncio
import json
from typing import Any, Final

import aiohttp

from core.errors import DataError
from exchange.real.binance_account import BinanceAccount
from exchange.real.binance_events import ASK_AGAIN, EXPIRED, body, decode
from exchange.real.client import ExchangeClient
from exchange.real.errors import ExchangeError, Unreachable
from exchange.real.source import StreamExpiredError
from exchange.real.updates import Update
from utils.clock import Clock

RENEW_S: Final = 1_800.0  # a key lives an hour
AGAIN_S: Final = 60.0  # after a renewal that failed
LIFE_S: Final = 3_600.0
HEARTBEAT_S: Final = 15.0
OPEN_S: Final = 10.0
UNKNOWN_KEY: Final = -1125


class BinanceEvents:
    """Yields what happens to the account; keeps the `exchange.real.source.Source` contract."""

    def __init__(self, client: ExchangeClient, account: BinanceAccount, clock: Clock) -> None:
        self._client = client
        self._account = account
        self._clock = clock
        self._key = self._url = ""
        self._renewed_s = 0.0
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def open(self) -> None:
        """Get a listen key and connect with it.

        Raises:
            Unreachable: either failed.
        """
        answer = await self._client.call("fapiPrivatePostListenKey")
        self._key = str(answer["listenKey"])
        self._renewed_s = self._clock.monotonic()
        api = self._client.api
        api.open()
        self._url = api.get_private_ws_url("linear", self._key)
        try:
            async with asyncio.timeout(OPEN_S):
                self._socket = await api.session.ws_connect(
                    self._url, heartbeat=HEARTBEAT_S, proxy=_proxy(api)
                )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            why = str(error).replace(self._key, "***") or type(error).__name__
            raise Unreachable(f"the account's stream cannot be opened: {why}") from None

    async def next(self) -> list[Update] | None:
        """Return what was heard next; None when something was that must be asked about by REST.

        Raises:
            Unreachable: the connection has ended.
            StreamExpiredError: the key has.
        """
        assert self._socket is not None  # noqa: S101 - open() came before
        message = await self._socket.receive()
        if message.type not in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
            raise Unreachable("the account's stream was closed by the exchange")
        self._client.connections.heard_frame(self._url, message.data)
        try:
            event = body(json.loads(message.data))
            kind = event.get("e")
            if kind == EXPIRED:
                raise StreamExpiredError("the account's listen key has expired")
            return None if kind in ASK_AGAIN else decode(event, self._account.named)
        except (DataError, ValueError):  # what it meant is asked for
            return None

    async def keep(self) -> None:
        """Renew the key until cancelled.

        Raises:
            ExchangeError: it is gone, or could not be renewed within its life.
        """
        while True:
            await self._clock.sleep(RENEW_S)
            await self._renew()

    async def _renew(self) -> None:
        while True:
            try:
                await self._client.call("fapiPrivatePutListenKey", {"listenKey": self._key})
            except ExchangeError as error:
                if error.code == UNKNOWN_KEY:
                    raise StreamExpiredError("the account's listen key is gone") from None
                if self._clock.monotonic() - self._renewed_s > LIFE_S:
                    raise
                await self._clock.sleep(AGAIN_S)
            else:
                self._renewed_s = self._clock.monotonic()
                return

    async def close(self) -> None:
        """Let go of the connection. The key stays: another program may use the same."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()


def _proxy(api: Any) -> str | None:
    """Return the proxy that the environment gives ccxt, if any."""
    plain, secure, _ = api.check_ws_proxy_settings()
    return secure or plain or None
