"""What each theory claims about known processes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from strategy.theories import autocorrelation, entropy, hurst, kalman, markov, momentum
from strategy.theories.history import DOWN, QUIET, UP, WINDOW, count_transitions
from tests.strategy.theories.pasts import Array, autoregressive, noise, past_of

SEEDS = range(40)


def path_of(log_returns: Array) -> Array:
    """Return the path that *log_returns* make, from 0."""
    return np.append(0.0, log_returns.cumsum())


state_lists = st.lists(st.integers(DOWN, UP), min_size=3, max_size=300)


class TestEntropy:
    @given(state_lists)
    def test_it_is_from_0_to_1(self, states: list[int]) -> None:
        assert 0 <= entropy.entropy(count_transitions(np.array(states))) <= 1

    def test_it_is_shannons(self) -> None:
        states = np.random.default_rng(1).choice(3, size=150, p=[0.6, 0.3, 0.1])
        words = np.bincount(states[:-1] * 3 + states[1:], minlength=9)
        bias = (np.count_nonzero(words) - 1) / (2 * 149)

        expected = (stats.entropy(words) + bias) / math.log(9)
        assert entropy.entropy(count_transitions(states)) == pytest.approx(expected)

    def test_what_repeats_has_little_and_noise_has_nearly_all(self) -> None:
        assert entropy.entropy(count_transitions(np.full(192, QUIET))) == 0
        assert entropy.entropy(count_transitions(np.array([DOWN, UP] * 96))) < 0.33
        assert np.mean([entropy.entropy(past_of(noise(s)).transitions) for s in SEEDS]) > 0.99

    def test_its_weight_is_how_much_is_noise(self) -> None:
        assert entropy.part(1.0).weight == 1
        assert entropy.part(0.9).weight == pytest.approx(0.5)
        assert entropy.part(0.3).weight == 0


def exponents(phi: float) -> Array:
    return np.array([hurst.exponent(path_of(autoregressive(seed, phi))) for seed in SEEDS])


class TestHurst:
    def test_noise_has_a_half(self) -> None:
        assert exponents(0.0).mean() == pytest.approx(0.5, abs=0.03)

    def test_trends_have_more_and_reversion_less(self) -> None:
        assert exponents(0.4).mean() > 0.55
        assert exponents(-0.4).mean() < 0.45

    def test_a_straight_line_has_one(self) -> None:
        assert hurst.exponent(path_of(np.full(WINDOW, 0.001))) == pytest.approx(1)

    def test_its_standard_error_is_that_of_noise(self) -> None:
        many = [hurst.exponent(path_of(noise(seed))) for seed in range(1000)]
        assert np.std(many) == pytest.approx(hurst.ERROR, rel=0.1)

    @given(st.floats(1e-5, 1e3))
    def test_the_scale_of_the_market_does_not_matter(self, scale: float) -> None:
        assert hurst.exponent(path_of(noise(1) * scale)) == pytest.approx(
            hurst.exponent(path_of(noise(1)))
        )

    def test_it_follows_where_moves_go_on_and_opposes_where_they_turn(self) -> None:
        rising = np.full(hurst.BARS, 0.0005)
        for phi, way in ((0.5, 1), (-0.5, -1)):
            part = hurst.look(past_of(np.append(autoregressive(3, phi), rising)[-WINDOW:]))
            going = "go on" if way > 0 else "turn back"
            assert np.sign(part.score) == way
            assert f"tend to {going}; the last 48 min went up" in part.text


def plain_filter(observed: Array, q: float) -> tuple[float, float]:
    """Kalman's recursion in full, started from the first observation."""
    drift, variance = float(observed[0]), 1.0
    for seen in observed[1:]:
        variance += q
        gain = variance / (variance + 1)
        drift += gain * (seen - drift)
        variance *= 1 - gain
    return drift, variance


class TestKalman:
    @given(st.integers(2, 300), st.floats(0, 10), st.integers(0, 1000))
    def test_the_weights_are_kalmans_recursion(self, count: int, q: float, seed: int) -> None:
        observed = noise(seed, count, 1.0)
        weights, variance = kalman.filter_weights(count, q)

        expected = plain_filter(observed, q)
        assert (float(weights @ observed), variance) == pytest.approx(expected)
        assert weights.sum() == pytest.approx(1)

    def test_without_change_of_the_drift_it_is_the_mean(self) -> None:
        weights, variance = kalman.filter_weights(50, 0.0)

        assert weights == pytest.approx(np.full(50, 1 / 50))
        assert variance == pytest.approx(1 / 50)

    def test_its_gain_settles_at_one_over_its_memory(self) -> None:
        weights, _ = kalman.filter_weights(500, kalman.Q)

        assert weights[-1] == pytest.approx(1 / kalman.MEMORY, rel=1e-6)

    @given(st.floats(1e-5, 0.02), st.sampled_from([1, -1]))
    def test_a_ramp_has_its_sign_and_slope(self, slope: float, way: int) -> None:
        part = kalman.look(past_of([way * slope] * WINDOW))

        assert part.score == pytest.approx(way, abs=1e-3)
        assert f"drift {100 * way * slope:+.3f}%".replace("-", "−") in part.text

    def test_noise_is_within_two_errors_nearly_always(self) -> None:
        loud = [abs(kalman.look(past_of(noise(seed))).score) > 0.87 for seed in range(200)]

        assert np.mean(loud) < 0.1


