"""Keeps account of the work beside trading: when each piece ran, how long, and how it went."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from store.pipelines import PipelineRun, PipelineStatus
from utils.clock import Clock
from utils.one_line import one_line

# names that several modules know
SYSTEM: Final = "system"
LEDGER: Final = "ledger"
EQUITY: Final = "sampler"
RETENTION: Final = "retention"
TRAINING: Final = "training"
REPORT: Final = "daily_report"
BACKUPS: Final = "backups"
OUTBOX: Final = "outbox"

LEAST_GRACE_MS: Final = 10_000
MOST_WAITING: Final = 1000  # runs, while the database refuses them
LONGEST_ERROR: Final = 300


@dataclass(slots=True)
class Run:
    """One run while it lasts; ``rows`` is how much it did, ``error`` what went wrong."""

    rows: int | None = None
    error: str = ""


@dataclass(slots=True)
class Pipeline:
    """One piece of work, and how it goes.

    Attributes:
        every_s: how far apart its runs are, None when nobody knows.
        off: why it does not run, empty when it may.
        is_summed: whether it goes on all the time, so that its runs are told by the minute.
        lag_ms: how far it is behind, None where it cannot be.
        next_due_at: when it is to run again (ms), None when nobody knows.
    """

    name: str
    title: str
    every_s: float | None = None
    off: str = ""
    is_summed: bool = False
    last_run_at: int | None = None
    duration_ms: float | None = None
    rows: int | None = None
    lag_ms: float | None = None
    error: str = ""
    next_due_at: int | None = None
    runs: int = 0
    failures: int = 0
    _minute: PipelineRun | None = None

    def ran(self, at: int, run: Run, duration_ms: float | None = None) -> None:
        """Take note of a run that ended at *at* (ms)."""
        self.last_run_at, self.duration_ms, self.rows = at, duration_ms, run.rows
        self.error = one_line(run.error, LONGEST_ERROR)
        self.runs += 1
        self.failures += bool(run.error)
        if self.every_s is not None:
            self.next_due_at = at + int(1000 * self.every_s)
        one = PipelineRun(
            name=self.name, at=at, duration_ms=duration_ms, rows=run.rows,
            failures=int(bool(run.error)), error=self.error,
        )  # fmt: skip
        self._minute = one if self._minute is None else _both(self._minute, one)

    def take_minute(self) -> PipelineRun | None:
        """Return what was summed since the last call, or None if that is nothing."""
        minute, self._minute = self._minute, None
        return minute

    def status(self, now: int) -> str:
        """Return ok, late, failed, idle or off."""
        if self.off:
            return "off"
        if self.error:
            return "failed"
        if self.next_due_at is not None:
            grace_ms = max(LEAST_GRACE_MS, 1000 * (self.every_s or 0))
            if now > self.next_due_at + grace_ms:
                return "late"
        return "idle" if self.last_run_at is None else "ok"

    def told(self, now: int) -> PipelineStatus:
        """Return how it is at *now* (ms)."""
        return PipelineStatus(
            name=self.name, title=self.title, status=self.status(now),
            last_run_at=self.last_run_at, duration_ms=self.duration_ms, rows=self.rows,
            lag_ms=self.lag_ms, error=self.off or self.error,
            next_due_at=None if self.off else self.next_due_at,
            runs=self.runs, failures=self.failures,
        )  # fmt: skip

    def recall(self, last: PipelineStatus) -> None:
        """Go on from how it was stored; a failure of another start is no longer one."""
        self.last_run_at, self.duration_ms, self.rows = (
            last.last_run_at, last.duration_ms, last.rows,
        )  # fmt: skip
        self.runs, self.failures = last.runs, last.failures


@dataclass(slots=True)
class Pipelines:
    """Every piece of work that is known, in the order it was made known.

    Promise: to take note of a run costs microseconds and never fails; a run that the database
    does not take yet waits, the newest so many.
    """

    clock: Clock
    known: dict[str, Pipeline] = field(default_factory=dict)
    _stored: dict[str, PipelineStatus] = field(default_factory=dict)
    _runs: list[PipelineRun] = field(default_factory=list)

    def add(
        self, name: str, title: str, every_s: float | None = None, *, is_summed: bool = False,
        off: str = "",
    ) -> Pipeline:  # fmt: skip
        """Return the piece of work *name*, made known if it was not; it is *off* or it may run."""
        found = self.known.setdefault(name, Pipeline(name, title))
        found.title, found.every_s, found.off, found.is_summed = title, every_s, off, is_summed
        if name in self._stored:
            found.recall(self._stored.pop(name))
        return found

    @contextmanager
    def run(self, name: str) -> Iterator[Run]:
        """Take note of one run of a piece of work that is known.

        Raises:
            Exception: whatever the run raises, after it was noted.
        """
        run, began_s = Run(), self.clock.monotonic()
        try:
            yield run
        except Exception as error:
            run.error = run.error or f"{type(error).__name__}: {error}"
            raise
        finally:
            ms = round((self.clock.monotonic() - began_s) * 1000, 3)
            self.note(name, run, ms)

    def note(
        self, name: str, run: Run, duration_ms: float | None = None, at: int | None = None
    ) -> None:
        """Take note of a run that ended *at* (ms) or just now; of one that is unknown, none."""
        pipeline = self.known.get(name)
        if pipeline is None:
            return
        pipeline.ran(self.clock.now() if at is None else at, run, duration_ms)
        if not pipeline.is_summed:
            self._keep(pipeline.take_minute())

    def due(self, name: str, in_s: float | None) -> None:
        """Say when a piece of work is to run again; None is never."""
        pipeline = self.known.get(name)
        if pipeline is not None:
            pipeline.next_due_at = None if in_s is None else self.clock.now() + int(1000 * in_s)

    def listed(self) -> list[PipelineStatus]:
        """Return how each of them is now."""
        now = self.clock.now()
        return [pipeline.told(now) for pipeline in self.known.values()]

    def recall(self, stored: Sequence[PipelineStatus]) -> None:
        """Go on from what was stored before this start, also of what is made known later."""
        self._stored = {last.name: last for last in stored}
        for name in [*self.known]:
            if name in self._stored:
                self.known[name].recall(self._stored.pop(name))

    def take_runs(self) -> list[PipelineRun]:
        """Return the runs that wait to be stored, with the minute of what goes on all the time."""
        for pipeline in self.known.values():
            if pipeline.is_summed:
                self._keep(pipeline.take_minute())
        runs, self._runs = self._runs, []
        return runs

    def put_back(self, runs: Sequence[PipelineRun]) -> None:
        """Let *runs* wait on: the database did not take them."""
        self._runs = [*runs, *self._runs][-MOST_WAITING:]

    def _keep(self, run: PipelineRun | None) -> None:
        if run is not None:
            self._runs = [*self._runs, run][-MOST_WAITING:]


def _both(before: PipelineRun, later: PipelineRun) -> PipelineRun:
    """Return two runs as one: the longest time, and all they did."""
    times = [ms for ms in (before.duration_ms, later.duration_ms) if ms is not None]
    rows = [count for count in (before.rows, later.rows) if count is not None]
    return PipelineRun(
        name=later.name, at=later.at, duration_ms=max(times, default=None),
        rows=sum(rows) if rows else None, runs=before.runs + later.runs,
        failures=before.failures + later.failures, error=later.error or before.error,
    )  # fmt: skip
