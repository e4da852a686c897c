"""Commits what happened, and only then tells it."""

from dataclasses import dataclass, field
from typing import Any

from core.errors import CommandError, StoreError
from runner.alert_desk import AlertDesk
from runner.ledger_thread import LedgerThread
from runner.status import Status
from runner.telling import Telling
from runner.trader import Trader
from utils.finishing import finish


class Whole:
    """What happens inside ``with`` this is committed whole, or nothing is any more.

    Attributes:
        fault: what broke halfway; entering again raises it. A refused wish is no fault.
    """

    __slots__ = ("fault",)

    def __init__(self) -> None:
        self.fault: Exception | None = None

    def __enter__(self) -> None:
        self.check()

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, CommandError):
            self.fault = error

    def check(self) -> None:
        """Go no further after a fault.

        Raises:
            Exception: the fault.
        """
        if self.fault is not None:
            raise self.fault


@dataclass(slots=True)
class Settling:
    """Takes what the trader recorded to the ledger, then to the readers: both or neither.

    Promise: while the store refuses, readers hear of nothing but that. After something broke
    halfway nothing is committed or told, so that the next start goes on from the last commit.
    ``place`` is where the feed stood at the last step that was traded on: it may
    have handed out the next one, which waits behind a wish that is being committed.
    """

    place: dict[str, Any]
    trader: Trader
    status: Status
    telling: Telling
    ledger: LedgerThread
    alerts: AlertDesk
    whole: Whole = field(default_factory=Whole)

    async def settle(self) -> None:
        """Commit what is recorded with its checkpoint, then tell it with its consequences.

        Raises:
            StoreError: the store refuses while the engine stops.
        """
        if not self.trader.record.empty and self.whole.fault is None:
            await finish(self._commit_and_tell())

    def record_alert(self, level: str, code: str, title: str, detail: str = "") -> None:
        """Record something a person should know."""
        self.trader.record.alert(self._now(), level, code, title, detail)

    async def _commit_and_tell(self) -> None:
        record = self.trader.record
        while not record.empty:
            batch, events = record.take(self.checkpoint(), self.trader.anomalies.save())
            with self.whole:
                await self.ledger.commit(batch, self._say_blocked)
                self.trader.broker.committed()
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
            "tallies": {tally.strategy or "": tally.save() for tally in trader.tallies},
            "symbols": trader.symbols.save(),
            "courses": trader.booking.courses.save(),
            "paused": [trader.gate.paused_by, trader.gate.paused_at],
            "broker": trader.broker.save(),
            "alerts": self.alerts.watchers.save(),
        }

    def _now(self) -> int:
        return self.telling.publisher.clock.now()