class TestAutocorrelation:
    @pytest.mark.parametrize(("phi", "way"), [(0.3, 1), (-0.3, -1)])
    def test_it_follows_what_persists_and_opposes_what_reverts(self, phi: float, way: int) -> None:
        ratios, follows = [], []
        for seed in SEEDS:
            past = past_of(autoregressive(seed, phi))
            ratios.append(autocorrelation.variance_ratio(past.path)[0])
            follows.append(autocorrelation.look(past).score * past.move(autocorrelation.Q))

        assert np.sign(np.mean(ratios) - 1) == way
        assert np.mean(np.sign(follows) == way) > 0.9

    def test_the_ratio_is_that_of_variances(self) -> None:
        """Equal but for what makes both unbiased, which is little in a long history."""
        made = autoregressive(1, 0.2, count=5000)
        q = autocorrelation.Q
        sums = np.convolve(made - made.mean(), np.ones(q), mode="valid")

        expected = sums.var() / (q * made.var())
        assert autocorrelation.variance_ratio(path_of(made))[0] == pytest.approx(expected, rel=0.01)

    def test_its_mean_and_error_are_those_of_noise(self) -> None:
        found = [autocorrelation.variance_ratio(path_of(noise(seed))) for seed in range(1000)]

        assert np.mean([ratio for ratio, _ in found]) == pytest.approx(1, abs=0.02)
        assert np.std([ratio for ratio, _ in found]) == pytest.approx(found[0][1], rel=0.1)


class TestMarkov:
    @given(state_lists)
    def test_the_rows_are_probabilities(self, states: list[int]) -> None:
        counts = count_transitions(np.array(states))
        rows = markov.chain(counts)

        assert rows.sum(axis=1) == pytest.approx([1, 1, 1])
        assert (rows > 0).all()
        assert counts.sum() == len(states) - 1

    def test_a_known_chain_is_found_again(self) -> None:
        truth = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.05, 0.15, 0.8]])
        rng, states = np.random.default_rng(1), [QUIET]
        for _ in range(20_000):
            states.append(int(rng.choice(3, p=truth[states[-1]])))

        assert markov.chain(count_transitions(np.array(states))) == pytest.approx(truth, abs=0.03)

    def test_after_a_fall_it_follows_what_came_after_falls(self) -> None:
        zigzag = [0.002, -0.002] * (WINDOW // 2)
        steps = [0.002] * 8 + [-0.002] * 8

        assert markov.look(past_of(zigzag)).text.startswith("falling; next bar rises 98%")
        assert markov.look(past_of((steps * 12)[:WINDOW])).score < 0
        assert markov.look(past_of((steps * 13)[8 : WINDOW + 8])).score > 0

    def test_it_follows_the_chain_bar_by_bar(self) -> None:
        rows = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.05, 0.15, 0.8]])
        each = np.array([-1.0, 0.1, 1.0])

        powers = [np.linalg.matrix_power(rows, bar) for bar in range(1, markov.AHEAD + 1)]
        assert markov.follow(rows, each) == pytest.approx(sum(powers) @ each)

    def test_a_state_that_never_came_has_no_mean(self) -> None:
        assert list(markov.means(np.array([UP, UP]), np.array([1.0, 3.0]))) == [0, 0, 2]


class TestMomentum:
    @pytest.mark.parametrize("way", [1, -1])
    def test_it_follows_the_last_eight_hours(self, way: int) -> None:
        moved = np.append(noise(1)[: -momentum.BARS], np.full(momentum.BARS, way * 0.001))
        part = momentum.look(past_of(moved))

        assert np.sign(part.score) == way
        assert f"{'+' if way > 0 else '−'}3.20% in 32 min" in part.text

    def test_it_is_trusted_less_in_a_storm(self) -> None:
        calm, storm = noise(2), noise(2)
        storm[-momentum.PRESENT :] *= 5

        assert momentum.look(past_of(calm)).weight > 0.8
        assert momentum.look(past_of(storm)).weight < 0.5
