"""The chance to win a trade, learned from the strategy's own record.

The chance has a Beta distribution: `PRIOR` imagined trades that win as often as costs demand,
so that nothing is claimed, then a win or a loss for each real one, which is forgotten by half
every 30 days. What costs demand is breakeven = loss ÷ (gain + loss), in units of what the stop
risks, with the average gain and loss of the record beside those that are planned.
Source: Gelman et al., "Bayesian Data Analysis" (3rd ed.), 2.4 (binomial with a Beta prior).
"""

import math
from typing import Final

import msgspec

from core.market import DAY_MS
from core.trades import Trade
from strategy.base import Part
from strategy.theories.base import squash

NAME: Final = "bayes"
PRIOR: Final = 10.0
HALF_LIFE_MS: Final = 30 * DAY_MS


class Belief(msgspec.Struct, frozen=True):
    """A Beta distribution of the chance to win, with the chance that is needed."""

    wins: float
    losses: float
    breakeven: float
    trades: float

    @property
    def mean(self) -> float:
        """Return the expected chance."""
        return self.wins / (self.wins + self.losses)

    @property
    def deviation(self) -> float:
        """Return its standard deviation."""
        whole = self.wins + self.losses
        return math.sqrt(self.wins * self.losses / (whole * whole * (whole + 1)))

    @property
    def hopeful(self) -> float:
        """Return the chance one deviation above the expected one, at most 1."""
        return min(1.0, self.mean + self.deviation)


class Record:
    """The strategy's closed trades, the older the fainter; in units R of their first risk."""

    __slots__ = ("_at", "_gains", "_losses", "_lost", "_wins")

    def __init__(self) -> None:
        self._at = 0
        self._wins = self._losses = self._gains = self._lost = 0.0

    def add(self, trade: Trade) -> None:
        """Take a closed trade; a breakeven counts as a loss, for it won nothing."""
        fade = self._fade(trade.closed_at)
        self._at = max(self._at, trade.closed_at)
        self._wins, self._losses = self._wins * fade, self._losses * fade
        self._gains, self._lost = self._gains * fade, self._lost * fade
        risk = float(trade.risk) if trade.risk else abs(float(trade.net_pnl)) or 1.0
        earned = float(trade.net_pnl) / risk
        if earned > 0:
            self._wins, self._gains = self._wins + 1, self._gains + earned
        else:
            self._losses, self._lost = self._losses + 1, self._lost - earned

    def _fade(self, at: int) -> float:
        return 1.0 if at <= self._at else float(2 ** ((self._at - at) / HALF_LIFE_MS))

    def belief(self, at: int, gain: float, loss: float) -> Belief:
        """Return what the record says at *at* (ms) of a trade that may win *gain* or lose *loss*.

        Both are above 0, in R, after costs.
        """
        fade, half = self._fade(at), PRIOR / 2
        wins, losses = self._wins * fade, self._losses * fade
        gain = (self._gains * fade + half * gain) / (wins + half)
        loss = (self._lost * fade + half * loss) / (losses + half)
        breakeven = loss / (gain + loss)
        return Belief(
            wins + PRIOR * breakeven, losses + PRIOR * (1 - breakeven), breakeven, wins + losses
        )


def part(belief: Belief, side: int) -> Part:
    """Return what *belief* adds to a lean to *side*: for it, or against it."""
    better = (belief.mean - belief.breakeven) / belief.deviation
    return Part(
        NAME, side * squash(better), belief.trades / (belief.trades + PRIOR),
        f"wins {100 * belief.mean:.0f}% by a record that counts as {belief.trades:.1f} trades, "
        f"{100 * belief.breakeven:.0f}% needed",
    )  # fmt: skip
