"""A recording of our own, made by the recorder at the loopback exchange while things go wrong."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from exchange.real.client import ExchangeClient
from exchange.real.desk import Desk
from exchange.real.recorder import Recorder
from exchange.real.streams import Streams
from exchange.real.taps import RawMessage
from exchange.real.venue import Venue as At
from tests.exchange.venue import Venue, venue_server
from utils.clock import ScaledClock, SystemClock

SYMBOLS: Final = ("BTC/USDT", "ETH/USDT")
HOUR: Final = 1_790_000_000_000 - 1_790_000_000_000 % 3_600_000 + 3_600_000
START: Final = HOUR - 100_000
END: Final = HOUR + 80_000
SPEED: Final = 40.0


@dataclass
class Told:
    """What was heard live, to compare a replay with."""

    folder: Path
    heard: Counter[str] = field(default_factory=Counter)
    books: dict[str, Any] = field(default_factory=dict)
    written: int = 0


async def record(folder: Path) -> Told:
    """Record three minutes of an exchange: a gap, repeats, garbage and a break are among them."""
    import ccxt.pro  # noqa: F401, PLC0415 - it takes its time, and the clock below runs fast

    told = Told(folder)
    clock = ScaledClock(SystemClock(), START, SPEED)
    async with venue_server(
        [symbol.replace("/", "") for symbol in SYMBOLS], rate_hz=20, clock=clock, start=START
    ) as venue:
        client = await ExchangeClient.open(At("binanceusdm", url=venue.url), clock)
        client.taps.append(lambda message: told.heard.update([message.kind]))
        recorder = Recorder(folder, client, days=7)
        recorder.follow(SYMBOLS)
        streams = Streams(client, Random(1))
        try:
            await client.call("load_markets")
            await client.measure_skew()
            for symbol in SYMBOLS:
                desk = Desk(symbol, clock, lambda _symbol: None)
                await desk.open(client)
                desk.follow(streams)
            await _live(venue, client)
            told.books = {
                name: (book["nonce"], list(book["bids"][:50]), list(book["asks"][:50]))
                for name, book in client.api.orderbooks.items()
            }
        finally:
            recorder.close()
            client.taps.clear()
            await streams.close()
            await client.close()
        told.written = recorder.lines
    return told


async def _live(venue: Venue, client: ExchangeClient) -> None:
    async def until(at: int) -> None:
        async with asyncio.timeout(60):
            while client.clock.now() < at:
                await asyncio.sleep(0.005)

    await until(HOUR - 50_000)
    venue.faults.gap("btcusdt@depth", times=1)
    venue.faults.duplicate("ethusdt@aggTrade", times=2)
    await until(HOUR - 30_000)
    venue.faults.garbage("", times=2)
    await until(HOUR + 20_000)
    venue.faults.hang_up()
    await until(END)
    async with asyncio.timeout(60):
        while any(not client.api.orderbooks.get(f"{s}:USDT", {}).get("nonce") for s in SYMBOLS):
            await asyncio.sleep(0.005)


def message(kind: str, url: str, at: int, data: str | bytes = "{}", **more: Any) -> RawMessage:
    """Return something that came over the wire."""
    return RawMessage(kind, url, at, data, **more)
