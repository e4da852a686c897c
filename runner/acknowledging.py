"""Alerts that people have seen to: said once, kept with the ledger, told to everybody."""

from collections.abc import Callable
from typing import Any

from core.errors import CommandError
from infra.bus.base import CommandRequest
from runner.record import Record
from store.acknowledgements import AlertRow, read_alert
from store.database import Database
from store.records import AlertAcknowledgement

Read = Callable[[], AlertRow | None]


class Acknowledging:
    """Takes that somebody has seen to an alert of one account.

    Promise: the first who says so stays; saying it again changes nothing and is no fault.
    """

    def __init__(self, record: Record, database: Database, account_id: int) -> None:
        self._record = record
        self._database = database
        self._account_id = account_id

    def wanted(self, request: CommandRequest) -> Read:
        """Return what reads the alert that *request* is about, for another thread.

        Raises:
            CommandError: it names none.
        """
        alert_id = request.args.get("alert_id")
        if not isinstance(alert_id, int) or isinstance(alert_id, bool):
            text = f"alert_id must be a whole number, was {str(alert_id)[:40]!r}."
            raise CommandError("bad_args", text, 400)
        return lambda: read_alert(self._database, self._account_id, alert_id)

    def take(self, found: AlertRow | None, request: CommandRequest, at: int) -> dict[str, Any]:
        """Record that who asks has seen to the alert that was *found*; return who has, and when.

        Raises:
            CommandError: there is none, as far as they may know.
        """
        if found is None or found.owner not in {"", request.owner or request.actor}:
            asked = request.args["alert_id"]
            raise CommandError("no_alert", f"There is no alert {asked} that you may see.", 404)
        waiting = self._record.acknowledgements.get(found.id)
        if waiting is not None:  # of history that is played: not committed yet
            return _told(found.id, waiting.at, waiting.actor)
        if found.acknowledged_at is not None:
            return _told(found.id, found.acknowledged_at, found.acknowledged_by)
        seen = AlertAcknowledgement(alert_id=found.id, at=at, actor=request.actor)
        self._record.acknowledgements[found.id] = seen
        self._record.fact("alert_acknowledged", {"at": at, "id": found.id, "by": request.actor})
        return _told(found.id, at, request.actor)


def _told(alert_id: int, at: int, by: str) -> dict[str, Any]:
    return {"id": alert_id, "acknowledged_at": at, "acknowledged_by": by}
