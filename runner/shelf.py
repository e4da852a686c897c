"""The history of a real market, kept beside the account that trades on it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from core.market import Bar, Funding
from exchange.real.history import Span
from runner.ledger_thread import LedgerThread
from store import market_history
from store.database import Database
from store.writer import Batch, Writer


@dataclass(frozen=True, slots=True)
class StoredShelf:
    """Keeps the `exchange.real.history.Shelf` contract in the tables candles and funding_rates.

    They are those that the engine itself writes, so nothing is stored twice; the engine's own
    thread writes, so that no commit waits for another.
    """

    database: Database
    writer: Writer
    thread: LedgerThread

    async def missing(self, symbol: str, since: int, until: int) -> Sequence[Span]:
        """Return the spans of [*since*, *until*) (ms) without minutes, oldest first."""
        ask = market_history.missing_minutes
        return await asyncio.to_thread(
            ask, self.database, self.writer.account_id, symbol, since, until
        )

    async def funded(self, symbol: str) -> int | None:
        """Return the time (ms) of the newest settlement that is kept, if there is one."""
        ask = market_history.newest_funding
        return await asyncio.to_thread(ask, self.database, self.writer.account_id, symbol)

    async def keep(self, bars: Sequence[Bar], settlements: Sequence[Funding]) -> None:
        """Keep them; what is kept already stays as it is.

        Raises:
            StoreError: the store refuses; nothing of them is kept.
        """
        batch = Batch(candles=list(bars), funding=list(settlements))
        await self.thread.run(partial(self.writer.commit, batch))
