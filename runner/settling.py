"""Commits what happened, and only then tells it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.errors import CommandError, StoreError
from runner.ledger_thread import LedgerThread
from runner.status import Status
from runner.telling import Telling
from runner.trader import Trader
from utils.finishing import finish


@dataclass(slots=True)
class Settling:
    """Takes what the trader recorded to the ledger, then to the readers: both or neither.

    Promise: while the store refuses, readers hear of nothing but that. What broke halfway
    (``fault``) is not committed, nor is anything after it, so that the next start goes on from
    the last commit. ``place`` is where the feed stood at the last step that was traded on: it may
    have handed out the next one, which waits behind a wish that is being committed.
    """

    place: dict[str, Any]
    trader: Trader
    status: Status
    telling: Telling
    ledger: LedgerThread
    fault: Exception | None = None

    async def settle(self) -> None:
        """Commit what is recorded with its checkpoint, then tell it with its consequences.

        Raises:
            StoreError: the store refuses while the engine stops.
        """
        if not self.trader.record.empty and self.fault is None:
            await finish(self._commit_and_tell())

    @contextmanager
    def undivided(self) -> Iterator[None]:
        """Let what happens inside be committed whole or, after a fault, not at all.

        Raises:
            CommandError: a refusal from inside, which is no fault.
            Exception: the fault, also of an earlier time.
        """
        self.check()
        try:
            yield
        except CommandError:
            raise
        except Exception as error:
            self.fault = error
            raise

    def check(self) -> None:
        """Go no further after a fault.

        Raises:
            Exception: the fault.
        """
        if self.fault is not None:
            raise self.fault

    def record_alert(self, level: str, code: str, title: str, detail: str = "") -> None:
        """Record something a person should know."""
        self.trader.record.alert(self._now(), level, code, title, detail)

    async def _commit_and_tell(self) -> None:
        record = self.trader.record
        while not record.empty:
            batch, events = record.take(self.checkpoint())
            with self.undivided():
                await self.ledger.commit(batch, self._say_blocked)
                self._say_unblocked()
                self.telling.tell(events)

    def _say_blocked(self, error: StoreError) -> None:
        self.status.blocked = f"The ledger cannot be written, trading waits: {error}"
        self.telling.say_status()

    def _say_unblocked(self) -> None:
        if self.status.blocked:
            self.status.blocked = ""
            self.telling.say_status()
            self.record_alert("warn", "store_back", "The ledger can be written again")

    def checkpoint(self) -> dict[str, Any]:
        """Return what a restart needs beyond the journal, JSON-able."""
        trader = self.trader
        return {
            "at": self._now(),
            **self.place,
            "warming_up": self.status.status == "warming_up",
            "minute": trader.minute,
            "tally": trader.tally.save(),
            "excursions": trader.booking.excursions.save(),
            "paused": [trader.gate.paused_by, trader.gate.paused_at],
        }

    def _now(self) -> int:
        return self.telling.publisher.clock.now()
