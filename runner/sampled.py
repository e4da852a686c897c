"""What is sampled on its way to the database: every figure, and its minutes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors import StoreError
from core.market import MINUTE_MS
from store.database import Database
from store.system import Minute, Sample, keep_samples

MOST_WAITING: Final = 20_000  # samples, while the database refuses: some forty minutes
OF_MACHINE: Final = ("cpu_pct", "load_1m", "memory_used", "disk_used", "database_bytes")
OF_PROCESS: Final = ("cpu_pct", "rss_bytes")
SHARES: Final = ("p50_ms", "p95_ms", "p99_ms")


def figures(now: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the figures of a sample that are kept, each with its name; what is unknown is not."""
    for name in OF_MACHINE:
        yield from _known(f"machine.{name}", now["machine"].get(name))
    for process in now["processes"]:
        for name in OF_PROCESS:
            yield from _known(f"{process['name']}.{name}", process[name])
        yield from _spread(f"{process['name']}.lag", process["lag"])
    for hop in now["hops"]:
        yield from _spread(f"hop.{hop['name']}", hop)
    yield from _known("feed.rate_per_s", now["feed"]["rate_per_s"])
    yield from _spread("database.commit", now["database"]["commit_ms"])
    yield from _spread("database.query", now["web"].get("query_ms"))
    for name, value in now["stream"].items():
        yield from _known(f"stream.{name}", value)
    for hop in now["web"].get("hops", []):
        yield from _spread(f"hop.{hop.get('name')}", hop)


def _spread(name: str, spread: Mapping[str, Any] | None) -> Iterator[tuple[str, float]]:
    told = spread if isinstance(spread, Mapping) else {}
    for share in SHARES:
        yield from _known(f"{name}_{share}", told.get(share))


def _known(name: str, value: object) -> Iterator[tuple[str, float]]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield name, float(value)


@dataclass(slots=True)
class Waiting:
    """Samples that wait to be stored, a minute at once.

    Promise: nothing waits for the database but these; when there are too many, the oldest go.
    """

    database: Database
    samples: list[Sample] = field(default_factory=list)
    minutes: list[Minute] = field(default_factory=list)
    _open: dict[str, list[float]] = field(default_factory=dict)
    _minute_at: int | None = None

    def add(self, at: int, found: Sequence[tuple[str, float]]) -> None:
        """Take the figures of a sample at *at* (ms)."""
        minute_at = at - at % MINUTE_MS
        if minute_at != self._minute_at:
            self._close()
            self._minute_at = minute_at
        for name, value in found:
            self.samples.append(Sample(name, at, value))
            self._open.setdefault(name, []).append(value)
        del self.samples[:-MOST_WAITING]
        del self.minutes[:-MOST_WAITING]

    @property
    def is_minute(self) -> bool:
        """Return whether a minute waits."""
        return bool(self.minutes)

    def store(self) -> int:
        """Store what waits; return how many samples that was.

        Raises:
            StoreError: the database refused; everything waits on.
        """
        samples, minutes = self.samples, self.minutes
        self.samples, self.minutes = [], []
        try:
            keep_samples(self.database, samples, minutes)
        except StoreError:
            self.samples, self.minutes = samples + self.samples, minutes + self.minutes
            raise
        return len(samples)

    def _close(self) -> None:
        if self._minute_at is not None:
            self.minutes += [
                Minute(name, self._minute_at, sum(values) / len(values), max(values))
                for name, values in self._open.items()
            ]
        self._open.clear()
