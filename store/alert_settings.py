"""How each person wishes to be told of things; kept in ``access.db``, written by bot and page."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.dialects.sqlite import insert

from core.alerts import DEFAULT_MODES, AlertType, Mode
from core.quiet_hours import QuietHours
from store.access_tables import alert_settings
from store.database import Database
from store.rows import columns_of, read_as


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One person's wishes; times are wall clock, ms.

    Attributes:
        owner: whose, as `Identity.owner_id` has it.
        modes: per type, where it differs from `DEFAULT_MODES`.
        muted_until: until when everything but errors is held; null when not muted.
        quiet_start: minute of the person's day in which quiet hours begin; null without any.
        quiet_end: minute in which they end.
        utc_offset: how far the person's clock is ahead of UTC, in minutes.
        changed_at: when they were written last, 0 for never.
    """

    owner: str
    modes: dict[AlertType, Mode] = {}
    muted_until: int | None = None
    quiet_start: int | None = None
    quiet_end: int | None = None
    utc_offset: int = 0
    changed_at: int = 0

    @property
    def quiet_hours(self) -> QuietHours | None:
        """Return the hours of every day that are quiet, None without any."""
        if self.quiet_start is None or self.quiet_end is None:
            return None
        return QuietHours(self.quiet_start, self.quiet_end, self.utc_offset)

    def mode_of(self, alert_type: str) -> Mode:
        """Return how they wish to hear of *alert_type*, one that is not known like the default."""
        known = _TYPES.get(alert_type, AlertType.SYSTEM)
        return self.modes.get(known, DEFAULT_MODES[known])

    def is_muted(self, now: int) -> bool:
        """Return whether they wished to hear errors alone for a while."""
        return self.muted_until is not None and now < self.muted_until

    def held_until(self, now: int) -> int | None:
        """Return when what is not an error may be told again (ms), None if it may now."""
        ends = [self.muted_until] if self.muted_until is not None and self.is_muted(now) else []
        if (hours := self.quiet_hours) and (until := hours.until(now)):
            ends.append(until)
        return max(ends, default=None)

    def with_mode(self, alert_type: AlertType, mode: Mode) -> "AlertSettings":
        """Return these with *alert_type* told as *mode* says."""
        modes = {**self.modes, alert_type: mode}
        modes = {kind: kept for kind, kept in modes.items() if kept != DEFAULT_MODES[kind]}
        return msgspec.structs.replace(self, modes=modes)

    def with_quiet_hours(self, hours: QuietHours | None) -> "AlertSettings":
        """Return these with *hours*, None for no quiet hours."""
        if hours is None:
            return msgspec.structs.replace(self, quiet_start=None, quiet_end=None)
        return msgspec.structs.replace(
            self, quiet_start=hours.start, quiet_end=hours.end, utc_offset=hours.utc_offset
        )


_TYPES: Final = {alert_type.value: alert_type for alert_type in AlertType}


def read_settings(database: Database, owner: str) -> AlertSettings:
    """Return *owner*'s wishes, the defaults if they never said any.

    Args:
        database: of access.
        owner: as `Identity.owner_id` has it.

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        row = connection.execute(_of(owner)).first()
    return AlertSettings(owner=owner) if row is None else read_as(AlertSettings, row)


def read_all_settings(database: Database) -> dict[str, AlertSettings]:
    """Return everybody's wishes who said any, by owner.

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        rows = connection.execute(select(*columns_of(AlertSettings, alert_settings))).all()
    return {found.owner: found for found in (read_as(AlertSettings, row) for row in rows)}


def change_settings(
    database: Database, owner: str, change: Callable[[AlertSettings], AlertSettings], now: int
) -> AlertSettings:
    """Let *change* make *owner*'s wishes anew, with nobody else's change in between.

    Returns:
        What is kept now.

    Raises:
        StoreError: the database refused, and nothing has changed.
    """
    with database.write() as connection:
        row = connection.execute(_of(owner)).first()
        before = AlertSettings(owner=owner) if row is None else read_as(AlertSettings, row)
        kept = msgspec.structs.replace(change(before), owner=owner, changed_at=now)
        values = msgspec.to_builtins(kept)
        new = {name: value for name, value in values.items() if name != "owner"}
        entry = insert(alert_settings).values(values)
        connection.execute(entry.on_conflict_do_update(index_elements=["owner"], set_=new))
    return kept


def write_settings(database: Database, settings: AlertSettings, now: int) -> AlertSettings:
    """Keep *settings* in place of what their owner said before; return them as they are kept.

    Raises:
        StoreError: the database refused.
    """
    return change_settings(database, settings.owner, lambda _: settings, now)


def _of(owner: str) -> Select[Any]:
    query = select(*columns_of(AlertSettings, alert_settings))
    return query.where(alert_settings.c.owner == owner)
