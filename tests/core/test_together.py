"""Correlations and volatilities are those of numpy, and null where too little is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import together
from core.together import FEWEST, Returns

moves = st.lists(
    st.tuples(*(st.integers(-500, 500) for _ in range(2))), min_size=FEWEST, max_size=90
)


@given(moves, st.sets(st.integers(0, 89), max_size=20))
def test_a_correlation_is_numpys_over_the_hours_that_both_have(
    pairs: list[tuple[int, int]], missing: set[int]
) -> None:
    first: Returns = [None if n in missing and n % 2 else x / 1e4 for n, (x, _) in enumerate(pairs)]
    second: Returns = [
        None if n in missing and not n % 2 else y / 1e4 for n, (_, y) in enumerate(pairs)
    ]
    both = [pair for n, pair in enumerate(pairs) if n not in missing]

    found = together.pearson(first, second)

    moved = both and all(len(set(side)) > 1 for side in zip(*both, strict=True))
    if len(both) < FEWEST or not moved:
        assert found is None
        return
    assert found is not None
    expected = np.corrcoef(np.array(both).T)[0, 1]
    assert found == pytest.approx(float(expected), abs=1e-9)


@given(st.lists(st.integers(-500, 500), min_size=FEWEST, max_size=200))
def test_a_volatility_is_numpys_deviation_over_its_time(values: list[int]) -> None:
    returns: Returns = [value / 1e4 for value in values]

    sigma = float(np.std(np.array(values) / 1e4, ddof=1))
    day = float(np.std(np.array(values[-24:]) / 1e4, ddof=1))
    assert together.annualised_pct(returns) == pytest.approx(
        100 * sigma * math.sqrt(8760), abs=1e-3
    )
    assert together.volatility_pct(returns, 24) == pytest.approx(
        100 * day * math.sqrt(24), abs=1e-3
    )


def test_too_few_hours_have_no_figure() -> None:
    few: Returns = [0.01 * (n % 3) for n in range(FEWEST - 1)]
    holed: Returns = [None if n % 3 else 0.01 for n in range(168)]

    assert together.pearson(few, few) is None
    assert together.annualised_pct(few) is None
    assert together.volatility_pct(few, 24) is None
    assert together.volatility_pct(holed, 168) is None


def test_a_return_needs_both_its_closes() -> None:
    closes = {9: 100.0, 10: 110.0, 12: 99.0, 13: 99.0}

    found = together.hourly_returns(closes, range(10, 15))

    assert found == [pytest.approx(0.1), None, None, 0.0, None]


def test_a_matrix_is_the_same_both_ways() -> None:
    up: Returns = [float(n % 5) for n in range(30)]
    down: Returns = [-float(n % 5) for n in range(30)]
    still: Returns = [0.0] * 30

    assert together.matrix([up, down, still]) == [
        [1.0, -1.0, None], [-1.0, 1.0, None], [None, None, None],
    ]  # fmt: skip
