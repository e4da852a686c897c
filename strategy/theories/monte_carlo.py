"""What a proposed trade may come to: its future drawn many times from the market's own past.

Blocks of neighbouring bars are drawn from the window, so that calm and storm stay together,
their mean replaced by the drift that is expected. A bar that touches both levels counts as
stopped, and a stop fills at its bar's close when that is worse. Ruin is to lose `RUIN_R` times
the risk of such a trade within `BETS` of them.
Source: Politis & Romano, "A circular block-resampling procedure for stationary data" (1992);
Acerbi & Tasche, "On the coherence of expected shortfall", J. Banking & Finance 26 (2002).
"""

import zlib
from typing import Final

import msgspec
import numpy as np

from strategy.base import Part
from strategy.theories.base import Proposal, percent, squash
from strategy.theories.history import Array, History

NAME: Final = "monte_carlo"
PATHS: Final = 256
BLOCK: Final = 8
TAIL: Final = 20  # the worst twentieth of the outcomes
BETS: Final = 100
CAREERS: Final = 200
RUIN_R: Final = 20.0


class Outlook(msgspec.Struct, frozen=True):
    """What the paths came to; money as shares of the price, after costs.

    ``shortfall`` is the mean of the worst twentieth, a loss in units of the risk at the stop.
    """

    stopped: float
    reached: float
    expected: float
    deviation: float
    shortfall: float
    ruin: float


class Sample(msgspec.Struct, frozen=True):
    """Bars to draw from, ``(n,)`` each, to the good of the side: returns and what lies around.

    ``above`` is how far the best price of a bar was over its close, ``below`` how far the worst
    was under it, as logs.
    """

    returns: Array
    above: Array
    below: Array

    @classmethod
    def of(cls, history: History, side: int) -> "Sample":
        """Take the bars of *history* as a holder of *side* sees them."""
        above, below = history.highs - history.returns, history.returns - history.lows
        if side > 0:
            return cls(history.returns, above, below)
        return cls(-history.returns, below, above)


def seed(symbol: str, at: int) -> int:
    """Return the seed for a proposal in *symbol* at engine time *at*, on any machine."""
    return zlib.crc32(symbol.encode()) << 44 | at


def outcomes(
    sample: Sample, proposal: Proposal, paths: int, rng: np.random.Generator
) -> tuple[Array, float, float]:
    """Return ``(paths,)`` log returns before costs, and the shares stopped and at the target."""
    count, bars = len(sample.returns), proposal.bars
    blocks = -(-bars // BLOCK)
    starts = rng.integers(0, count, size=(paths, blocks, 1))
    index = (starts + np.arange(BLOCK)).reshape(paths, -1)[:, :bars] % count
    centred = sample.returns - (float(sample.returns.mean()) - proposal.drift)
    closes = centred[index].cumsum(axis=1)
    stops = closes - sample.below[index] <= np.log1p(-proposal.stop)
    targets = closes + sample.above[index] >= np.log1p(proposal.target)
    first_stop = np.where(stops.any(axis=1), stops.argmax(axis=1), bars)
    first_target = np.where(targets.any(axis=1), targets.argmax(axis=1), bars)
    stopped = (first_stop <= first_target) & (first_stop < bars)
    reached = first_target < first_stop
    ended = np.minimum(np.minimum(first_stop, first_target), bars - 1)
    last = closes[np.arange(paths), ended]
    result = np.where(stopped, np.minimum(last, np.log1p(-proposal.stop)), last)
    result = np.where(reached, np.log1p(proposal.target), result)
    return result, float(stopped.mean()), float(reached.mean())


def ruin(earned: Array, rng: np.random.Generator) -> float:
    """Return how often `BETS` trades with outcomes *earned* ``(n,)``, in R, lose `RUIN_R`."""
    careers = earned[rng.integers(0, len(earned), size=(CAREERS, BETS))].cumsum(axis=1)
    return float((careers.min(axis=1) <= -RUIN_R).mean())


def foresee(history: History, proposal: Proposal, rng: np.random.Generator) -> Outlook:
    """Play *proposal* out over and over."""
    result, stopped, reached = outcomes(Sample.of(history, proposal.side), proposal, PATHS, rng)
    net = np.expm1(result) - proposal.cost
    worst = np.partition(net, PATHS // TAIL)[: PATHS // TAIL]
    return Outlook(
        stopped, reached, float(net.mean()), float(net.std()),
        -float(worst.mean()) / proposal.stop, ruin(net / proposal.stop, rng),
    )  # fmt: skip


def part(outlook: Outlook, side: int) -> Part:
    """Return what the paths say of the side that was proposed."""
    ratio = 3 * outlook.expected / outlook.deviation if outlook.deviation > 0 else 0.0
    return Part(
        NAME, side * squash(ratio), 1.0,
        f"of {PATHS} futures {100 * outlook.reached:.0f}% reach the target, "
        f"{100 * outlook.stopped:.0f}% the stop; {percent(outlook.expected)} on average",
    )  # fmt: skip
