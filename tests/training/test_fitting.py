"""Fitting: it repeats itself to the last bit, learns what is there, and begins as the baseline."""

import numpy as np
import pytest

from strategy.predictors.model import Course
from tests.strategy.predictors.markets import market
from training.fitting import _thinned, fit
from training.lesson import teach
from training.samples import Samples, make_samples

COURSE = Course(market="test", symbols=["A"], bar_minutes=15, horizon_bars=1)


def samples_of(edge: float, count: int, seed: int = 1) -> Samples:
    return make_samples({"A": market(seed, count, edge)}, COURSE)


def test_the_same_samples_and_seed_give_the_same_network() -> None:
    samples = samples_of(0.5, 500)
    every = np.arange(len(samples))

    one, again, other = (fit(samples, every, seed).arrays for seed in (1, 1, 2))

    for name, array in one.items():
        np.testing.assert_array_equal(array, again[name])
    assert (one["hidden_weight"] != other["hidden_weight"]).any()


def test_what_goes_on_is_learned_and_passes() -> None:
    score = teach(samples_of(0.8, 1200), COURSE, 1).card.score

    assert score.passes
    assert score.accuracy > 0.7
    assert score.skill > 0.15
    assert score.p_value < 0.001


def test_pure_noise_does_not_pass() -> None:
    score = teach(samples_of(0.0, 1200), COURSE, 1).card.score

    assert not score.passes
    assert score.skill < 0.02
    assert score.accuracy == pytest.approx(0.5, abs=0.06)


def test_of_too_many_samples_some_are_taken_evenly() -> None:
    numbers = np.arange(100, dtype=np.int64)

    assert _thinned(numbers, 100) is numbers
    assert _thinned(numbers, 5).tolist() == [0, 24, 49, 74, 99]
