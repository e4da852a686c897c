"""Our processes as they are told of: those that tell of themselves, and servers that others run."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil

from infra.vitals.record import Vitals, newest

ORDER: Final = ("engine", "web", "bot", "launcher")
AWAY: Final = "It has told nothing for {s} s."


def our_processes(run_dir: Path, now: int, period_s: float) -> list[dict[str, Any]]:
    """Return how each of our processes on this machine is at *now* (ms), as far as it told.

    One that never ran here is not among them.
    """
    found = newest(run_dir, now, period_s)
    restarts = _restarts(found)
    return [
        _told(vitals, now, is_fresh=is_fresh, restarts=restarts.get(name))
        for name in ORDER
        for vitals, is_fresh in found.get(name, [])
    ]


def counters_of(run_dir: Path, name: str, now: int, period_s: float) -> Mapping[str, Any] | None:
    """Return what the process *name* counts of its own, None when it told nothing lately."""
    for vitals, is_fresh in newest(run_dir, now, period_s).get(name, []):
        if is_fresh:
            return vitals.counters
    return None


def process_told(vitals: Vitals, now: int) -> dict[str, Any]:
    """Return how the process of *vitals*, which are of now, is told of."""
    return _told(vitals, now, is_fresh=True, restarts=None)


def shown(processes: Iterable[dict[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return those of *names*; all of them when nobody is named."""
    return [one for one in processes if not names or one["name"] in names]


def server_process(
    name: str, note: str, started_at: int, now: int, resources: Mapping[str, Any]
) -> dict[str, Any]:
    """Return how a server is told of that others run; what is not in *resources* is not known."""
    return {
        "name": name, "pid": None, "status": "up", "cpu_pct": None, "rss_bytes": None,
        "uptime_s": max(0, now - started_at) // 1000, "restarts": None, "open_files": None,
        "threads": None, "lag": None, "note": note, **resources,
    }  # fmt: skip


def silent_process(name: str, status: str, note: str) -> dict[str, Any]:
    """Return how a process is told of that says nothing."""
    return {**server_process(name, note, 0, 0, {}), "status": status, "uptime_s": None}


class Family:
    """A process of others and all its children: what a server of a database takes of the machine.

    Promise: whoever vanishes or may not be looked at is left out.
    """

    def __init__(self) -> None:
        self._before: tuple[int, float, float] | None = None

    def sample(self, member_pid: int, now_s: float) -> dict[str, Any]:
        """Return pid, CPU since the last sample and memory, by a child's id; empty when unseen."""
        try:
            parent = psutil.Process(member_pid).parent()
            if parent is None or parent.pid <= 1:
                return {}
            members = [parent, *parent.children(recursive=True)]
        except psutil.Error:
            return {}
        cpu_s, rss = 0.0, 0
        for member in members:
            try:
                times, memory = member.cpu_times(), member.memory_info()
            except psutil.Error:
                continue
            cpu_s += times.user + times.system
            # what is shared would be counted once for each
            rss += max(0, memory.rss - getattr(memory, "shared", 0))
        before, self._before = self._before, (parent.pid, cpu_s, now_s)
        told: dict[str, Any] = {"pid": parent.pid, "rss_bytes": rss}
        if before is not None and before[0] == parent.pid and now_s > before[2]:
            told["cpu_pct"] = round(max(0.0, 100 * (cpu_s - before[1]) / (now_s - before[2])), 2)
        return told


def _restarts(found: Mapping[str, list[tuple[Vitals, bool]]]) -> Mapping[str, int]:
    """Return how often each process was started again, as far as anybody counts that.

    The launcher counts its children, the web process its server's workers.
    """
    total: Counter[str] = Counter()
    for name in ("launcher", "web"):
        for vitals, is_fresh in found.get(name, []):
            counted = vitals.counters.get("restarts")
            if is_fresh and isinstance(counted, dict):
                total.update({one: n for one, n in counted.items() if isinstance(n, int)})
    return total


def _told(vitals: Vitals, now: int, *, is_fresh: bool, restarts: int | None) -> dict[str, Any]:
    silent_s = max(0, now - vitals.at) // 1000
    lag = None if vitals.lag is None or not is_fresh else msgspec.structs.asdict(vitals.lag)
    return {
        "name": vitals.name,
        "pid": vitals.pid,
        "status": "up" if is_fresh else "away",
        "cpu_pct": round(vitals.cpu_pct, 2) if is_fresh else None,
        "rss_bytes": vitals.rss_bytes if is_fresh else None,
        "uptime_s": max(0, now - vitals.started_at) // 1000 if is_fresh else None,
        "restarts": restarts,
        "open_files": vitals.open_files if is_fresh else None,
        "threads": vitals.threads if is_fresh else None,
        "lag": lag,
        "note": "" if is_fresh else AWAY.format(s=silent_s),
    }
