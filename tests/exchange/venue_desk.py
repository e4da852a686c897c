"""ccxt, unmodified, at a venue: what tests of the venue and of the soak share."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Self, TypeVar

from tests.exchange.venue import KEY, SECRET, Venue, point

BTC: Final = "BTC/USDT:USDT"
LIMIT_S: Final = 30
T = TypeVar("T")


@asynccontextmanager
async def client(venue: Venue, key: str = KEY, secret: str = SECRET) -> AsyncIterator[Any]:
    """Open ``ccxt.pro.binanceusdm`` at *venue*, with its markets loaded."""
    import ccxt.pro  # noqa: PLC0415 - half a second and 80 MB, only for those who trade

    exchange = point(ccxt.pro.binanceusdm({"apiKey": key, "secret": secret}), venue.url)
    exchange.enableRateLimit = False
    try:
        await exchange.load_markets()
        yield exchange
    finally:
        await exchange.close()


async def moving(venue: Venue, wanted: Awaitable[T], *, ms: int = 0) -> T:
    """Return *wanted* while the market takes steps, each *ms* of the venue's time apart."""
    task = asyncio.ensure_future(wanted)
    try:
        async with asyncio.timeout(LIMIT_S):
            while not task.done():
                venue.market.step(ms=ms)
                await asyncio.wait([task], timeout=0.01)
    finally:
        task.cancel()
        await asyncio.wait([task])
    return task.result()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until *condition* holds."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await asyncio.sleep(0.005)


class Listener:
    """Takes everything *watch* returns for as long as it is entered."""

    def __init__(self, watch: Callable[[], Awaitable[Any]]) -> None:
        self.got: list[Any] = []
        self.errors: list[BaseException] = []
        self._watch = watch
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _listen(self) -> None:
        while True:
            try:
                found = await self._watch()
            except Exception as error:  # noqa: BLE001 - a test looks at them
                self.errors.append(error)
                await asyncio.sleep(0.01)
            else:
                self.got += found if isinstance(found, list) else [found]
