"""The machine, our processes and the work beside trading, as metrics for Prometheus."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, Metric

from telegram_webapp.families import PREFIX, counter, gauge, labelled

Data = Mapping[str, Any]
Labels = dict[str, str]

_MACHINE: Final = (
    ("cpu_pct", "machine_cpu_percent", "CPU in use, of all cores."),
    ("load_1m", "machine_load", "Load average of a minute."),
    ("memory_used", "machine_memory_used_bytes", "Memory in use."),
    ("memory_total", "machine_memory_bytes", "Memory."),
    ("disk_free", "disk_free_bytes", "Free on the disk that holds the data."),
    ("disk_total", "disk_bytes", "Size of the disk that holds the data."),
    ("database_bytes", "database_bytes", "Size of the trading database."),
    ("database_bytes_per_day", "database_growth_bytes_per_day", "Its growth a day, lately."),
)
_PROCESS: Final = (
    ("cpu_pct", "process_cpu_percent", "CPU of a process, of one core."),
    ("rss_bytes", "process_memory_bytes", "Resident memory of a process."),
    ("uptime_s", "process_uptime_seconds", "Since a process was started."),
    ("open_files", "process_files", "Open files of a process."),
    ("restarts", "process_restarts", "Times a process was started again."),
)
_SHARES: Final = (("p50_ms", "0.5"), ("p95_ms", "0.95"), ("p99_ms", "0.99"))
_STATUSES: Final = ("ok", "late", "failed", "idle", "off")


def system_families(system: Data) -> Iterator[Metric]:
    """Yield what *system* tells, as `telegram_webapp.engine_room.system_now` gives it."""
    machine, at = system["machine"], system["at"]
    yield gauge("system_stale", "Whether the engine does not answer.", system["stale"])
    for field, name, doc in _MACHINE:
        if machine.get(field) is not None:
            yield gauge(name, doc, machine[field])
    if machine.get("disk_full_at") is not None:
        left_s = max(0, machine["disk_full_at"] - at) / 1000
        yield gauge("disk_full_seconds", "Until the disk is full at this pace.", left_s)
    yield from _processes(system["processes"])
    yield from _times("hop_seconds", "Latency of a hop.", "hop", system["hops"], _itself)
    yield from _database(system["database"])
    yield from _pipelines(system["pipelines"], at)
    yield counter("cache_hits", "Answers that were there already.", system["cache"]["hits"])
    yield counter("cache_misses", "Answers that had to be made.", system["cache"]["misses"])


def _itself(one: Data) -> Data | None:
    return one


def _processes(processes: Collection[Data]) -> Iterator[Metric]:
    known = [({"process": str(one["name"]), "pid": str(one["pid"])}, one) for one in processes]
    if not known:
        return
    ups = [(labels, one["status"] == "up") for labels, one in known]
    yield labelled("process_up", "Whether a process is there.", ups)
    for field, name, doc in _PROCESS:
        rows = [(labels, one[field]) for labels, one in known if one[field] is not None]
        if rows:
            yield labelled(name, doc, rows)
    doc = "How late the loop of a process came to what was due."
    yield from _times("loop_lag_seconds", doc, "process", processes, lambda one: one["lag"])


def _times(
    name: str, doc: str, label: str, things: Iterable[Data], of: Callable[[Data], Data | None]
) -> Iterator[Metric]:
    """Yield the percentiles of *things*, in seconds; of one that has none, none."""
    rows: list[tuple[Labels, float]] = []
    for thing in things:
        spread = of(thing)
        if spread is not None and spread["p50_ms"] is not None:
            rows += [
                ({label: str(thing["name"]), "quantile": share}, spread[field] / 1000)
                for field, share in _SHARES
            ]
    if rows:
        yield labelled(name, doc, rows)


def _database(database: Data) -> Iterator[Metric]:
    yield counter("database_queries", "Questions of the page's server.", database["queries"])
    yield gauge("database_pool_size", "Connections kept open at most.", database["pool_size"])
    yield gauge("database_pool_in_use", "Connections in use.", database["pool_in_use"])
    times = [{"name": "query", "of": "query_ms"}, {"name": "commit", "of": "commit_ms"}]
    doc = "Questions of the page's server, commits of the engine."
    yield from _times("database_seconds", doc, "what", times, lambda one: database[one["of"]])


def _pipelines(pipelines: Iterable[Data], at: int) -> Iterator[Metric]:
    known = [({"pipeline": str(one["name"])}, one) for one in pipelines]
    if not known:
        return
    states = [
        ({**labels, "status": status}, one["status"] == status)
        for labels, one in known
        for status in _STATUSES
    ]
    yield labelled("pipeline_status", "How a piece of work is, in the label.", states)
    ages = [
        (labels, max(0, at - one["last_run_at"]) / 1000)
        for labels, one in known
        if one["last_run_at"] is not None
    ]
    if ages:
        yield labelled("pipeline_age_seconds", "Since it last ran.", ages)
    for field, doc in (("runs", "Runs so far."), ("failures", "Runs that failed so far.")):
        family = CounterMetricFamily(f"{PREFIX}pipeline_{field}", doc, labels=("pipeline",))
        for labels, one in known:
            family.add_metric(list(labels.values()), one[field])
        yield family
