"""The engine: take a step of the market, trade, commit, tell.

Everything that changes trading state happens under one lock, in one of three ways: a step of
the feed, a confirmed command, or an alert. Each ends in `_settle`, which commits what happened
and only then tells it.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from core.errors import CommandError, StoreError
from core.market import Step
from exchange.base import MarketFeed
from infra.bus.base import CommandReply, CommandRequest
from runner.commands import CommandDesk
from runner.freshness import Freshness
from runner.publisher import Publisher
from runner.status import Status
from runner.telling import Telling
from runner.trader import Trader
from store.writer import Batch, Writer
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

COMMIT_RETRY_S: Final = 1.0


@dataclass(slots=True)
class Engine:
    """One account trading on one feed.

    Promise: nothing is told before it is committed; a commit that fails is retried and trading
    waits for it; whatever happens to readers, the state file or the bus, trading goes on.
    """

    feed: MarketFeed
    trader: Trader
    writer: Writer
    publisher: Publisher
    clock: Clock
    status: Status
    freshness: Freshness
    desk: CommandDesk
    telling: Telling = field(init=False)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _thread: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self.telling = Telling(self.publisher, self.trader, self.status, self.freshness)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    async def on_step(self, step: Step) -> None:
        """Take one step, commit what it did and tell it."""
        async with self.lock:
            now_s = self.clock.monotonic()
            self.trader.gate.feed_age_ms = 0
            self.freshness.saw(now_s, step.at)
            self.trader.on_step(step)
            self.telling.touch_step(step)
            await self._settle()

    async def answer(self, request: CommandRequest) -> CommandReply:
        """Grant a wish that came over the bus.

        Raises:
            CommandError: it cannot be granted; nothing changed.
        """
        if request.role not in {"trader", "owner"}:
            raise CommandError("forbidden", f"A {request.role} may not command.", 403)
        if self.status.status == "warming_up":
            raise CommandError("warming_up", "History is still being played. Try again shortly.")
        async with self.lock:
            at = self.clock.now()
            self.trader.booking.at = at
            self.trader.gate.feed_age_ms = self.freshness.age_ms(self.clock.monotonic())
            if request.name == "prepare":
                args = request.args.get("args") or {}
                command = str(request.args.get("command", ""))
                return CommandReply(
                    ok=True, result=self.desk.prepare(command, args, request.actor, at)
                )
            if request.name != "confirm":
                raise CommandError("unknown_command", f"{request.name!r} is not a request.", 400)
            return await self._confirm(request, at)

    def _prepare(self, request: CommandRequest, at: int) -> dict[str, Any]:
        args = request.args.get("args") or {}
        if not isinstance(args, dict):
            raise CommandError("bad_args", "args must be an object of names and values.", 400)
        return self.desk.prepare(str(request.args.get("command", "")), args, request.actor, at)

    async def _confirm(self, request: CommandRequest, at: int) -> CommandReply:
        done = self.desk.result_of(request.id, request.actor)
        if done is None:
            intent_id = str(request.args.get("intent_id", ""))
            try:
                done = self.desk.confirm(intent_id, request.actor, request.id, at)
            finally:
                # Even a refused wish may have left facts behind, such as the first of two closes.
                self.telling.touch_all()
                await self._settle()
        return CommandReply(ok=True, result=done)

    async def alert(self, level: str, code: str, title: str, detail: str = "") -> None:
        """Store and tell something a person should know."""
        async with self.lock:
            self._record_alert(level, code, title, detail)
            await self._settle()

    def _record_alert(self, level: str, code: str, title: str, detail: str) -> None:
        log.log(logging.INFO if level == "info" else logging.WARNING, "%s. %s", title, detail)
        body = {"at": self.now(), "level": level, "code": code}
        self.trader.record.fact("alert_raised", body, (title, detail))

    async def settle_past(self) -> None:
        """Commit and fold what a stretch of history did; nothing is told yet."""
        async with self.lock:
            await self._settle()

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
        """Change what the engine says it is doing, and say everything."""
        self.status.status, self.status.note = status, note
        self.status.progress_pct = None
        async with self.lock:
            self.telling.everything()

    async def in_ledger_thread(self, work: Callable[[], None]) -> None:
        """Run *work* on the thread that writes the ledger."""
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _settle(self) -> None:
        """Commit what is recorded, then tell it with its consequences."""
        record = self.trader.record
        if record.empty:
            return
        batch, events = record.take(self.checkpoint())
        await self._commit(batch)
        self.telling.tell(events)

    def checkpoint(self) -> dict[str, Any]:
        """Return what a restart needs beyond the journal, JSON-able."""
        trader = self.trader
        return {
            "at": self.now(),
            "feed": self.feed.checkpoint(),
            "warming_up": self.status.status == "warming_up",
            "tally": trader.tally.save(),
            "excursions": trader.booking.excursions.save(),
            "paused": [trader.gate.paused_by, trader.gate.paused_at],
        }

    async def _commit(self, batch: Batch) -> None:
        """Store *batch*; while the store refuses, say so and try again."""
        before = self.status.status, self.status.note
        failed = False
        while True:
            try:
                await self.in_ledger_thread(partial(self.writer.commit, batch))
                break
            except StoreError as error:
                log.error("The ledger cannot be written, trading waits: %s", error)  # noqa: TRY400
                failed = True
                self.status.status = "blocked"
                self.status.note = f"The ledger cannot be written, trading waits: {error}"
                self.telling.say_status()
                await asyncio.sleep(COMMIT_RETRY_S)  # noqa: TID251 - the machine's time
        if failed:
            self.status.status, self.status.note = before
            self.telling.say_status()
            self._record_alert("warn", "store_back", "The ledger can be written again", "")

    async def close(self) -> None:
        """Say goodbye: what is left is committed and told, the writer's thread ends."""
        async with self.lock:
            await self._settle()
        await self.turn("stopping")
        self._thread.shutdown()
