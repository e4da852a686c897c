"""Guards an account's stream: connects, listens, asks by REST what was missed, begins anew.

The order after each connection: what is heard waits, REST is asked, its answer replaces the view,
then what waited is applied to it. Who listens hears everything at once and each execution and
funding payment once, also those of the time without a stream.
"""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from random import Random
from typing import Final

import msgspec

from core.errors import ConfigError, QuarterdeckError
from exchange.real.account import AccountReader, AccountSnapshot
from exchange.real.account_view import AccountView
from exchange.real.source import SilentStreamError, Source, StreamExpiredError
from exchange.real.stream import StreamHealth
from exchange.real.stream_counts import StreamCounts
from exchange.real.updates import FundingUpdate, OrderUpdate, TradeUpdate, Update
from utils.backoff import Backoff
from utils.clock import Clock
from utils.together import first_end

log: Final = logging.getLogger(__name__)

SYNC_S: Final = 60.0
BEAT_S: Final = 2.0
AGAIN_S: Final = 10.0  # after the last time, when the stream tells only half or REST failed
SILENT_MS: Final = 10_000  # what happened longer ago than this must have been heard of
OVERLAP_MS: Final = 60_000
STABLE_S: Final = 10.0
FUNDING_LOOKS: Final = 3  # its history may lag behind the stream
REMEMBERED: Final = 10_000


