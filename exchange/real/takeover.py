"""One connection taking over from another without a gap, before the exchange ends the older.

Exchanges end a websocket after a day. ccxt would notice and dial anew, and what came in between
would be lost; so a new one is dialled first, and shares ccxt's books and waiters with the old.
"""

import asyncio
import json
import logging
from typing import Any, Final

from exchange.real.connections import Connections
from exchange.real.taps import is_private

log: Final = logging.getLogger(__name__)

OVERLAP_S: Final = 2.0  # that an old and a new connection both run
LOOK_S: Final = 0.1
TAKEOVER_S: Final = 20.0  # for a new connection to bring its first data


def old(hub: Connections, age_ms: int) -> list[str]:
    """Return the addresses of connections that are older than *age_ms*."""
    now = hub.clock.now()
    return [
        url
        for url, connection in (hub.api.clients or {}).items()
        if connection.opened_at and now - connection.opened_at > age_ms
    ]


async def replace(hub: Connections, url: str) -> bool:
    """Let a new connection take over from the one to *url* without a gap.

    Both run for a moment and fill the same books, so that each message comes at least once. A
    connection that bears an account's key is broken instead: its stream resynchronises by
    REST. Returns whether the old one is gone.
    """
    older = hub.api.clients.get(url)
    if older is None:
        return True
    key = hub.api.apiKey
    if is_private(url) or (key and any(key in str(message) for message in older.sent)):
        older.on_close(1001)
        return True
    del hub.api.clients[url]
    fresh = hub.api.client(url)
    hub.api.clients[url] = older
    done = False
    try:
        await _dial(hub, fresh)
        await _take_over(hub, older, fresh)
        done = True
    except Exception as error:  # noqa: BLE001 - then the old one stays
        log.warning("A connection could not be replaced: %s", type(error).__name__)
    finally:
        if not done:
            await _give_back(hub, older, fresh)
    return done


async def _dial(hub: Connections, fresh: Any) -> None:
    """Wait until *fresh* is connected; ccxt itself tells nobody when it cannot be.

    Whatever kept it from that is raised.
    """
    fresh.connect(hub.api.session)
    async with asyncio.timeout(TAKEOVER_S):
        while not fresh.isConnected:
            if fresh.error is not None:
                raise fresh.error
            await hub.clock.sleep(LOOK_S)


async def _take_over(hub: Connections, older: Any, fresh: Any) -> None:
    texts = still_wanted(older)
    older.retired = True
    fresh.futures, fresh.subscriptions = older.futures, older.subscriptions
    fresh.rejections = older.rejections
    hub.api.clients[fresh.url] = fresh
    for text in texts:
        await fresh.throttle(hub.api.safe_value(hub.api.options.get("ws", {}), "cost", 1))
        await fresh.send(text)
    async with asyncio.timeout(TAKEOVER_S):
        while fresh.frames <= len(texts) and not older.closed():
            await hub.clock.sleep(LOOK_S)
    await hub.clock.sleep(OVERLAP_S)
    await older.leave()


async def _give_back(hub: Connections, older: Any, fresh: Any) -> None:
    """Go on with *older* after *fresh* could not take over; break it if it is closed by now."""
    if hub.api.clients.get(fresh.url) is fresh:
        hub.api.clients[fresh.url] = older
    await fresh.leave()
    older.retired = False
    if older.closed():
        older.on_close(1006)


def still_wanted(connection: Any) -> list[Any]:
    """Return what was sent to subscribe, without what was replaced or taken back since."""
    ids = {
        str(subscription["id"])
        for subscription in connection.subscriptions.values()
        if isinstance(subscription, dict) and "id" in subscription
    }
    wanted = []
    for message in connection.sent:
        body = json.loads(message) if isinstance(message, str) else message
        number = body.get("id") if isinstance(body, dict) else None
        if not ids or number is None or str(number) in ids:
            wanted.append(message)
    return wanted
