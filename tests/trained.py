"""Models for tests: networks that always give the same chance, with the score that is wanted."""

import math

import numpy as np

from core.market import HOUR_MS
from strategy.predictors.features import NAMES, SEQUENCE
from strategy.predictors.model import FORMAT, Card, Course, Model
from strategy.predictors.network import HIDDEN, SHAPES, Network
from strategy.predictors.scoring import Score
from training.shelf import new_name

COURSE = Course(market="test", symbols=["BTC/USDT"], bar_minutes=15, horizon_bars=4)


def score(failing: str = "") -> Score:
    return Score(
        samples=900, moments=300, accuracy=0.6, brier=0.26 if failing else 0.23,
        baseline_accuracy=0.52, baseline_brier=0.2496, skill=0.08, p_value=0.001, bins=[],
        failing=failing,
    )  # fmt: skip


def constant(
    chance: float, course: Course = COURSE, *, until: int = 0, made_at: int = 0, failing: str = ""
) -> Model:
    """Return a model that gives *chance* whatever it sees, trained until *until*."""
    arrays = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    arrays["deviation"] = np.ones(SHAPES["deviation"])
    arrays["head_bias"] = np.array(math.log(chance / (1 - chance)))
    card = Card(
        format=FORMAT, name=new_name(made_at), course=course, features=list(NAMES),
        sequence=SEQUENCE, hidden=HIDDEN, trained_from=until - HOUR_MS, trained_until=until,
        made_at=made_at, samples=900, seed=1, made_with="a test", score=score(failing),
    )  # fmt: skip
    return Model(card, Network(arrays))
