"""What was sampled of the machine and the processes: by the sample for a day, then by the minute.

These rows are worth less than any of the ledger's: they are written in short transactions of their
own that do not wait for the disk. They belong to no account.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, Table, delete, func, select, text

from core.market import DAY_MS
from store import tables
from store.database import Database

WHOLE_MS: Final = DAY_MS  # for so long every sample is kept

_KEEP: Final = (
    text(
        "INSERT INTO system_metrics (name, at, value) VALUES (:name, :at, :value) "
        "ON CONFLICT DO NOTHING"
    ),
    text(
        "INSERT INTO system_minutes (name, at, value, highest) "
        "VALUES (:name, :at, :value, :highest) ON CONFLICT DO NOTHING"
    ),
)


class Sample(NamedTuple):
    """A figure at a moment (ms)."""

    name: str
    at: int
    value: float


class Minute(NamedTuple):
    """A figure over the minute that begins at ``at`` (ms): its mean and its highest."""

    name: str
    at: int
    value: float
    highest: float


class Stretch(NamedTuple):
    """A figure over a stretch of time that begins at ``at`` (ms): its mean and its highest."""

    at: int
    value: float
    highest: float


def keep_samples(
    database: Database, samples: Sequence[Sample], minutes: Sequence[Minute] = ()
) -> None:
    """Store what was sampled; what is stored already stays as it is.

    Raises:
        StoreError: nothing was stored.
    """
    with database.write(durable=False) as connection:
        if samples:
            connection.execute(_KEEP[0], [row._asdict() for row in samples])
        if minutes:
            connection.execute(_KEEP[1], [row._asdict() for row in minutes])


def let_go_of_samples(database: Database, now: int, days: int) -> int:
    """Remove samples of more than a day ago and minutes of more than *days*, 0 for ever.

    Returns:
        How many rows went.

    Raises:
        StoreError: the database refused; what was removed before stays so.
    """
    limits = [(tables.system_metrics, now - WHOLE_MS)]
    if days:
        limits.append((tables.system_minutes, now - days * DAY_MS))
    gone = 0
    for table, before in limits:
        for name in sampled_names(database, table):
            old = delete(table).where(table.c.name == name, table.c.at < before)
            with database.write(durable=False) as connection:
                gone += int(connection.execute(old).rowcount)
    return gone


def sampled_names(database: Database, table: Table = tables.system_minutes) -> list[str]:
    """Return what was ever sampled, each found by one look-up.

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        return list(_names(connection, table))


def stretches(
    database: Database, name: str, since: int, until: int, bucket_ms: int
) -> list[Stretch]:
    """Return the samples of *name* in [*since*, *until*) (ms), in stretches of *bucket_ms*.

    Raises:
        StoreError: the database refused.
    """
    table = tables.system_metrics
    return _stretches(database, table, table.c.value, (name, since, until, bucket_ms))


def minute_stretches(
    database: Database, name: str, since: int, until: int, bucket_ms: int
) -> list[Stretch]:
    """Return the minutes of *name* in [*since*, *until*) (ms), in stretches of *bucket_ms*.

    Raises:
        StoreError: the database refused.
    """
    table = tables.system_minutes
    return _stretches(database, table, table.c.highest, (name, since, until, bucket_ms))


def database_bytes(database: Database) -> int | None:
    """Return how large the database is, of a file with its log; None when it is not to be seen.

    Raises:
        StoreError: the database refused.
    """
    if database.path:
        log = database.path.with_name(f"{database.path.name}-wal")
        try:
            return database.path.stat().st_size + (log.stat().st_size if log.exists() else 0)
        except OSError:
            return None
    with database.read() as connection:
        size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar()
    return None if size is None else int(size)


class Server(NamedTuple):
    """A database server: which, since when (ms), and the process that serves our connection."""

    version: str
    started_at: int
    backend_pid: int
    is_local: bool


def database_server(database: Database) -> Server | None:
    """Return the server of the database, None of a file.

    Raises:
        StoreError: the database refused.
    """
    if database.path:
        return None
    query = text(
        "SELECT current_setting('server_version'), pg_backend_pid(), "
        "extract(epoch FROM pg_postmaster_start_time()) * 1000, "
        "inet_server_addr() IS NULL OR inet_server_addr() = inet_client_addr()"
    )
    with database.read() as connection:
        version, pid, started_at, is_local = connection.execute(query).one()
    return Server(str(version), int(started_at), int(pid), bool(is_local))


def _names(connection: Connection, table: Table) -> Iterator[str]:
    least = select(func.min(table.c.name))
    name = connection.execute(least).scalar()
    while name is not None:
        yield name
        name = connection.execute(least.where(table.c.name > name)).scalar()


def _stretches(
    database: Database, table: Table, highest: object, wanted: tuple[str, int, int, int]
) -> list[Stretch]:
    name, since, until, bucket_ms = wanted
    at, value = table.c.at, table.c.value
    query = (
        select(func.min(at), func.avg(value), func.max(highest))
        .where(table.c.name == name, at >= since, at < until)
        .group_by(at // bucket_ms)
        .order_by(func.min(at))
    )
    with database.read() as connection:
        return [Stretch(*row) for row in connection.execute(query).all()]
