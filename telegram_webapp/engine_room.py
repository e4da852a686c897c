"""How the whole system is: what the engine gathered, with this process's own and newest figures.

While the engine is away, or on another machine, this process tells what it can see itself.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from core.errors import QuarterdeckError
from infra.vitals.hops import unknown_hop
from infra.vitals.processes import our_processes, process_told, shown, silent_process
from store.pipelines import pipelines
from telegram_webapp.connection import ask_engine
from telegram_webapp.problems import Problem
from telegram_webapp.site import Site

AWAY: Final = "The engine is away."
NO_SIZE: Final[Mapping[str, None]] = dict.fromkeys(
    ("database_bytes", "database_bytes_per_day", "disk_full_at")
)
NO_FEED: Final = {"status": "unknown", "age_ms": None, "rate_per_s": None}


def system_now(site: Site) -> dict[str, Any]:
    """Return how everything is now; ``stale`` while the engine does not answer."""
    told = ask_engine(site, "system", {})
    is_fresh = "machine" in told
    if is_fresh:
        site.vitals.engine_told = told
    else:
        told = site.vitals.engine_told or _alone(site)
    now = site.clock.now()
    age_ms = max(0, now - told["at"])
    return {
        "at": told["at"],
        "stale": not is_fresh,
        "age_ms": age_ms,
        "period_s": told["period_s"],
        "machine": told["machine"],
        "processes": _processes(site, told["processes"], now, is_fresh=is_fresh),
        "hops": [*told["hops"], *site.vitals.hops(_speed(site))],
        "feed": told["feed"],
        "stream": site.vitals.stream(),
        "cache": site.vitals.meter.cache(),
        "database": _database(site, told["database"]),
        "pipelines": told["pipelines"],
    }


def _alone(site: Site) -> dict[str, Any]:
    """Return what this process can see by itself."""
    settings, now = site.settings, site.clock.now()
    period_s = settings.system.update_interval
    is_file = settings.database.startswith("sqlite")
    return {
        "at": now,
        "period_s": period_s,
        "machine": {**site.vitals.machine.sample(), **NO_SIZE, "disk_note": AWAY},
        "processes": our_processes(settings.run_dir, now, period_s),
        "hops": [
            unknown_hop("exchange_engine", "Exchange to engine", AWAY),
            unknown_hop("engine_bus", "Engine to bus, with the commit", AWAY),
        ],
        "feed": NO_FEED,
        "database": {"kind": "sqlite" if is_file else "postgresql", "commit_ms": None},
        "pipelines": _stored_pipelines(site),
    }


def _processes(
    site: Site, told: list[dict[str, Any]], now: int, *, is_fresh: bool
) -> list[dict[str, Any]]:
    """Return the processes, this one by its own newest sample, and the engine away if it is."""
    own = process_told(site.vitals.newest(), now)
    before = next((one for one in told if _is_same(one, own)), None)
    own["restarts"] = None if before is None else before["restarts"]
    others = [one for one in told if not _is_same(one, own)]
    if not is_fresh:
        others = [_gone(one) if one["name"] == "engine" else one for one in others]
        if not any(one["name"] == "engine" for one in others):
            others.insert(0, silent_process("engine", "away", AWAY))
    place = 1 if others and others[0]["name"] == "engine" else 0
    whole = [*others[:place], own, *others[place:]]
    return shown(whole, site.settings.system.process_filter)


def _is_same(one: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Return whether both are of this process, or of one that ended before it."""
    return bool(one["name"] == own["name"] and (one["pid"] == own["pid"] or one["status"] != "up"))


def _gone(engine: Mapping[str, Any]) -> dict[str, Any]:
    nothing = silent_process("engine", "away", AWAY)
    return {**nothing, "pid": engine["pid"], "restarts": engine["restarts"]}


def _database(site: Site, told: Mapping[str, Any]) -> dict[str, Any]:
    size, in_use = site.archive.pool()
    meter = site.vitals.meter
    return {
        "kind": told["kind"],
        "pool_size": size,
        "pool_in_use": in_use,
        "queries": meter.queries,
        "query_ms": meter.spread.figures(),
        "commit_ms": told["commit_ms"],
    }


def _stored_pipelines(site: Site) -> list[dict[str, Any]]:
    """Return how pipelines were when that was stored last; none where nothing can be read."""
    try:
        found = site.archive.ask(lambda database, _: pipelines(database))
    except (QuarterdeckError, Problem):
        return []
    return [msgspec.to_builtins(one) for one in found]


def _speed(site: Site) -> object:
    data = site.link.snapshot().data
    return None if data is None else data["state"].get("engine", {}).get("speed")
