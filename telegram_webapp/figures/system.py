"""The machine and our processes over time, one chart a metric; by the wall's clock."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from core.market import HOUR_MS, MINUTE_MS
from store.database import Database
from store.system import Stretch, minute_stretches, stretches
from telegram_webapp.figures.base import Asked, Figure, Told, figure, nothing
from telegram_webapp.figures.lines import line

WHOLE_MS: Final = 3 * HOUR_MS  # a longer time is drawn by the minute
FRESH_S: Final = 5.0
MIB: Final = 1024.0**2
GIB: Final = 1024.0**3
ROLES: Final = ("accent", "series_b", "gain", "warn", "text_3", "loss")


class Metric(NamedTuple):
    """What one chart shows: its lines by the name of their samples, and their unit."""

    title: str
    lines: dict[str, str]
    unit: str
    times: float = 1.0


def _of_processes(figure_name: str) -> dict[str, str]:
    names = ("engine", "web", "bot", "database", "redis")
    return {f"{name}.{figure_name}": name.capitalize() for name in names}


METRICS: Final[dict[str, Metric]] = {
    "cpu": Metric("CPU", {"machine.cpu_pct": "Machine"} | _of_processes("cpu_pct"), "%"),
    "memory": Metric("Memory", _of_processes("rss_bytes"), " MiB", 1 / MIB),
    "lag": Metric("Loop lag", _of_processes("lag_p95_ms"), " ms"),
    "latency": Metric(
        "Latency",
        {
            "hop.exchange_engine_p95_ms": "Exchange to engine",
            "hop.engine_bus_p95_ms": "Engine to bus",
            "hop.bus_web_p95_ms": "Bus to web",
            "hop.web_browser_p95_ms": "Web to browser",
        },
        " ms",
    ),
    "events": Metric(
        "Events a second",
        {"stream.events_per_s": "To pages", "feed.rate_per_s": "From the market"},
        "/s",
    ),
    "disk": Metric(
        "Disk", {"machine.database_bytes": "Database", "machine.disk_used": "Used"}, " GiB", 1 / GIB
    ),
    "queries": Metric(
        "Database times",
        {"database.query_p95_ms": "Questions", "database.commit_p95_ms": "Commits"},
        " ms",
    ),
}


def draw(database: Database, _account_id: int, asked: Asked) -> Figure:
    """Return the lines of a metric, each stretch of time as its mean; shares are of 95 %.

    Raises:
        StoreError: the database refused.
    """
    metric = METRICS[asked.metric]
    most = asked.lines // len(metric.lines)
    found = {title: _read(database, name, asked, most) for name, title in metric.lines.items()}
    shown = {title: stretch for title, stretch in found.items() if stretch}
    if not shown:
        return nothing(asked, metric.title, "Nothing was sampled in this time.")
    traces = [
        line(
            [(one.at, round(one.value * metric.times, 3)) for one in stretch], role,
            name=title, hover=f"{title} %{{y:.4~g}}{metric.unit}", usual_ms=MINUTE_MS,
            meta={"live": "system"},
        )
        for role, (title, stretch) in zip(ROLES, shown.items(), strict=False)
    ]  # fmt: skip
    told = Told(
        title=metric.title,
        text=_words(metric, shown),
        at=max(stretch[-1].at for stretch in shown.values()),
    )
    return figure(
        asked, told, traces, {"yaxis": {"ticksuffix": metric.unit, "rangemode": "tozero"}}
    )


def _read(database: Database, name: str, asked: Asked, most: int) -> Sequence[Stretch]:
    """Return a figure in *most* stretches, of whole samples as far as they are still there."""
    span_ms = asked.until - asked.since
    bucket_ms = -(-span_ms // max(1, most))
    minutes = minute_stretches(database, name, asked.since, asked.until, max(bucket_ms, MINUTE_MS))
    if span_ms > WHOLE_MS:
        return minutes
    whole = stretches(database, name, asked.since, asked.until, max(1, bucket_ms))
    is_all = whole and (not minutes or whole[0].at <= minutes[0].at + MINUTE_MS)
    return whole if is_all else minutes


def _words(metric: Metric, shown: dict[str, Sequence[Stretch]]) -> str:
    """Return the newest value of each line and its highest, in a sentence."""
    said = [
        f"{title} {stretch[-1].value * metric.times:.4g}{metric.unit}, at most "
        f"{max(one.highest for one in stretch) * metric.times:.4g}{metric.unit}"
        for title, stretch in shown.items()
    ]
    return f"{metric.title}: {'; '.join(said)}."
