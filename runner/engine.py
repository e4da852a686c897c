"""The engine's loop: take a step of the market, trade, commit, tell; and keep the pulse.

Everything that changes trading state happens under one lock, in one of three ways: a step of
the feed, a confirmed command, or the housekeeping beat. Each ends in `_settle`, which commits
what happened and only then tells it.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors import CommandError, LedgerError, StoreError
from core.market import Step
from exchange.base import MarketFeed
from infra.bus.base import CommandReply, CommandRequest
from runner.commands import CommandDesk
from runner.freshness import Freshness
from runner.ledger_check import LedgerCheck
from runner.publisher import Publisher
from runner.state_file import StateFile
from runner.status import Status
from runner.telling import Telling
from runner.trader import Trader
from store.writer import Batch, Writer
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

COMMIT_RETRY_S: Final = 1.0
STATE_FILE_S: Final = 1.0
LEDGER_CHECK_S: Final = 60.0


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
    state_file: StateFile
    ledger_check: LedgerCheck
    beat_s: float
    telling: Telling = field(init=False)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _thread: ThreadPoolExecutor = field(init=False)
    _state_file_failed: bool = False

    def __post_init__(self) -> None:
        self.telling = Telling(self.publisher, self.trader, self.status, self.freshness)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    async def live(self) -> None:
        """Trade on the feed as it comes; when the tape ends, stay to answer."""
        self.status.status, self.status.progress_pct = "running", None
        async with self.lock:
            self.telling.everything()
        pulse = asyncio.create_task(self._pulse())
        try:
            async for step in self.feed.live(self.clock):
                await self.on_step(step)
            await self.tape_ended()
            await pulse
        finally:
            pulse.cancel()
            await asyncio.gather(pulse, return_exceptions=True)

    async def rest(self) -> None:
        """Stay to answer after a tape that was played flat out."""
        await self.tape_ended()
        await self._pulse()

    async def on_step(self, step: Step) -> None:
        """Take one step, commit what it did and tell it."""
        async with self.lock:
            now_s = self.clock.monotonic()
            self.trader.gate.feed_age_ms = 0
            self.freshness.saw(now_s, step.at)
            self.trader.on_step(step)
            self.telling.touch_step(step)
            await self._settle()

    async def tape_ended(self) -> None:
        """Say that no more market data will come."""
        self.freshness.ended = True
        self.status.status = "ended"
        self.status.note = "The tape is over. --reset-paper plays it again."
        async with self.lock:
            self.telling.everything()

    async def answer(self, request: CommandRequest) -> CommandReply:
        """Grant a wish that came over the bus.

        Raises:
            CommandError: it cannot be granted; nothing changed.
        """
        if request.role not in {"trader", "owner"}:
            raise CommandError("forbidden", f"A {request.role} may not command.", 403)
        async with self.lock:
            at = self.clock.now()
            self.trader.booking.at = at
            self.trader.gate.feed_age_ms = self.freshness.age_ms(self.clock.monotonic())
            if request.name == "prepare":
                args = request.args.get("args") or {}
                command = str(request.args.get("command", ""))
                return CommandReply(True, self.desk.prepare(command, args, request.actor, at))
            if request.name != "confirm":
                raise CommandError("unknown_command", f"{request.name!r} is not a request.", 400)
            return await self._confirm(request, at)

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
        return CommandReply(True, done)

    async def alert(self, level: str, code: str, title: str, detail: str = "") -> None:
        """Store and tell something a person should know."""
        async with self.lock:
            self._record_alert(level, code, title, detail)
            await self._settle()

    def _record_alert(self, level: str, code: str, title: str, detail: str) -> None:
        log.log(logging.INFO if level == "info" else logging.WARNING, "%s. %s", title, detail)
        body = {"at": self.clock.now(), "level": level, "code": code}
        self.trader.record.fact("alert_raised", body, (title, detail))

    async def settle_past(self) -> None:
        """Commit and fold what a stretch of history did; nothing is told yet."""
        async with self.lock:
            await self._settle()

    async def tell_whole(self) -> None:
        """Send the whole state as one snapshot and write the state file."""
        async with self.lock:
            self.telling.everything()
            self.publisher.send_snapshot()
        await self.write_state_file()

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
            "at": self.clock.now(),
            "feed": self.feed.checkpoint(),
            "warming_up": self.status.status == "warming_up",
            "tally": trader.tally.save(),
            "excursions": trader.booking.excursions.save(),
            "paused": [trader.gate.paused_by, trader.gate.paused_at],
        }

    async def _commit(self, batch: Batch) -> None:
        """Store *batch*; while the store refuses, say so and try again."""
        loop = asyncio.get_running_loop()
        before = self.status.status, self.status.note
        failed = False
        while True:
            try:
                await loop.run_in_executor(self._thread, self.writer.commit, batch)
                break
            except StoreError as error:
                log.error("The ledger cannot be written, trading waits: %s", error)  # noqa: TRY400
                failed = True
                self.status.status = "blocked"
                self.status.note = f"The ledger cannot be written, trading waits: {error}"
                self.telling.say_status()
                await self.clock_sleep(COMMIT_RETRY_S)
        if failed:
            self.status.status, self.status.note = before
            self.telling.say_status()
            self._record_alert("warn", "store_back", "The ledger can be written again", "")

    async def clock_sleep(self, seconds: float) -> None:
        """Wait real seconds, whatever the engine clock's speed."""
        await asyncio.sleep(seconds)  # noqa: TID251 - the machine's time, not the market's

    async def _pulse(self) -> None:
        """Flush states, watch the feed's age, write the state file, check the ledger."""
        next_file = next_check = 0.0
        while True:
            await self.clock_sleep(self.beat_s)
            now_s = self.clock.monotonic()
            await self._watch_feed(now_s)
            async with self.lock:
                self.publisher.flush()
            if now_s >= next_file:
                next_file = now_s + STATE_FILE_S
                await self.write_state_file()
            if now_s >= next_check:
                next_check = now_s + LEDGER_CHECK_S
                await self.check_ledger()

    async def _watch_feed(self, now_s: float) -> None:
        if not self.freshness.turned(now_s):
            return
        self.telling.touch_all()
        age_s = self.freshness.age_ms(now_s) // 1000
        if self.freshness.stale:
            detail = "New entries are stopped. Stops still stand."
            await self.alert("warn", "feed_stale", f"Prices are {age_s}s old", detail)
        else:
            await self.alert("info", "feed_back", "Prices are live again")

    async def write_state_file(self) -> None:
        """Bring the state file up to date; a disk that refuses raises one alert."""
        if self.state_file.written_seq == self.publisher.seq:
            return
        seq, snapshot = self.publisher.seq, self.publisher.snapshot()
        try:
            await asyncio.to_thread(self.state_file.write, seq, snapshot)
        except OSError as error:
            if not self._state_file_failed:
                self._state_file_failed = True
                title = f"{self.state_file.path.name} cannot be written"
                detail = f"{error.strerror}. Trading and the ledger go on."
                await self.alert("error", "state_file", title, detail)
        else:
            self._state_file_failed = False

    async def check_ledger(self) -> None:
        """Compare the journal's fold with what is in memory; a difference is an alert."""
        loop = asyncio.get_running_loop()
        async with self.lock:
            try:
                await loop.run_in_executor(self._thread, self.ledger_check.run)
            except StoreError as error:
                log.warning("The ledger was not checked: %s", error)
            except LedgerError as error:
                if not self.ledger_check.told:
                    self.ledger_check.told = True
                    title = "Ledger and memory differ"
                    self._record_alert("error", "ledger_mismatch", title, str(error))
                    await self._settle()

    async def close(self) -> None:
        """Say goodbye: the last state is told and written, the writer's thread ends."""
        self.status.status = "stopping"
        async with self.lock:
            await self._settle()
            self.telling.everything()
        await self.write_state_file()
        self._thread.shutdown()
