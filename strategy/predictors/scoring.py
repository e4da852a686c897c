"""How good predictions are: accuracy, Brier score and calibration, against naive baselines.

Brier score: the mean of (probability - outcome)², 0 is perfect, 0.25 is always saying a half.
Source: Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather
Review 78 (1950). Skill: 1 - Brier ÷ Brier of the baseline.
"""

import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int64]

BINS: Final = 5
LEAST_HORIZONS: Final = 60  # horizons that predictions must cover, or nothing is known
LEAST_SAMPLES: Final = 500
LEAST_SKILL: Final = 0.005
LEVEL: Final = 0.05
HALF: Final = 0.5


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Chances told from ``low`` to ``high``: on average ``said``, of which so many came true."""

    low: float
    high: float
    count: int
    said: float
    came_true: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What came of predictions, beside what always saying the same would have come to.

    ``moments`` are the different times of the ``samples``; ``p_value`` is the chance of such a
    lead over the baseline by luck alone. ``failing`` says why nothing may be traded on it, empty
    when it passes.
    """

    samples: int
    moments: int
    accuracy: float
    brier: float
    baseline_accuracy: float
    baseline_brier: float
    skill: float
    p_value: float
    bins: list[Bin]
    failing: str

    @property
    def passes(self) -> bool:
        """Return whether it beats its baseline."""
        return not self.failing


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """Predictions with their outcomes, arrays ``(n,)`` in any order.

    ``share`` is the share of rises that was known before each, ``persists`` whether the price had
    risen over the horizon before it.
    """

    at: Times
    chance: Array
    rose: Flags
    share: Array
    persists: Flags


def judge(trial: Trial, horizon_bars: int) -> Score:
    """Compare a *trial*'s predictions with the better of two baselines each.

    Those of the Brier score always tell the share of rises known before, or a half; those of
    accuracy say the side that was the more frequent before, or that the last move goes on.
    """
    outcome = trial.rose.astype(np.float64)
    losses = (trial.chance - outcome) ** 2
    naive = [(share - outcome) ** 2 for share in (trial.share, np.full_like(outcome, HALF))]
    best = min(naive, key=lambda loss: float(loss.mean()))
    frequent = ((trial.share > HALF) == trial.rose).mean()
    goes_on = (trial.persists == trial.rose).mean()
    brier, baseline = float(losses.mean()), float(best.mean())
    score = Score(
        samples=len(outcome),
        moments=len(np.unique(trial.at)),
        accuracy=float(((trial.chance > HALF) == trial.rose).mean()),
        brier=brier,
        baseline_accuracy=float(max(frequent, goes_on)),
        baseline_brier=baseline,
        skill=1 - brier / baseline if baseline else 0.0,
        p_value=luck(trial.at, best - losses, horizon_bars),
        bins=calibration(trial.chance, trial.rose),
        failing="",
    )
    return msgspec.structs.replace(score, failing=_failing(score, horizon_bars))


def _failing(score: Score, horizon_bars: int) -> str:
    least = LEAST_HORIZONS * horizon_bars
    if score.moments < least:
        return f"only {score.moments} moments were predicted, at least {least} are needed"
    if score.samples < LEAST_SAMPLES:
        return f"only {score.samples} predictions were made, at least {LEAST_SAMPLES} are needed"
    versus = f"its Brier score of {score.brier:.4f} against {score.baseline_brier:.4f}"
    if score.skill < LEAST_SKILL:
        return f"{versus} is not at least {100 * LEAST_SKILL:.1f}% better"
    if score.p_value >= LEVEL:
        return f"{versus} may be luck (p = {score.p_value:.2f}, at most {LEVEL} is allowed)"
    return ""


def luck(at: Times, lead: Array, horizon_bars: int) -> float:
    """Return the one-sided p-value of a mean *lead* above 0, by Diebold and Mariano.

    Predictions of one moment are averaged first, for symbols move together; neighbours in time
    overlap for a horizon, so that the variance is Newey and West's with that many lags.
    Sources: Diebold & Mariano, "Comparing predictive accuracy", J. Business & Economic Statistics
    13 (1995); Newey & West, Econometrica 55 (1987).
    """
    _, places = np.unique(at, return_inverse=True)
    by_moment = np.bincount(places, weights=lead) / np.bincount(places)
    count = len(by_moment)
    off = by_moment - by_moment.mean()
    variance = float(off @ off) / count
    for lag in range(1, min(horizon_bars, count - 1) + 1):
        weight = 1 - lag / (horizon_bars + 1)
        variance += 2 * weight * float(off[lag:] @ off[:-lag]) / count
    mean = float(by_moment.mean())
    if variance <= 0:
        return 0.0 if mean > 0 else 1.0
    return 0.5 * math.erfc(mean / math.sqrt(2 * variance / count))


def calibration(chance: Array, rose: Flags) -> list[Bin]:
    """Return what was told and what came true in each fifth of 0 to 1; empty ones are left out."""
    places = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    found = []
    for place in range(BINS):
        here = places == place
        if here.any():
            found.append(Bin(
                low=place / BINS, high=(place + 1) / BINS, count=int(here.sum()),
                said=round(float(chance[here].mean()), 6),
                came_true=round(float(rose[here].mean()), 6),
            ))  # fmt: skip
    return found
