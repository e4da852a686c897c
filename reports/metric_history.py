"""The account's headline figures over time, as JSON beside the report: at most 500 points."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from store import series
from store.database import Database
from store.records import PerformancePoint
from utils.files import atomic_write

POINTS: Final = 500


def write_metric_history(database: Database, account_id: int, path: Path, now: int) -> None:
    """Write *path* anew: ``{"written_at", "points": [{"at", "equity", …}]}``, oldest first.

    An account of imported history has no hourly figures: its points have equity alone.

    Raises:
        OSError: it cannot be written.
        StoreError: the database refused.
    """
    hourly = series.performance(database, account_id, newest=24 * 366 * 10)
    points = [_figures(point) for point in _thinned(hourly)]
    if not points:
        curve = series.equity(database, account_id, max_points=POINTS)
        points = [{"at": p.at, "equity": float(p.equity)} for p in curve]
    body = {"written_at": now, "points": points}
    atomic_write(path, (json.dumps(body, indent=1) + "\n").encode())


def _thinned(points: Sequence[PerformancePoint]) -> Sequence[PerformancePoint]:
    """Return at most `POINTS`, evenly spread; the newest is always among them."""
    stride = -(-len(points) // POINTS) or 1
    return points[::-1][::stride][::-1]


def _figures(point: PerformancePoint) -> Mapping[str, Any]:
    values = msgspec.structs.asdict(point)
    del values["strategy"]
    money = {"equity", "balance", "net_pnl"}
    return {name: float(v) if name in money else v for name, v in values.items()}
