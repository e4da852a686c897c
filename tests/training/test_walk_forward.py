"""The trials: nothing that is predicted was learned from, and nothing learned was unknown."""

import numpy as np
import pytest

from core.errors import DataError
from strategy.predictors.candles import CLOSE, OPEN
from strategy.predictors.model import Course
from strategy.predictors.network import Network
from tests.strategy.predictors.markets import market
from tests.strategy.predictors.models import network
from training.fitting import fit
from training.samples import Integers, Samples, make_samples
from training.walk_forward import FOLDS, check_enough, predict, spans, try_out

COURSE = Course(market="test", symbols=["A", "B"], bar_minutes=15, horizon_bars=4)


def samples_of(count: int, horizon_bars: int = 4) -> Samples:
    course = Course(market="test", symbols=["A"], bar_minutes=15, horizon_bars=horizon_bars)
    return make_samples({"A": market(1, count), "B": market(2, count)}, course)


def test_nothing_is_learned_whose_outcome_was_not_known_then() -> None:
    samples, taught = samples_of(500), list[Integers]()

    def teach(given: Samples, chosen: Integers) -> Network:
        taught.append(chosen)
        assert given is samples
        return network()

    trial = try_out(samples, teach)

    folds = spans(samples)
    assert len(taught) == len(folds) == FOLDS
    for chosen, (since, _) in zip(taught, folds, strict=True):
        assert (samples.at[chosen] + samples.horizon_ms <= since).all()
        assert chosen[0] == 0  # the window of time grows, it does not move
        assert since - samples.at[chosen].max() < samples.horizon_ms + 900_000
    assert trial.at.min() >= folds[0][0]
    assert trial.at.max() == samples.at[-1]
    assert len(trial.at) == len(samples.between(folds[0][0], folds[-1][1]))


def test_the_naive_share_is_that_of_what_was_known() -> None:
    samples = samples_of(500)
    trial = try_out(samples, lambda _given, _chosen: network())

    for since, until in spans(samples):
        here = (trial.at >= since) & (trial.at < until)
        known = samples.known_by(since)
        assert trial.share[here] == pytest.approx(samples.rose[known].mean())


def test_the_future_does_not_reach_back_into_what_was_predicted() -> None:
    rows = market(3, 420, edge=0.5)
    turned = rows.copy()
    since, until = spans(make_samples({"A": rows}, COURSE))[1]
    later = rows[:, 0] >= until
    turned[later, OPEN : CLOSE + 1] = 1 / turned[later, OPEN : CLOSE + 1]
    turned[:, [2, 3]] = np.where(later[:, None], turned[:, [3, 2]], turned[:, [2, 3]])

    said = []
    for past in (rows, turned):
        samples = make_samples({"A": past}, COURSE)
        learned = fit(samples, samples.known_by(since), seed=1)
        said.append(predict(learned, samples, samples.between(since, until)))

    np.testing.assert_array_equal(said[0], said[1])


def test_too_few_moments_are_said_so() -> None:
    with pytest.raises(DataError, match=r"^\d+ moments to learn from, at least 488 are needed$"):
        check_enough(samples_of(480), 4)
    check_enough(samples_of(600), 4)
