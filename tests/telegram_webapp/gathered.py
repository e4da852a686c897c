"""What an engine answers when it is asked how everything is."""

from typing import Any

from store.pipelines import PipelineStatus

MIB = 1024 * 1024


def engine_tells(at: int) -> dict[str, Any]:
    """Return what an engine answers when it is asked how everything is."""
    process = {
        "pid": 1, "status": "up", "cpu_pct": 2.5, "rss_bytes": 90 * MIB, "uptime_s": 60,
        "restarts": 2, "open_files": 20, "threads": 4, "note": "",
        "lag": {"p50_ms": 0.4, "p95_ms": 1.0, "p99_ms": 2.0, "max_ms": 9.0},
    }  # fmt: skip
    hop = {"p50_ms": 1.0, "p95_ms": 2.0, "p99_ms": 3.0, "samples": 9, "reason": None}
    pipeline = PipelineStatus(
        name="ledger", title="Ledger", status="ok", last_run_at=at, runs=7, rows=3
    )
    return {
        "at": at, "period_s": 5,
        "machine": {
            "cpu_pct": 20.0, "cores": 2, "load_1m": 0.5, "memory_used": 5 * MIB,
            "memory_total": 9 * MIB, "disk_used": 50 * MIB, "disk_total": 90 * MIB,
            "disk_free": 40 * MIB, "database_bytes": 3 * MIB, "database_bytes_per_day": MIB,
            "disk_full_at": at + 40 * 86_400_000, "disk_note": "",
        },
        "processes": [{**process, "name": "engine"}, {**process, "name": "web", "status": "away"}],
        "hops": [{**hop, "name": "engine_bus", "title": "Engine to bus"}],
        "feed": {"status": "live", "age_ms": 40, "rate_per_s": 6.0},
        "database": {"kind": "sqlite", "commit_ms": None},
        "pipelines": [{name: getattr(pipeline, name) for name in pipeline.__struct_fields__}],
    }  # fmt: skip
