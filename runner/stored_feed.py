"""A tape of the candles and funding that an account has stored, for backtests."""

import heapq
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final

from core.errors import ConfigError
from core.market import DAY_MS, MINUTE_MS, Funding, Instrument, Step
from exchange.instruments import instrument
from store import market_history, recovery, series
from store.accounts import Account
from store.database import Database
from utils.clock import Clock

CHUNK_MS: Final = 7 * DAY_MS


@dataclass(slots=True)
class StoredFeed:
    """Keeps the `exchange.base.MarketFeed` contract, for history alone.

    Where no funding was stored positions pay none.
    """

    database: Database
    account: Account
    symbols: Sequence[str]
    first: int
    last: int
    kind: str = "replay"
    badge: str = "BACKTEST"
    market_id: str = field(init=False)
    instruments: Mapping[str, Instrument] = field(init=False)
    _after: int = 0

    def __post_init__(self) -> None:
        self.instruments = {symbol: instrument(symbol) for symbol in self.symbols}
        self.market_id = f"stored:{self.account.market_id}:{self.first}-{self.last}"

    @property
    def next_at(self) -> int:
        """Return the engine time at which the next minute begins."""
        return self._after + MINUTE_MS if self._after else self.first

    def resume(self, checkpoint: Mapping[str, Any] | None, _now: int) -> None:
        """Go on after *checkpoint*; None begins the tape."""
        if checkpoint is not None:
            self._after = checkpoint["after"]

    def checkpoint(self) -> dict[str, Any]:
        """Return the last minute taken."""
        return {"after": self._after}

    def progress(self) -> float | None:
        """Return the share of the tape's time that was played."""
        played = self._after + MINUTE_MS - self.first if self._after else 0
        return played / (self.last + MINUTE_MS - self.first)

    def past(self, until: int | None) -> Iterator[Step]:
        """Yield the minutes as bars, before *until* (ms) or to the end of the tape."""
        for start in range(self.next_at, self.last + 1, CHUNK_MS):
            end = min(start + CHUNK_MS, self.last + 1)
            streams = [
                recovery.candles_between(self.database, self.account.id, symbol, start, end)
                for symbol in self.symbols
            ]
            settled = self._settled(start, end)
            merged = heapq.merge(*streams, key=attrgetter("open_time"))
            for at, bars in itertools.groupby(merged, key=attrgetter("open_time")):
                if until is not None and at + MINUTE_MS > until:
                    return
                self._after = at
                due = list(itertools.takewhile(lambda one: one.at <= at, settled))  # noqa: B023
                del settled[: len(due)]
                yield Step(at + MINUTE_MS, (*due, *bars))

    def _settled(self, since: int, until: int) -> list[Funding]:
        """Return what was settled in [*since*, *until*) (ms), oldest first."""
        found = [
            one
            for symbol in self.symbols
            for one in market_history.funding_between(
                self.database, self.account.id, symbol, since, until
            )
        ]
        return sorted(found, key=attrgetter("at"))

    async def live(self, _clock: Clock) -> AsyncIterator[Step]:
        """Yield nothing: what is stored is past."""
        return
        yield


def stored_feed(
    database: Database, account: Account, symbols: Sequence[str], span: tuple[int, int]
) -> StoredFeed:
    """Return the tape of what *account* has stored in *span* (ms, from and before).

    Raises:
        ConfigError: there are no candles of these symbols in that time.
    """
    held = {symbol: series.candle_span(database, account.id, symbol, *span) for symbol in symbols}
    spans = [found for found in held.values() if found is not None]
    if not spans:
        raise ConfigError(
            f"account {account.market_id} has no candles of {', '.join(symbols)} in that time: "
            f"let the engine run first, or name files with --replay"
        )
    present = [symbol for symbol, found in held.items() if found is not None]
    first, last = min(s for s, _ in spans), max(e for _, e in spans)
    return StoredFeed(database, account, present, first, last)