class UserStream:
    """Follows one account as long as `run` runs.

    Promise: no execution or payment is told twice to who listens; after each connection, and once
    a minute, the view is what REST says; a stream that is silent about what REST knows is connected
    anew.

    Attributes:
        view: the account now.
        counts: how the stream is doing.
        synced: is set once REST was asked.
    """

    def __init__(
        self, source: Source, reader: AccountReader, view: AccountView, clock: Clock, since: int
    ) -> None:
        """Follow the account from the exchange's time *since* (ms) on."""
        self.view = view
        self.counts = StreamCounts()
        self.synced = asyncio.Event()
        self._source = source
        self._reader = reader
        self._clock = clock
        self._since = since
        self._listeners: list[Callable[[Update], None]] = []
        self._resynced: list[Callable[[AccountView], None]] = []
        self._waiting: list[Update] | None = None
        self._told: OrderedDict[tuple[str, ...], None] = OrderedDict()
        self._symbols: set[str] = set()
        self._funding_looks = 1
        self._opened_at = self._overlap_ms = 0

    @property
    def state(self) -> str:
        """Return connecting, live, waiting or stopped."""
        return self.counts.state

    def listen(self, hear: Callable[[Update], None]) -> None:
        """Let *hear* have every update, at once and in order."""
        self._listeners.append(hear)

    def on_resync(self, act: Callable[[AccountView], None]) -> None:
        """Let *act* see the view after each time REST was asked."""
        self._resynced.append(act)

    async def run(self) -> None:
        """Follow the account until cancelled, whatever goes wrong at the exchange."""
        backoff = Backoff(0.5, 30.0, Random())  # noqa: S311 - jitter
        try:
            while True:
                began_s = self._clock.monotonic()
                expired = await self._once()
                stood = self._clock.monotonic() - began_s > STABLE_S
                if stood:
                    backoff.reset()
                self.counts.reconnects += 1
                self.counts.state = "waiting"
                if not (expired and stood):
                    await self._clock.sleep(backoff.next())
        finally:
            self.counts.state = "stopped"

    async def _once(self) -> bool:
        """Follow the account on one connection; return whether it ended because it expired."""
        self.counts.state = "connecting"
        try:
            await self._source.open()
            self._opened_at = self._reader.now()
            self._waiting = []
            await first_end(self._hear(), self._source.keep(), self._stay_in_step())
        except StreamExpiredError as error:
            self._trouble(error)
            return True
        except QuarterdeckError as error:
            self._trouble(error)
        finally:
            self._waiting = None
            with contextlib.suppress(OSError):
                await self._source.close()
        return False

    def _trouble(self, error: QuarterdeckError) -> None:
        if str(error) != self.counts.error:
            log.warning("The account's stream: %s", error)
        self.counts.error = str(error)

    async def _hear(self) -> None:
        while True:
            updates = await self._source.next()
            self.counts.heard(self._clock.now())
            if updates is None:
                self.counts.gaps += 1
                self.view.aged = True
                continue
            for update in updates:
                self._tell(update)

    def _tell(self, update: Update) -> None:
        """Hand an update on, unless it tells of an execution that was told already."""
        if isinstance(update, FundingUpdate) and not update.id:
            self._funding_looks = FUNDING_LOOKS
            self.view.aged = True
            return
        self._since = max(self._since, update.at)
        if isinstance(update, (OrderUpdate, TradeUpdate)):
            self._symbols.add(update.symbol)
        if self._waiting is not None:
            self._waiting.append(update)
        else:
            self.view.apply(update)
        fresh = self._without_old(update)
        if fresh is not None:
            for hear in self._listeners:
                hear(fresh)

    def _without_old(self, update: Update) -> Update | None:
        """Return *update* without an execution or payment that was told before."""
        key = _key(update)
        if key is None:
            return update
        if key in self._told:
            self.counts.duplicates += 1
            if isinstance(update, OrderUpdate):
                return msgspec.structs.replace(update, trade=None)
            return None
        self._told[key] = None
        while len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return update

    async def _stay_in_step(self) -> None:
        """Ask REST now, whenever the stream told only half, and once a minute."""
        since, self._overlap_ms = self._since - self._overlap_ms, OVERLAP_MS
        await self._resync(missed_since=since)
        self.counts.state, self.counts.error = "live", ""
        asked_s = self._clock.monotonic()
        while True:
            await self._clock.sleep(BEAT_S)
            due_s = AGAIN_S if self.view.aged or self.counts.error else SYNC_S
            if self._clock.monotonic() - asked_s >= due_s:
                await self._try_resync()
                asked_s = self._clock.monotonic()

    async def _try_resync(self) -> None:
        """Ask REST; when it does not answer the stream goes on, and it is asked again later.

        Raises:
            SilentStreamError: REST knows what the stream should have told.
        """
        try:
            await self.resync()
        except SilentStreamError:
            raise
        except QuarterdeckError as error:
            self._trouble(error)
        else:
            self.counts.error = ""

    async def resync(self) -> None:
        """Ask REST for the whole account.

        Raises:
            ExchangeError: it does not answer, or knows what the stream should have told.
            DataError: its answer makes no sense.
        """
        await self._resync(None)

    async def _resync(self, missed_since: int | None) -> None:
        if self._waiting is None:
            self._waiting = []
        try:
            snapshot = await self._reader.snapshot()
        except QuarterdeckError:
            self._apply_waiting()
            raise
        was_silent = missed_since is None and self.view.missed(
            snapshot, self._opened_at, snapshot.asked_at - SILENT_MS
        )
        self._take(snapshot)
        await self._ask_missed(missed_since)
        for act in self._resynced:
            act(self.view)
        self.synced.set()
        if was_silent:
            raise SilentStreamError("the account's stream was silent about what the exchange knows")

    def _take(self, snapshot: AccountSnapshot) -> None:
        self.view.take(snapshot)
        self._apply_waiting()
        self._symbols |= {order.symbol for order in self.view.orders.values()}
        self._symbols |= {position.symbol for position in self.view.positions.values()}

    def _apply_waiting(self) -> None:
        waiting, self._waiting = self._waiting or [], None
        for update in waiting:
            self.view.apply(update)

    async def _ask_missed(self, since: int | None) -> None:
        """Tell the executions since *since* (ms), if there is one, and funding that is due."""
        if since is not None:
            for symbol in sorted(self._symbols):
                with contextlib.suppress(ConfigError):  # it is not listed any more
                    for trade in await self._reader.trades(symbol, since):
                        self._tell(trade)
            self._funding_looks = max(self._funding_looks, 1)
        if self._funding_looks:
            self._funding_looks -= 1
            for payment in await self._reader.funding(since or self._since - OVERLAP_MS):
                self._tell(payment)

    def health(self) -> StreamHealth:
        """Return how the stream is, as the others are told of."""
        return self.counts.health(self._clock.now())

    def follow(self, *symbols: str) -> None:
        """Ask for missed executions in *symbols* too."""
        self._symbols |= set(symbols)


def _key(update: Update) -> tuple[str, ...] | None:
    """Return what names an execution or payment, None of what may be told again."""
    match update:
        case TradeUpdate():
            return ("trade", *update.key)
        case OrderUpdate(trade=TradeUpdate() as trade):
            return ("trade", *trade.key)
        case FundingUpdate():
            return ("funding", update.id)
        case _:
            return None
