"""One definition for each figure: formula, unit and source beside it.

A figure with too few samples has no value but a reason; it is never 0 or infinite instead.
"""

from core.metrics import returns, trades
from core.metrics.drawdown import Drawdown, underwater
from core.metrics.measure import DEFINITIONS, METRICS, Definition, Measure
from core.metrics.sample import Sample
from core.metrics.trades import return_pct, win_rate_pct

__all__ = [
    "DEFINITIONS", "METRICS", "Definition", "Drawdown", "Measure", "Sample", "return_pct",
    "returns", "trades", "underwater", "win_rate_pct",
]  # fmt: skip
