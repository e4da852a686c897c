"""Each pair of strategies that trade, compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import msgspec

from core.comparison import compare
from core.metrics import return_pct
from core.trades import Trade

Curve = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two strategies: the verdict, and their returns since the start in %."""

    names: tuple[str, str]
    verdict: Mapping[str, Any]
    curves: Sequence[tuple[str, Curve]]


def compare_all(trades: Sequence[Trade], curves: Mapping[str, Curve]) -> list[Pair]:
    """Return every pair of the strategies that have a curve, in the order of their names."""
    results = {name: returns_pct(trades, name) for name in sorted(curves)}
    return [
        Pair(
            (a, b),
            msgspec.structs.asdict(compare((a, b), results[a], results[b]).verdict),
            [(name, curves[name]) for name in (a, b)],
        )
        for a, b in combinations(results, 2)
    ]


def returns_pct(trades: Sequence[Trade], strategy: str) -> list[float]:
    """Return the net result of each trade of *strategy* in % of what was entered."""
    return [float(return_pct(trade)) for trade in trades if trade.strategy == strategy]
