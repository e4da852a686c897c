"""The shapes of what is told of the machine, its processes and their work."""

from typing import TypedDict

from telegram_webapp.shapes import At


class Percentiles(TypedDict):
    """How long something took lately, ms."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class Times(Percentiles):
    """How long something took in the last minute, ms, and how often it happened."""

    samples: int


class Machine(TypedDict):
    """The machine of the engine; bytes. What is not known is null, disk_note says why."""

    cpu_pct: float
    cores: int
    load_1m: float | None
    memory_used: int
    memory_total: int
    disk_used: int | None
    disk_total: int | None
    disk_free: int | None
    database_bytes: int | None
    database_bytes_per_day: int | None
    disk_full_at: At | None
    disk_note: str


class Process(TypedDict):
    """One process; status is up, away or unknown, cpu_pct of one core."""

    name: str
    pid: int | None
    status: str
    cpu_pct: float | None
    rss_bytes: int | None
    uptime_s: int | None
    restarts: int | None
    open_files: int | None
    threads: int | None
    lag: Percentiles | None
    note: str


class Hop(TypedDict):
    """One leg of the way from the exchange to the page; reason says why nothing is known."""

    name: str
    title: str
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    samples: int
    reason: str | None


class FeedNow(TypedDict):
    """Market data."""

    status: str
    age_ms: int | None
    rate_per_s: float | None


class StreamNow(TypedDict):
    """The streams to pages and programs; counts are since this process began."""

    events_per_s: float | None
    subscribers: int
    resumes: int
    delivered: int
    replaced: int
    cut: int
    snapshots: int
    left: int
    revoked: int


class Cache(TypedDict):
    """Answers that were there already, and those that had to be made."""

    hits: int
    misses: int
    hit_pct: float | None


class DatabaseNow(TypedDict):
    """Questions of this process and commits of the engine, with their last minute's times."""

    kind: str
    pool_size: int
    pool_in_use: int
    queries: int
    query_ms: Times | None
    commit_ms: Times | None


class PipelineNow(TypedDict):
    """A piece of work beside trading; status is ok, late, failed, idle or off."""

    name: str
    title: str
    status: str
    last_run_at: At | None
    duration_ms: float | None
    rows: int | None
    lag_ms: float | None
    error: str
    next_due_at: At | None
    runs: int
    failures: int


class System(TypedDict):
    """The machine and everything that runs for us; stale while the engine does not answer."""

    at: At
    stale: bool
    age_ms: int
    period_s: int
    machine: Machine
    processes: list[Process]
    hops: list[Hop]
    feed: FeedNow
    stream: StreamNow
    cache: Cache
    database: DatabaseNow
    pipelines: list[PipelineNow]


class RunShown(TypedDict):
    """A run of a pipeline, or the runs of a minute together."""

    name: str
    at: At
    duration_ms: float | None
    rows: int | None
    runs: int
    failures: int
    error: str


class Runs(TypedDict):
    """Runs, newest first; next_cursor is null on the last page."""

    runs: list[RunShown]
    next_cursor: str | None
