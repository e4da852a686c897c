"""Walk-forward trials: learn from what was known, predict what came after, step on, again.

The first half of the time is only learned from. The second is cut into folds; for each the
network learns anew from everything whose outcome was known when the fold began, so that between
the last window learned and the first predicted lies at least one horizon.
Source: Tashman, "Out-of-sample tests of forecasting accuracy", Int. J. of Forecasting 16 (2000).
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import numpy as np

from core.errors import DataError
from strategy.predictors.network import Network
from strategy.predictors.scoring import LEAST_HORIZONS, Array, Trial
from training.samples import Integers, Samples

FOLDS: Final = 4
ONLY_LEARNED: Final = 0.5
AT_ONCE: Final = 2048

Teach = Callable[[Samples, Integers], Network]


def check_enough(samples: Samples, horizon_bars: int) -> None:
    """Make sure that trials over *samples* can say something.

    Raises:
        DataError: they cannot.
    """
    moments = len(np.unique(samples.at))
    least = int(LEAST_HORIZONS * horizon_bars / (1 - ONLY_LEARNED)) + 2 * horizon_bars
    if moments < least:
        raise DataError(f"{moments} moments to learn from, at least {least} are needed")


def try_out(samples: Samples, teach: Teach) -> Trial:
    """Return what networks that *teach* makes predicted of what they had not seen."""
    found = [_fold(samples, teach, *span) for span in spans(samples)]
    parts = [fold for fold in found if len(fold.at)]
    return Trial(
        at=np.concatenate([p.at for p in parts]),
        chance=np.concatenate([p.chance for p in parts]),
        rose=np.concatenate([p.rose for p in parts]),
        share=np.concatenate([p.share for p in parts]),
        persists=np.concatenate([p.persists for p in parts]),
    )


def spans(samples: Samples) -> list[tuple[int, int]]:
    """Return where each fold begins and ends, ms; the end is not part of it."""
    first, last = int(samples.at[0]), int(samples.at[-1])
    begin = first + (last - first) * ONLY_LEARNED
    edges = np.linspace(begin, last + 1, FOLDS + 1).astype(np.int64).tolist()
    return list(pairwise(edges))


def _fold(samples: Samples, teach: Teach, since: int, until: int) -> Trial:
    known, new = samples.known_by(since), samples.between(since, until)
    share = float(samples.rose[known].mean())
    return Trial(
        at=samples.at[new],
        chance=predict(teach(samples, known), samples, new),
        rose=samples.rose[new],
        share=np.full(len(new), share),
        persists=samples.persists[new],
    )


def predict(network: Network, samples: Samples, chosen: Integers) -> Array:
    """Return what *network* says of the *chosen* samples, a few thousand at a time."""
    cuts = range(0, len(chosen), AT_ONCE)
    answers = [
        network.chances(samples.windows(chosen[cut : cut + AT_ONCE]).astype(np.float64))
        for cut in cuts
    ]
    return np.concatenate(answers) if answers else np.empty(0)
