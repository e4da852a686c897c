"""An account's stream through what ccxt has in common: orders, own trades, balance, positions."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from core.errors import DataError
from exchange.real.client import ExchangeClient
from exchange.real.errors import translated
from exchange.real.unified_events import (
    balance_updates,
    order_update,
    position_update,
    trade_update,
)
from exchange.real.updates import Update

Decoded = Callable[[Any], list[Update]]


def _each(decode: Callable[[Any], Update]) -> Decoded:
    return lambda rows: [decode(row) for row in rows]


# ccxt's name of the ability, its method, and what it brings
WATCHED: Final[tuple[tuple[str, str, Decoded], ...]] = (
    ("watchOrders", "watch_orders", _each(order_update)),
    ("watchMyTrades", "watch_my_trades", _each(trade_update)),
    ("watchBalance", "watch_balance", lambda answer: [*balance_updates(answer)]),
    ("watchPositions", "watch_positions", _each(position_update)),
)


class UnifiedEvents:
    """Yields what happens to the account; keeps the `exchange.real.source.Source` contract.

    ccxt connects, subscribes and signs in; REST is asked once a minute beside it.
    """

    def __init__(self, client: ExchangeClient) -> None:
        self._client = client
        self._tasks: list[asyncio.Task[None]] = []
        self._heard: asyncio.Queue[list[Update] | Exception | None] = asyncio.Queue()

    async def open(self) -> None:
        """Begin to watch everything that ccxt can watch at this exchange."""
        self._heard = asyncio.Queue()
        api = self._client.api
        self._tasks = [
            asyncio.create_task(self._watch(getattr(api, method), decode), name=f"account {method}")
            for what, method, decode in WATCHED
            if api.has.get(what)
        ]

    async def next(self) -> list[Update] | None:
        """Return what was heard next; None when it made no sense.

        Raises:
            ExchangeError: a connection has ended.
        """  # noqa: DOC501 - as `translated` makes it
        heard = await self._heard.get()
        if isinstance(heard, Exception):
            raise translated(heard)
        return heard

    async def keep(self) -> None:
        """Wait until cancelled: ccxt keeps these streams alive."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Stop watching."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self, watch: Callable[[], Awaitable[Any]], decode: Decoded) -> None:
        while True:
            try:
                self._heard.put_nowait(decode(await watch()))
            except DataError:
                self._heard.put_nowait(None)
            except Exception as error:  # noqa: BLE001 - whatever ccxt raises ends the connection
                self._heard.put_nowait(error)
                return
