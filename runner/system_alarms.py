"""When something of the machine is to be told: once, and again only after it was well."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from core.market import DAY_MS

LEAST_FREE_PCT: Final = 5
FULL_WITHIN_MS: Final = 7 * DAY_MS
SLACK: Final = 1.25  # times its limit: where a figure is well again
LATE_MS: Final = 250.0  # the ninety-fifth percentile of a minute
CALM_MS: Final = 100.0
LATE_FOR_MS: Final = 60_000
# of these the engine tells by itself, in words of their own
TOLD_ELSEWHERE: Final = ("feed:", "ledger", "sampler", "system")
GIB: Final = 1024**3


class Said(NamedTuple):
    """An alert in words."""

    level: str
    code: str
    title: str
    detail: str


class SystemAlarms:
    """Looks at every sample, and says what is new in it."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._late_since: dict[str, int] = {}

    def look(self, now: Mapping[str, Any]) -> Iterator[Said]:
        """Yield what was not said before, or was well meanwhile."""
        yield from self._disk(now["at"], now["machine"])
        yield from self._late(now["at"], now["processes"])
        yield from self._pipelines(now["pipelines"])

    def _disk(self, at: int, machine: Mapping[str, Any]) -> Iterator[Said]:
        free, total = machine["disk_free"], machine["disk_total"]
        if free is None or not total:
            return
        share = 100 * free / total
        full_at = machine["disk_full_at"]
        left_ms = None if full_at is None else full_at - at
        if self._is_new(
            "disk_low", is_so=share < LEAST_FREE_PCT, is_well=share > LEAST_FREE_PCT * SLACK
        ):
            detail = f"{free / GIB:.1f} GiB of {total / GIB:.1f} GiB are free, {share:.1f} %."
            yield Said("error", "disk_low", "The disk is nearly full", detail)
        soon = left_ms is not None and left_ms < FULL_WITHIN_MS
        well = left_ms is None or left_ms > FULL_WITHIN_MS * SLACK
        if self._is_new("disk_soon", is_so=soon, is_well=well) and full_at is not None:
            day = datetime.fromtimestamp(full_at / 1000, UTC).strftime("%d %B")
            detail = f"At the pace of the last days the database fills it on {day}."
            yield Said("warn", "disk_low", "The disk will be full within a week", detail)

    def _late(self, at: int, processes: list[dict[str, Any]]) -> Iterator[Said]:
        for process in processes:
            name, lag = process["name"], process["lag"]
            if lag is None:
                continue
            late_ms = lag["p95_ms"]
            if late_ms < LATE_MS:
                self._late_since.pop(name, None)
            since = self._late_since.setdefault(name, at) if late_ms >= LATE_MS else at
            held = at - since >= LATE_FOR_MS
            if self._is_new(f"loop:{name}", is_so=held, is_well=late_ms < CALM_MS):
                detail = (
                    f"For a minute it has come {late_ms:.0f} ms late to one in twenty of its tasks."
                )
                yield Said("warn", "loop_lag", f"The process {name} cannot keep up", detail)

    def _pipelines(self, pipelines: list[dict[str, Any]]) -> Iterator[Said]:
        for one in pipelines:
            if one["name"].startswith(TOLD_ELSEWHERE):
                continue
            failed = one["status"] == "failed"
            if self._is_new(f"pipeline:{one['name']}", is_so=failed, is_well=not failed):
                yield Said("warn", "pipeline_failed", f"{one['title']} failed", one["error"])

    def _is_new(self, what: str, *, is_so: bool, is_well: bool) -> bool:
        if is_well:
            self._told.discard(what)
        elif is_so and what not in self._told:
            self._told.add(what)
            return True
        return False
