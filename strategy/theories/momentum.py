"""Momentum, trusted less while the market is wilder than usual.

score = squash(move of 8 hours in deviations), weight = min(1, usual ÷ present volatility):
momentum crashes come in turbulence.
Source: Moskowitz, Ooi & Pedersen, "Time series momentum", J. Financial Economics 104 (2012);
Barroso & Santa-Clara, "Momentum has its moments", J. Financial Economics 116 (2015).
"""

import math
from typing import Final

from strategy.base import Part
from strategy.theories.base import percent, span, squash
from strategy.theories.history import History

NAME: Final = "momentum"
BARS: Final = 32
PRESENT: Final = 16  # bars of the present volatility


def look(history: History) -> Part:
    """Follow the move of the last `BARS`."""
    recent = history.returns[-PRESENT:]
    present = math.sqrt(float(recent @ recent) / PRESENT)
    ratio = present / history.sigma
    deviations = history.deviations(BARS)
    moved = f"{percent(history.move(BARS))} in {span(history, BARS)}"
    return Part(
        NAME, squash(deviations), min(1.0, 1 / ratio) if ratio > 0 else 1.0,
        f"{moved}, {abs(deviations):.1f} deviations; volatility {ratio:.1f} times the usual",
    )  # fmt: skip
