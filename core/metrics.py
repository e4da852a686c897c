"""One definition for each figure: formula, unit and source in its docstring.

A figure with too few samples has no value but a reason; it is never 0 or infinite instead.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

ZERO = Decimal(0)
HUNDRED = Decimal(100)


class Measure(msgspec.Struct, frozen=True):
    """A figure, or the reason why there is none."""

    value: Decimal | None
    reason: str = ""


def win_rate_pct(wins: int, closed: int) -> Measure:
    """Return 100 · wins ÷ all closed trades, breakevens included in the denominator, in %."""
    if closed == 0:
        return Measure(None, "no closed trade yet")
    return Measure(HUNDRED * wins / closed)


class Drawdown:
    """The deepest fall of equity from its highest peak so far, the start being the first peak.

    Every update counts, not only days' ends. The deepest fall in money and the deepest in % may
    be different falls: each is maximised for itself.
    Source: Magdon-Ismail & Atiya, "Maximum drawdown", Risk 17 (2004).
    """

    def __init__(self, initial: Decimal) -> None:
        self.peak = initial
        self.max_absolute = ZERO
        self.max_pct = ZERO

    def update(self, equity: Decimal) -> None:
        """Take the newest equity, in quote."""
        if equity >= self.peak:
            self.peak = equity
            return
        fall = self.peak - equity
        self.max_absolute = max(self.max_absolute, fall)
        # Compared before dividing: this runs at every equity. Of no peak there is no share.
        if self.peak > 0 and HUNDRED * fall > self.max_pct * self.peak:
            self.max_pct = HUNDRED * fall / self.peak

    def shift(self, amount: Decimal) -> None:
        """Take a transfer into the account: the peak moves with it, no fall begins or ends."""
        self.peak += amount

    def save(self) -> dict[str, str]:
        """Return what `load` needs, JSON-able and exact."""
        return {
            "peak": str(self.peak),
            "max_absolute": str(self.max_absolute),
            "max_pct": str(self.max_pct),
        }

    @classmethod
    def load(cls, saved: Mapping[str, str]) -> "Drawdown":
        """Go on from what `save` returned."""
        drawdown = cls(Decimal(saved["peak"]))
        drawdown.max_absolute = Decimal(saved["max_absolute"])
        drawdown.max_pct = Decimal(saved["max_pct"])
        return drawdown
