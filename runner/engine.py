"""The engine: take a step of the market, trade, commit, tell.

Everything that changes trading state happens under one lock, in one of four ways: a step of
the feed, a confirmed command, an answer between two steps, or an alert. Each ends in
`Settling.settle`, which commits what happened and only then tells it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors import StoreError
from core.market import Step
from exchange.base import MarketFeed
from infra.bus.base import CommandReply, CommandRequest
from runner.acknowledging import Acknowledging
from runner.alert_desk import AlertDesk
from runner.answering import Answering
from runner.commands import CommandDesk
from runner.freshness import Freshness
from runner.ledger_thread import LedgerThread
from runner.pipelines import Pipelines
from runner.publisher import Publisher
from runner.settling import Settling
from runner.sieve import Sieve
from runner.status import Status
from runner.telling import Telling
from runner.trader import Trader
from runner.trip import Trip
from store.writer import Writer
from utils.clock import Clock, SystemClock

QUESTIONS: Final = ("connection", "markets", "depth", "system", "ping")

log: Final = logging.getLogger(__name__)


@dataclass(slots=True)  # noqa: PLR0904 - steps, commands, answers and alerts share its lock
class Engine:
    """One account trading on one feed.

    Promise: nothing is told before it is committed; a commit that fails is retried and trading
    waits for it; whatever happens to readers, the state file or the bus, trading goes on. No
    message that cannot be true is traded on. ``after_step`` hears of each step of the live market
    when it was traded on, before what it did is committed. ``questions`` are those of any role,
    which change nothing: ``connection``, how the exchange and its streams are at this moment, and
    ``markets``, what it trades; neither is there without an exchange. ``system`` is how the machine
    is, ``ping`` is answered with nothing at all. ``pipelines`` keeps account of the work beside
    trading, ``trip`` of how long messages take.
    """

    feed: MarketFeed
    trader: Trader
    writer: Writer
    publisher: Publisher
    clock: Clock
    status: Status
    freshness: Freshness
    desk: CommandDesk
    alerts: AlertDesk
    after_step: Callable[[Step], None] | None = None
    questions: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = field(
        default_factory=dict
    )
    telling: Telling = field(init=False)
    ledger: LedgerThread = field(init=False)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    pipelines: Pipelines = field(default_factory=lambda: Pipelines(SystemClock()))
    trip: Trip = field(init=False)
    sieve: Sieve = field(init=False)
    _settling: Settling = field(init=False)
    _answering: Answering = field(init=False)

    def __post_init__(self) -> None:
        self.sieve = Sieve(self.trader.board.markets, self.freshness, self.trader.record)
        self.trader.gate.symbol_age_ms = self._symbol_age_ms
        self.telling = Telling(self.publisher, self.trader, self.status, self.freshness)
        self.ledger = LedgerThread(self.writer, self.pipelines)
        self.trip = Trip(is_from_exchange=self.feed.kind == "exchange")
        self._settling = Settling(
            self._place(), self.trader, self.status, self.telling, self.ledger, self.alerts
        )
        self._answering = Answering(
            self.lock, self.clock, self.now, self.trader, self.status, self.freshness, self.desk,
            self.alerts, self._settling,
            Acknowledging(self.trader.record, self.writer.database, self.writer.account_id),
        )  # fmt: skip

    async def on_step(self, step: Step) -> None:
        """Take one step, commit what it did and tell it."""
        began_s = self.clock.monotonic()
        self.trip.arrived(step, self.clock.now())
        async with self.lock:
            self.clock.not_before(step.at)
            sound = self.sieve.sift(step)
            self.freshness.saw_step(self.clock.monotonic(), sound)
            self.trader.gate.feed_age_ms = self.freshness.age_ms(self.clock.monotonic())
            self._trade(sound)
            if self.after_step is not None:
                self.after_step(sound)
            self._settling.place = self._place()
            self.telling.touch_step(sound)
            await self._settling.settle()
        self.trip.through.add((self.clock.monotonic() - began_s) * 1000)

    def take(self, step: Step) -> None:
        """Trade on one step; what it did waits to be committed."""
        self._trade(self.sieve.sift(step))

    def _trade(self, step: Step) -> None:
        with self._settling.whole:
            self.trader.on_step(step)

    def _symbol_age_ms(self, symbol: str) -> int:
        return self.freshness.symbol_age_ms(self.clock.monotonic(), symbol)

    async def between_steps(self, act: Callable[[int], None]) -> None:
        """Let *act* trade at the engine time it is given, commit what it did and tell it."""
        async with self.lock:
            at = self.clock.now()
            self.trader.booking.at = at
            self.trader.gate.feed_age_ms = self.freshness.age_ms(self.clock.monotonic())
            with self._settling.whole:
                act(at)
            self.telling.touch_all()
            await self._settling.settle()

    def _place(self) -> dict[str, Any]:
        return {"feed": self.feed.checkpoint(), "next_at": self.feed.next_at}

    async def answer(self, request: CommandRequest) -> CommandReply:
        """Grant a wish that came over the bus; any role may ask a question.

        Raises:
            CommandError: it cannot be granted; nothing changed.
        """
        if request.name in QUESTIONS:
            asked = self.questions.get(request.name)
            return CommandReply(ok=True, result=asked(request.args) if asked else {})
        return await self._answering.answer(request)

    async def watch(self) -> None:
        """Raise the alerts that are due by what the states say."""
        if self.status.status != "running":
            return
        async with self.lock:
            with self._settling.whole:
                self.alerts.look(self.clock.now())
            await self._settling.settle()

    async def alert(self, level: str, code: str, title: str, detail: str = "") -> None:
        """Store and tell something a person should know."""
        async with self.lock:
            self._settling.record_alert(level, code, title, detail)
            await self._settling.settle()

    async def settle_past(self) -> None:
        """Commit and fold what the steps taken did; nothing is told yet."""
        async with self.lock:
            self._settling.place = self._place()
            await self._settling.settle()

    async def flush(self) -> None:
        """Tell every state that was touched."""
        async with self.lock:
            self._settling.whole.check()
            self.publisher.flush()

    async def tell_whole(self) -> None:
        """Send the whole state as one snapshot."""
        async with self.lock:
            self.telling.everything()
            self.publisher.send_snapshot()

    async def tape_ended(self) -> None:
        """Say that no more market data will come; the engine stays to answer."""
        self.freshness.ended = True
        await self.turn("ended", "The tape is over. --reset-paper plays it again.")

    def now(self) -> int:
        """Return the engine time, which while history is played is that of the past."""
        return self.publisher.clock.now()

    async def turn(self, status: str, note: str = "") -> None:
        """Change what the engine says it is doing, and say everything that is committed."""
        async with self.lock:
            self.status.status, self.status.note = status, note
            self.status.progress_pct = None
            if self._settling.whole.fault is None:
                self.telling.everything()
            else:
                self.telling.say_status()

    async def close(self) -> None:
        """Say goodbye: what is left is committed and told, unless the store refuses it."""
        self.ledger.stop()
        try:
            async with self.lock:
                await self._settling.settle()
        except StoreError as error:
            log.error("What happened last is not stored: %s", error)  # noqa: TRY400
        await self.turn("stopping")
