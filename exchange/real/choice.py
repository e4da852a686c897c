"""Reaching an exchange, and saying in words why it cannot be reached."""

import asyncio
import socket
from typing import Final
from urllib.parse import urlsplit

from exchange.real.client import ExchangeClient
from exchange.real.errors import (
    ExchangeError,
    Maintenance,
    RateLimited,
    RegionRefused,
    Unreachable,
)
from exchange.real.keys import Keys
from exchange.real.venue import Venue
from utils.clock import Clock

# What is knocked at before ccxt, which takes a second to load, is taken from the shelf.
HOSTS: Final = {
    "binance": "api.binance.com",
    "binanceusdm": "fapi.binance.com",
    "binancecoinm": "dapi.binance.com",
    "bybit": "api.bybit.com",
    "okx": "www.okx.com",
}
TESTNET_HOSTS: Final = {"binanceusdm": "demo-fapi.binance.com"}
NAMES: Final = {
    "binance": "Binance",
    "binanceusdm": "Binance USDT-M",
    "binancecoinm": "Binance COIN-M",
    "bybit": "Bybit",
    "okx": "OKX",
}
BADGES: Final = {"binanceusdm": "BINANCE", "binancecoinm": "BINANCE"}
HTTPS: Final = 443
HTTP: Final = 80


def name_of(exchange: str) -> str:
    """Return what people call the *exchange* of that id."""
    return NAMES.get(exchange, exchange)


def badge_of(exchange: str, broker: str) -> str:
    """Return what the page must show about reality."""
    if broker in {"testnet", "live"}:
        return broker.upper()
    word = "WATCH" if broker == "watch" else "PAPER"
    return f"{word} · {BADGES.get(exchange, exchange.upper())}"


def market_of(venue: Venue) -> str:
    """Return the identity of its market, which does not depend on the symbols that are followed."""
    return f"exchange:{venue.id}"


async def reach(
    venue: Venue, clock: Clock, within_s: float, keys: Keys | None = None
) -> ExchangeClient:
    """Return a client that knows the markets of *venue* and the difference of the clocks.

    Raises:
        ConfigError: there is no such exchange.
        Unreachable: it does not answer in time.
        ExchangeError: it cannot be used now; `why_not` says it in words.
    """
    try:
        async with asyncio.timeout(within_s):
            await _knock(venue)
        client = await ExchangeClient.open(venue, clock, keys)
        try:
            async with asyncio.timeout(within_s):
                await client.measure_skew()
                await client.call("load_markets")
        except BaseException:
            await client.close()
            raise
    except TimeoutError:
        raise Unreachable(f"it did not answer within {within_s:g} s") from None
    return client


async def _knock(venue: Venue) -> None:
    """See whether the exchange's machine lets us in at all.

    Raises:
        Unreachable: it does not.
    """
    url = urlsplit(venue.url or "")
    known = TESTNET_HOSTS if venue.testnet else HOSTS
    host = url.hostname or known.get(venue.id)
    if host is None:
        return
    port = url.port or (HTTP if url.scheme == "http" else HTTPS)
    try:
        _, writer = await asyncio.open_connection(host, port)
    except socket.gaierror as error:
        raise Unreachable(f"there is no network, or {host} has no address") from error
    except OSError as error:
        why = error.strerror or str(error)
        raise Unreachable(f"there is no way to {host}:{port} ({why})") from error
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


def why_not(error: ExchangeError) -> str:
    """Return in words why an exchange cannot be used, to follow its name and a colon."""
    match error:
        case RegionRefused():
            kind = "it refuses this region"
        case Maintenance():
            kind = "it is down for maintenance"
        case RateLimited():
            kind = "it wants to be left alone for a while"
        case _:
            return str(error).removeprefix("the exchange cannot be reached: ")
    detail = str(error).partition(": ")[2]
    return f"{kind} ({detail})" if detail else kind
