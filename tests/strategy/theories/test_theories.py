"""What holds for every theory, whatever the market did."""

import math

import numpy as np
import pytest
from hypothesis import given, settings

from strategy.full_math import THEORIES
from strategy.theories import entropy
from strategy.theories.base import Theory, percent, squash
from strategy.theories.history import WINDOW
from strategy.theories.vote import USUAL_SCORE, Vote
from tests.strategy.theories.pasts import mirrored, noise, past_of, returns

every_theory = pytest.mark.parametrize("look", THEORIES, ids=lambda look: look.__module__[18:])
EXTREMES = [
    [0.0] * WINDOW,
    [0.05] * WINDOW,
    [-0.05] * WINDOW,
    [0.05, -0.05] * (WINDOW // 2),
    [0.0] * (WINDOW - 1) + [0.5],
    [1e-9] * WINDOW,
]


def check(look: Theory, log_returns: list[float]) -> None:
    part = look(past_of(log_returns))

    assert -1 <= part.score <= 1
    assert 0 <= part.weight <= 1
    assert part.name == look.__module__.rpartition(".")[2]
    assert any(letter.isdigit() for letter in part.text)
    assert "nan" not in part.text
    assert "inf" not in part.text


@every_theory
@given(returns)
@settings(max_examples=25)
def test_a_part_is_within_its_bounds(look: Theory, log_returns: list[float]) -> None:
    check(look, log_returns)


@every_theory
@pytest.mark.parametrize("log_returns", EXTREMES)
def test_a_part_is_within_its_bounds_in_a_strange_market(
    look: Theory, log_returns: list[float]
) -> None:
    check(look, log_returns)


@every_theory
def test_the_market_upside_down_turns_the_score_around(look: Theory) -> None:
    for seed in range(10):
        past = noise(seed).tolist()
        one, other = look(past_of(past)), look(past_of(mirrored(past)))

        assert one.score == pytest.approx(-other.score, abs=1e-6)
        assert one.weight == pytest.approx(other.weight, abs=1e-6)


@every_theory
def test_a_market_that_stands_still_leans_nowhere(look: Theory) -> None:
    assert look(past_of([0.0] * WINDOW)).score == 0


def test_a_clear_trend_has_the_ensemble_behind_it() -> None:
    wave = [0.001 + 0.0005 * math.sin(n) for n in range(WINDOW)]
    rising = Vote.of([look(past_of(wave)) for look in THEORIES])
    falling = Vote.of([look(past_of(mirrored(wave))) for look in THEORIES])

    assert rising.score > 2 * USUAL_SCORE
    assert falling.score == pytest.approx(-rising.score, abs=1e-6)


def test_the_usual_score_is_that_of_a_random_walk() -> None:
    scores = []
    for seed in range(250):
        past = past_of(noise(seed))
        scores.append(Vote.of([look(past) for look in THEORIES]).score)

    assert np.sqrt(np.mean(np.square(scores))) == pytest.approx(USUAL_SCORE, rel=0.12)
    assert abs(np.mean(scores)) < 0.04


def test_entropy_takes_no_side() -> None:
    assert entropy.look(past_of([0.01] * WINDOW)).score == 0


def test_two_deviations_are_loud_and_more_cannot_be_louder_than_one() -> None:
    assert squash(2) == pytest.approx(0.87, abs=0.01)
    assert squash(50) == 1
    assert squash(-0.3) == -squash(0.3)


def test_a_share_of_the_price_is_said_in_per_cent() -> None:
    assert (percent(0.0123), percent(-0.0005)) == ("+1.23%", "−0.05%")
