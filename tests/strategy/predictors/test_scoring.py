"""Scores of predictions: what is worked out by hand, what luck looks like, and who passes."""

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from strategy.predictors.scoring import (
    LEAST_HORIZONS,
    LEAST_SAMPLES,
    Array,
    Trial,
    calibration,
    judge,
    luck,
)


def trial(chance: Array, rose: Any, **changes: Any) -> Trial:
    count = len(chance)
    made = Trial(
        at=np.arange(count, dtype=np.int64) * 900_000, chance=chance,
        rose=np.asarray(rose, dtype=np.bool_), share=np.full(count, 0.5),
        persists=np.ones(count, dtype=np.bool_),
    )  # fmt: skip
    return replace(made, **changes)


def forecast(skill: float, count: int, seed: int = 1) -> Trial:
    """Return calibrated chances, as far from a half as *skill*."""
    rng = np.random.default_rng(seed)
    chance = 0.5 + skill * rng.choice([-1.0, 1.0], count)
    return trial(chance, rng.random(count) < chance)


def test_a_score_is_what_one_works_out_by_hand() -> None:
    score = judge(
        trial(
            np.array([0.9, 0.6, 0.2, 0.4]), [1, 0, 0, 1], share=np.full(4, 0.6),
            persists=np.array([True, True, True, False]),
        ),
        1,
    )  # fmt: skip

    assert score.brier == pytest.approx((0.01 + 0.36 + 0.04 + 0.36) / 4)
    assert score.accuracy == 0.5
    assert score.baseline_brier == pytest.approx(0.25)  # a half, for 0.6 comes to 0.26
    assert score.baseline_accuracy == 0.5  # "up" each time; the last move goes on once
    assert score.skill == pytest.approx(1 - 0.1925 / 0.25)
    assert (score.samples, score.moments) == (4, 4)


def test_the_better_of_two_naive_forecasts_is_the_baseline() -> None:
    often = np.random.default_rng(2).random(1000) < 0.7

    score = judge(trial(np.full(1000, 0.5), often, share=np.full(1000, 0.7)), 1)

    assert score.baseline_brier == pytest.approx(0.21, abs=0.02)
    assert score.baseline_accuracy == often.mean()
    assert score.skill < 0
    assert not score.passes


def test_a_forecast_that_knows_something_passes() -> None:
    score = judge(forecast(0.15, 4000), 4)

    assert score.passes
    assert score.skill == pytest.approx(0.09, abs=0.02)
    assert score.accuracy == pytest.approx(0.65, abs=0.02)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (forecast(0.3, 60 * 4 - 1), f"at least {60 * 4} are needed"),
        (forecast(0.3, LEAST_SAMPLES - 1), f"at least {LEAST_SAMPLES} are needed"),
        (forecast(0.0, 4000), "is not at least 0.5% better"),
        (forecast(0.05, 600, seed=7), "may be luck"),
    ],
)
def test_too_few_too_weak_or_too_lucky_does_not_pass(made: Trial, why: str) -> None:
    score = judge(made, 4)

    assert why in score.failing
    assert not score.passes


def test_symbols_at_one_moment_are_one_moment() -> None:
    made = forecast(0.3, LEAST_HORIZONS * 2)
    thrice = Trial(
        at=np.repeat(made.at, 10), chance=np.repeat(made.chance, 10), rose=np.repeat(made.rose, 10),
        share=np.repeat(made.share, 10), persists=np.repeat(made.persists, 10),
    )  # fmt: skip

    once, again = (luck(t.at, (t.share - t.rose) ** 2 - (t.chance - t.rose) ** 2, 2)
                   for t in (made, thrice))  # fmt: skip

    assert once == pytest.approx(again)
    assert judge(thrice, 2).moments == LEAST_HORIZONS * 2


def test_luck_is_as_rare_as_it_says_although_outcomes_overlap() -> None:
    rng, found = np.random.default_rng(5), []
    for _ in range(400):
        noise = rng.standard_normal(603)
        lead = noise[3:] + noise[2:-1] + noise[1:-2] + noise[:-3]
        found.append(luck(np.arange(600, dtype=np.int64), lead, 4))
    p = np.array(found)

    assert 0.02 < (p < 0.05).mean() < 0.1  # 0.23 if the overlap were not seen
    assert 0.4 < np.median(p) < 0.6


def test_a_lead_without_any_spread_is_certain() -> None:
    at = np.arange(100, dtype=np.int64)

    assert luck(at, np.zeros(100), 4) == 1
    assert luck(at, np.full(100, 0.25), 4) == 0


def test_calibration_sets_what_was_said_against_what_came_true() -> None:
    chance = np.array([0.0, 0.19, 0.2, 0.5, 0.55, 1.0])
    rose = np.array([False, True, False, True, False, True])

    told = [(b.low, b.high, b.count, b.said, b.came_true) for b in calibration(chance, rose)]

    assert told == [
        (0.0, 0.2, 2, 0.095, 0.5), (0.2, 0.4, 1, 0.2, 0.0), (0.4, 0.6, 2, 0.525, 0.5),
        (0.8, 1.0, 1, 1.0, 1.0),
    ]  # fmt: skip
