"""The one thread that writes the ledger."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from core.errors import StoreError
from runner.pipelines import EQUITY, LEDGER, Pipelines, Run
from store.writer import Batch, Writer
from utils.clock import SystemClock
from utils.spread import Spread

log: Final = logging.getLogger(__name__)

RETRY_S: Final = 1.0


class LedgerThread:
    """Commits one batch at a time, in the order they are given.

    Promise: when `commit` returns, the batch is stored. While the store refuses, it tries again;
    once `stop` was called it tries once more and gives up. ``spread`` is how long commits take,
    each with its wait for the thread.
    """

    def __init__(self, writer: Writer, pipelines: Pipelines | None = None) -> None:
        self.spread = Spread()
        self._pipelines = pipelines or Pipelines(SystemClock())
        self._pipelines.add(LEDGER, "Ledger", is_summed=True)
        self._pipelines.add(EQUITY, "Equity and candles", is_summed=True)
        self._writer = writer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._stopping = asyncio.Event()

    async def run(self, work: Callable[[], None]) -> None:
        """Run *work* between two commits."""
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def commit(self, batch: Batch, refused: Callable[[StoreError], None]) -> None:
        """Store *batch*; tell every refusal to *refused*.

        Raises:
            StoreError: the store still refuses while the engine stops; nothing is stored.
        """
        while True:
            began_s = time.perf_counter()
            try:
                await self.run(partial(self._writer.commit, batch))
                return self._note(batch, (time.perf_counter() - began_s) * 1000)
            except StoreError as error:
                self._pipelines.note(LEDGER, Run(error=str(error)))
                if self._stopping.is_set():
                    raise
                log.error("The ledger cannot be written, trading waits: %s", error)  # noqa: TRY400
                refused(error)
            await self._pause()

    def _note(self, batch: Batch, ms: float) -> None:
        self.spread.add(ms)
        self._pipelines.note(LEDGER, Run(len(batch)), round(ms, 3))
        if batch.equity or batch.candles:
            self._pipelines.note(EQUITY, Run(len(batch.equity) + len(batch.candles)))

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(RETRY_S):
                await self._stopping.wait()
        except TimeoutError:
            return

    def stop(self) -> None:
        """Do not wait any longer for a store that refuses."""
        self._stopping.set()

    def close(self) -> None:
        """End the thread, after the commit that is under way."""
        self._thread.shutdown()
