"""What the engine answers over the bus: wishes prepared and confirmed, stops, alerts."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors import CommandError, StoreError
from infra.bus.base import CommandReply, CommandRequest
from runner.acknowledging import Acknowledging
from runner.alert_desk import REQUESTS as RULE_REQUESTS
from runner.alert_desk import AlertDesk
from runner.commands import STOPPED, CommandDesk
from runner.freshness import Freshness
from runner.settling import Settling
from runner.status import Status
from runner.trader import Trader
from utils.clock import Clock

STOP_S: Final = 3.0
LONGEST_REASON: Final = 200


@dataclass(slots=True)
class Answering:
    """Grants wishes between two steps of the engine, under its lock.

    Promise: what is granted is committed before it is answered, but for a stop, whose pause holds
    at once, and what is granted while history is played, which goes with the next part of it.
    """

    lock: asyncio.Lock
    clock: Clock
    now: Callable[[], int]
    trader: Trader
    status: Status
    freshness: Freshness
    desk: CommandDesk
    alerts: AlertDesk
    settling: Settling
    acknowledging: Acknowledging
    _stops: set[asyncio.Task[dict[str, Any]]] = field(default_factory=set)

    async def answer(self, request: CommandRequest) -> CommandReply:
        """Grant a wish that came over the bus.

        Raises:
            CommandError: it cannot be granted; nothing changed.
        """
        if request.name in RULE_REQUESTS:
            return CommandReply(ok=True, result={"rule": await self._change_rule(request)})
        if request.role not in {"trader", "owner"}:
            raise CommandError("forbidden", f"A {request.role} may not command.", 403)
        if request.name == "stop":
            return CommandReply(ok=True, result=await self._stop(request))
        if request.name == "acknowledge":
            return CommandReply(ok=True, result=await self._acknowledge(request))
        self._check_trading()
        async with self.lock:
            at = self.clock.now()
            self.trader.booking.at = at
            self.trader.gate.feed_age_ms = self.freshness.age_ms(self.clock.monotonic())
            if request.name == "prepare":
                return CommandReply(ok=True, result=self._prepare(request, at))
            if request.name != "confirm":
                text = f"{request.name[:40]!r} is not a request."
                raise CommandError("unknown_command", text, 400)
            return await self._confirm(request, at)

    def _check_trading(self) -> None:
        """Make sure that a command could be carried out.

        Raises:
            CommandError: not now.
        """
        if self.status.status == "warming_up":
            raise CommandError("warming_up", "History is still being played. Try again shortly.")
        if self.status.blocked:
            raise CommandError("blocked", "The ledger cannot be written, so trading waits.", 503)
        if self.freshness.ended:
            raise CommandError("ended", "The tape is over: nothing trades any more.")

    def _prepare(self, request: CommandRequest, at: int) -> dict[str, Any]:
        args = request.args.get("args") or {}
        if not isinstance(args, dict):
            raise CommandError("bad_args", "args must be an object of names and values.", 400)
        command = str(request.args.get("command", ""))
        wish = self.desk.wishes.get(command)
        if wish is not None and wish.owners_only and request.role != "owner":
            raise CommandError("forbidden", f"A {request.role} may not change that.", 403)
        return self.desk.prepare(command, args, request.actor, at)

    async def _confirm(self, request: CommandRequest, at: int) -> CommandReply:
        done = self.desk.result_of(request.id, request.actor)
        if done is None:
            intent_id = str(request.args.get("intent_id", ""))
            try:
                with self.settling.whole:
                    done = self.desk.confirm(intent_id, request.actor, request.id, at)
            finally:
                # Even a refused wish may have left facts behind, such as the first of two closes.
                self.settling.telling.touch_all()
                await self.settling.settle()
        return CommandReply(ok=True, result=done)

    async def _stop(self, request: CommandRequest) -> dict[str, Any]:
        """Stop new orders at once, whatever else goes on; return what was done.

        A store that refuses holds up what rests, which cannot be taken back untold, but not the
        pause.

        Raises:
            CommandError: another wish of that key was refused.
        """
        if self.desk.result_of(request.id, request.actor) is None:
            self.trader.set_paused(request.actor, self.now())
        work = asyncio.create_task(self._cancel_entries(request))
        self._stops.add(work)
        work.add_done_callback(self._stops.discard)
        try:
            async with asyncio.timeout(0 if self.status.blocked else STOP_S):
                return await asyncio.shield(work)
        except TimeoutError:
            detail = "The ledger cannot be written: what rests is cancelled as soon as it can."
            return {"ok": True, "title": STOPPED, "detail": detail}

    async def _cancel_entries(self, request: CommandRequest) -> dict[str, Any]:
        async with self.lock:
            at = self.now()
            self.trader.booking.at = at
            reason = " ".join(str(request.args.get("reason", "")).split())[:LONGEST_REASON]
            with self.settling.whole:
                done = self.desk.stop(request.actor, request.id, at, reason)
            self.settling.telling.touch_all()
            await self._settle_beside_history()
            return done

    async def _change_rule(self, request: CommandRequest) -> dict[str, Any]:
        """Change an alert rule, which moves nothing: any role may, also while history is played.

        Raises:
            CommandError: it cannot be done; nothing changed.
        """
        self._check_writing()
        async with self.lock:
            with self.settling.whole:
                rule = self.alerts.answer(request, self.now())
            await self._settle_beside_history()
            return rule

    async def _acknowledge(self, request: CommandRequest) -> dict[str, Any]:
        """Take that somebody has seen to an alert, also while history is played.

        Raises:
            CommandError: it cannot be done; nothing changed.
        """
        read = self.acknowledging.wanted(request)
        self._check_writing()
        async with self.lock:
            try:
                found = await asyncio.to_thread(read)
            except StoreError as error:
                raise CommandError("blocked", f"The alert cannot be read: {error}.", 503) from error
            with self.settling.whole:
                told = self.acknowledging.take(found, request, self.now())
            await self._settle_beside_history()
            return told

    def _check_writing(self) -> None:
        """Make sure that what is kept beside the ledger could be.

        Raises:
            CommandError: not now.
        """
        if self.status.blocked:
            raise CommandError("blocked", "The database cannot be written. Try again.", 503)

    async def _settle_beside_history(self) -> None:
        """Settle; history that is played commits itself, with the place that it has come to."""
        if self.status.status != "warming_up":
            await self.settling.settle()
