"""What the watchdog found wrong: remembered with its message, so that each is told once."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from store.access_tables import incidents
from store.database import Database
from store.delivery import Delivery
from store.fan_out import insert_deliveries
from store.rows import columns_of, read_as


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not well, since when, and when people were told (wall clock, ms)."""

    name: str
    since: int
    told_at: int


def list_incidents(database: Database) -> dict[str, Incident]:
    """Return what is not well, by name.

    Raises:
        StoreError: the database refused.
    """
    query = select(*columns_of(Incident, incidents))
    with database.read() as connection:
        found = [read_as(Incident, row) for row in connection.execute(query)]
    return {incident.name: incident for incident in found}


def open_incident(database: Database, incident: Incident, rows: Sequence[Delivery]) -> None:
    """Remember *incident* and tell of it, both or neither; one that is open is not told again.

    Raises:
        StoreError: the database refused.
    """
    entry = insert(incidents).values(msgspec.to_builtins(incident)).on_conflict_do_nothing()
    with database.write() as connection:
        if connection.execute(entry).rowcount:
            insert_deliveries(connection, rows)


def close_incident(database: Database, name: str, rows: Sequence[Delivery]) -> None:
    """Forget the incident *name* and tell that it is over, both or neither.

    Raises:
        StoreError: the database refused.
    """
    with database.write() as connection:
        if connection.execute(delete(incidents).where(incidents.c.name == name)).rowcount:
            insert_deliveries(connection, rows)
