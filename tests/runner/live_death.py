"""A live engine in a process of its own that dies by SIGKILL at one instant of an order's life.

``python -m tests.runner.live_death <folder> <url> <instant>``
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from exchange.real.binance_orders import BinanceOrders
from runner.ledger_thread import LedgerThread
from tests.runner.live_engine import live_engine, live_settings


def die(*_: Any) -> None:
    """End at once, without a word."""
    os.kill(os.getpid(), signal.SIGKILL)


class Elsewhere:
    """The exchange of another process, as far as it is known here."""

    def __init__(self, url: str) -> None:
        self.url = url

    def account(self) -> None:
        """Return nothing: who runs the exchange looks at that."""


def arm(instant: str) -> None:
    """Let this process die at *instant*."""
    place, commit = BinanceOrders.place, LedgerThread.commit

    async def before(*_: Any) -> Any:
        die()

    async def after(self: Any, request: Any) -> Any:
        await place(self, request)
        die()

    async def after_entry(self: Any, request: Any) -> Any:
        if request.order.reduce_only:
            die()
        return await place(self, request)

    async def uncommitted(self: Any, batch: Any, say: Any) -> Any:
        if any(order.role == "entry" for order in batch.orders):
            die()
        return await commit(self, batch, say)

    if instant == "before commit":
        setattr(LedgerThread, "commit", uncommitted)  # noqa: B010 - in a test, of another's class
    else:
        fates = {"before sending": before, "after sending": after, "before its stop": after_entry}
        setattr(BinanceOrders, "place", fates[instant])  # noqa: B010 - as above


async def main(folder: Path, url: str, instant: str) -> None:
    """Enter, and die."""
    venue: Any = Elsewhere(url)
    async with live_engine(live_settings(folder, venue), venue) as live:
        await live.ready()
        arm(instant)
        await live.enter()
        await asyncio.sleep(30)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
