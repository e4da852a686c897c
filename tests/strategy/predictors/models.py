"""Models that were never trained, for tests of what is done with models."""

from typing import Any

import numpy as np
from msgspec.structs import replace

from strategy.predictors.features import NAMES, SEQUENCE
from strategy.predictors.model import FORMAT, Card, Course, Model
from strategy.predictors.network import HIDDEN, SHAPES, Network
from strategy.predictors.scoring import Score
from training.shelf import new_name

COURSE = Course(market="sim:7", symbols=["BTC/USDT"], bar_minutes=15, horizon_bars=4)
SCORE = Score(
    samples=900, moments=900, accuracy=0.56, brier=0.24, baseline_accuracy=0.51,
    baseline_brier=0.25, skill=0.04, p_value=0.01, bins=[], failing="",
)  # fmt: skip


def network(seed: int = 1) -> Network:
    rng = np.random.default_rng(seed)
    arrays = {name: 0.5 * rng.standard_normal(shape) for name, shape in SHAPES.items()}
    return Network(arrays | {"deviation": np.ones(len(NAMES))})


def model(made_at: int = 1_790_000_000_000, seed: int = 1, **changes: Any) -> Model:
    card = Card(
        format=FORMAT, name=new_name(made_at), course=COURSE, features=list(NAMES),
        sequence=SEQUENCE, hidden=HIDDEN, trained_from=made_at - 1000, trained_until=made_at,
        made_at=made_at, samples=1800, seed=1, made_with="torch", score=SCORE,
    )  # fmt: skip
    return Model(replace(card, **changes), network(seed))
