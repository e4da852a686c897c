"""Which strategy is better a trade, and when that cannot be told."""

import math
import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.comparison import AWAITING, ENOUGH, RESAMPLES, compare

NAMES = ("full_math", "trend")
RETURNS = st.lists(st.floats(-5e4, 5e4, allow_nan=False).map(lambda x: round(x, 4)), max_size=25)


def drawn(count: int, mean: float, seed: int = 1) -> list[float]:
    rng = random.Random(seed)
    return [rng.gauss(mean, 1) for _ in range(count)]


def test_a_clear_lead_is_told_with_its_interval() -> None:
    found = compare(NAMES, drawn(300, 0.6), drawn(300, 0, seed=2))

    assert found.verdict.state == "a"
    assert found.verdict.title.startswith("full_math leads by 0.")
    assert "zero lies outside" in found.verdict.text
    assert found.difference is not None
    assert 0 < found.difference.low_pct < found.difference.estimate_pct < found.difference.high_pct
    assert found.difference.needed is None


def test_the_other_side_leads_by_the_same_when_the_two_change_places() -> None:
    a, b = drawn(80, 0.1), drawn(80, 0, seed=2)
    one, two = compare(NAMES, a, b), compare(NAMES[::-1], b, a)

    assert one.difference is not None
    assert two.difference is not None
    assert one.difference.estimate_pct == pytest.approx(-two.difference.estimate_pct)
    assert one.verdict.title == two.verdict.title


def test_too_few_trades_say_how_many_more() -> None:
    found = compare(NAMES, drawn(30, 0.05), drawn(30, 0, seed=5))

    assert found.verdict.state == "undecided"
    assert found.difference is not None
    assert found.difference.needed is not None
    assert f"about {found.difference.needed:,} more needed" in found.verdict.text


def test_as_many_more_as_it_says_would_tell_them_apart() -> None:
    a, b = drawn(40, 0.15), drawn(40, 0, seed=9)
    found = compare(NAMES, a, b).difference
    assert found is not None
    assert found.needed is not None
    times = 1 + found.needed // 80 + 1

    again = compare(NAMES, a * times, b * times)

    assert again.verdict.state in {"a", "b"}


def test_a_handful_of_trades_never_decides() -> None:
    found = compare(NAMES, [1.0] * (ENOUGH - 1), [-1.0] * (ENOUGH - 1))

    assert found.verdict.state == "undecided"


@pytest.mark.parametrize(("a", "b"), [([], []), ([1.0], [1.0, 2.0]), ([], [1.0, 2.0])])
def test_without_closed_trades_it_awaits_them(a: list[float], b: list[float]) -> None:
    found = compare(NAMES, a, b)

    assert found.difference is None
    assert (found.verdict.state, found.verdict.title) == ("awaiting", AWAITING)
    assert "full_math has" in found.verdict.text


def test_trades_that_all_came_to_the_same_are_equal() -> None:
    assert compare(NAMES, [0.5] * 20, [0.5] * 30).verdict.state == "equal"


def test_the_same_trades_give_the_same_interval_each_time() -> None:
    a, b = drawn(50, 0.2), drawn(60, 0, seed=3)

    assert compare(NAMES, a, b) == compare(NAMES, a, b)


def test_an_interval_of_no_difference_holds_zero_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(60):
        found = compare(NAMES, drawn(40, 0, seed), drawn(40, 0, seed + 1000)).difference
        assert found is not None
        held += found.low_pct <= 0 <= found.high_pct

    assert 51 <= held <= 60  # 95 % of sixty is 57


def test_a_small_lead_is_told_with_the_digits_that_matter() -> None:
    found = compare(NAMES, [0.003, 0.004] * 10, [0.0, 0.001] * 10)

    assert found.verdict.title == "full_math leads by 0.0030% a trade"
    assert "0.00% to" not in found.verdict.text


def test_strategies_that_made_the_same_on_average_are_level() -> None:
    found = compare(NAMES, [1.0, -1.0] * 10, [0.5, -0.5] * 10)

    assert found.verdict.state == "undecided"
    assert found.verdict.title == "full_math and trend are level so far"


def test_a_lead_that_may_never_be_told_says_so() -> None:
    found = compare(NAMES, [1.001, -1.0] * 20, [1.0, -1.0] * 20)

    assert found.difference is not None
    assert found.difference.needed is None
    assert "more than 100,000 more needed" in found.verdict.text


def test_of_many_trades_the_interval_is_that_of_the_normal_distribution() -> None:
    a, b = drawn(20_000, 0.1), drawn(30_000, 0, seed=2)

    found = compare(NAMES, a, b).difference

    assert found is not None
    half = 1.96 * math.sqrt(statistics.variance(a) / len(a) + statistics.variance(b) / len(b))
    assert found.resamples < RESAMPLES
    assert found.low_pct == pytest.approx(found.estimate_pct - half, abs=half / 5)
    assert found.high_pct == pytest.approx(found.estimate_pct + half, abs=half / 5)


@given(RETURNS, RETURNS)
@settings(max_examples=40, deadline=None)
def test_whatever_the_trades_it_answers_in_words_and_finite_numbers(
    a: list[float], b: list[float]
) -> None:
    found = compare(NAMES, a, b)

    assert found.verdict.title
    assert found.verdict.text
    if found.difference is not None:
        low, high = found.difference.low_pct, found.difference.high_pct
        assert low <= found.difference.estimate_pct <= high or low == pytest.approx(high)
        assert "nan" not in found.verdict.text
