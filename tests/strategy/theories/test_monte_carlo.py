"""Playing a proposed trade out: against the formulas there are, and within its bounds."""

import math
from statistics import NormalDist

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategy.theories.base import Proposal
from strategy.theories.monte_carlo import (
    BETS,
    RUIN_R,
    Outlook,
    Sample,
    foresee,
    outcomes,
    part,
    ruin,
    seed,
)
from tests.strategy.theories.pasts import noise, past_of, returns

SIGMA = 0.002
NOTHING = np.zeros(20_000)
IDEA = Proposal(side=1, stop=0.01, target=0.015, cost=0.0012, drift=0.0, bars=96)


def drawn(proposal: Proposal, sample: Sample, paths: int = 3000) -> tuple[float, float, float]:
    """Return what is stopped, what reaches the target, and the mean outcome."""
    result, stopped, reached = outcomes(sample, proposal, paths, np.random.default_rng(1))
    return stopped, reached, float(result.mean())


def up_first(up: float, down: float, drift: float) -> float:
    """Return the chance that a Brownian motion touches *up* before -*down*.

    Source: Karatzas & Shreve, "Brownian Motion and Stochastic Calculus" (1991), 3.5.C.
    """
    if not drift:
        return down / (up + down)
    rate = 2 * drift / SIGMA**2
    return (1 - math.exp(rate * down)) / (math.exp(-rate * up) - math.exp(rate * down))


def seen_late(level: float) -> float:
    """Return where a barrier at *level* really is for a path that is seen once a bar.

    Source: Broadie, Glasserman & Kou, "A continuity correction for discrete barrier options",
    Mathematical Finance 7 (1997).
    """
    return level + 0.5826 * SIGMA


@pytest.mark.parametrize("drift", [0.0, 4e-5, -6e-5])
@pytest.mark.parametrize(("stop", "target"), [(0.02, 0.02), (0.02, 0.03), (0.03, 0.015)])
def test_the_chance_of_the_stop_is_that_of_a_barrier(
    stop: float, target: float, drift: float
) -> None:
    sample = Sample(noise(1, len(NOTHING), SIGMA), NOTHING, NOTHING)
    bars = 1500  # so many that hardly any path is left
    proposal = Proposal(side=1, stop=stop, target=target, cost=0, drift=drift, bars=bars)
    down, up = seen_late(-math.log1p(-stop)), seen_late(math.log1p(target))

    stopped, reached, _ = drawn(proposal, sample, paths=2500)

    assert reached == pytest.approx(up_first(up, down, drift), abs=0.035)
    assert stopped == pytest.approx(1 - up_first(up, down, drift), abs=0.035)


def test_a_stop_alone_is_hit_as_the_reflection_principle_says() -> None:
    sample = Sample(noise(2, len(NOTHING), SIGMA), NOTHING, NOTHING)
    proposal = msgspec.structs.replace(IDEA, stop=0.02, target=5.0)
    down = seen_late(-math.log1p(-0.02))

    stopped, reached, mean = drawn(proposal, sample)

    expected = 2 * NormalDist(0, SIGMA * math.sqrt(proposal.bars)).cdf(-down)
    assert stopped == pytest.approx(expected, abs=0.03)
    assert reached == 0
    assert mean == pytest.approx(0, abs=0.001)


def test_what_a_bar_touched_inside_counts() -> None:
    calm = np.zeros(96)
    sample = Sample(calm, calm, np.where(np.arange(96) == 5, 0.05, 0.0))

    stopped, _, mean = drawn(IDEA, sample)

    assert stopped > 0.5
    assert mean == pytest.approx(stopped * math.log1p(-IDEA.stop))


def test_a_bar_that_touches_both_levels_is_stopped() -> None:
    still, wide = np.zeros(96), np.full(96, 0.05)

    assert drawn(IDEA, Sample(still, wide, wide))[:2] == (1, 0)
    assert drawn(IDEA, Sample(still, wide, still))[:2] == (0, 1)


def test_a_stop_in_a_crash_fills_where_the_bar_closed() -> None:
    still, crash = np.zeros(96), np.where(np.arange(96) == 5, -0.04, 0.0)
    crash -= crash.mean()

    sample, rng = Sample(crash, still, still), np.random.default_rng(1)
    result, stopped, _ = outcomes(sample, IDEA, 1000, rng)

    assert stopped > 0.2
    assert result.min() < -0.035 < math.log1p(-IDEA.stop)


def test_a_short_is_a_long_in_the_market_upside_down() -> None:
    made = noise(3)
    long = Sample.of(past_of(made, swing=0.001), 1)
    short = Sample.of(past_of(-made, swing=0.001), -1)

    for field in ("returns", "above", "below"):
        assert getattr(short, field) == pytest.approx(getattr(long, field), abs=1e-8)


@given(returns, st.floats(0.001, 0.2), st.floats(0.001, 0.2), st.sampled_from([1, -1]))
@settings(max_examples=25)
def test_an_outlook_is_within_its_bounds(
    log_returns: list[float], stop: float, target: float, side: int
) -> None:
    proposal = Proposal(side=side, stop=stop, target=target, cost=0.0012, drift=1e-5, bars=96)
    outlook = foresee(past_of(log_returns, 0.001), proposal, np.random.default_rng(1))

    assert 0 <= outlook.stopped + outlook.reached <= 1
    assert 0 <= outlook.ruin <= 1
    rounding = 1e-12
    assert outlook.expected >= -outlook.shortfall * stop - rounding
    assert outlook.expected <= target - proposal.cost + rounding
    said = part(outlook, side)
    assert -1 <= said.score <= 1
    assert said.score * side * outlook.expected >= 0


def test_the_shortfall_is_the_mean_of_the_worst_twentieth() -> None:
    past = past_of(noise(4), 0.001)
    outlook = foresee(past, IDEA, np.random.default_rng(5))

    result, _, _ = outcomes(Sample.of(past, 1), IDEA, 256, np.random.default_rng(5))
    net = np.sort(np.expm1(result) - IDEA.cost)
    assert outlook.shortfall == pytest.approx(-net[:12].mean() / IDEA.stop)
    assert outlook.expected == pytest.approx(net.mean())


def test_the_same_seed_gives_the_same_outlook_and_seeds_differ() -> None:
    past = past_of(noise(4))
    one, again = (foresee(past, IDEA, np.random.default_rng(seed("A/B", 60_000))) for _ in "12")

    assert one == again
    assert len({seed(symbol, at) for symbol in ("A/B", "B/A") for at in (1, 2)}) == 4


def test_ruin_is_that_of_a_random_walk() -> None:
    """Of bets of one unit up or down, by the reflection principle; see also those beyond it."""
    rng = np.random.default_rng(1)
    found = np.mean([ruin(np.array([1.0, -1.0]), rng) for _ in range(60)])

    walk = NormalDist(0, math.sqrt(BETS))
    assert found == pytest.approx(2 * walk.cdf(-(RUIN_R - 0.5)), abs=0.012)
    assert ruin(np.array([0.1, 0.2]), rng) == 0
    assert ruin(np.array([-0.3]), rng) == 1


def test_its_words_have_the_numbers() -> None:
    outlook = Outlook(0.31, 0.4, 0.0023, 0.01, 1.2, 0.02)

    assert part(outlook, -1).text == (
        "of 256 futures 40% reach the target, 31% the stop; +0.23% on average"
    )
    assert part(outlook, -1).score < 0
