"""What the network sees: the same live as in training, always finite, relative to the market."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.market import DAY_MS
from strategy.predictors.candles import CLOSE, HIGH, LOW, OPEN, VOLUME
from strategy.predictors.features import (
    FARTHEST,
    NAMES,
    NEEDED,
    SEQUENCE,
    WINDOW,
    features,
    standardised,
)
from tests.strategy.predictors.markets import START, market

PRICES = slice(OPEN, CLOSE + 1)
prices = st.floats(1e-6, 1e6)


def test_the_last_candles_give_what_the_whole_past_gives() -> None:
    rows = market(3, 300)
    whole = features(rows)

    for last in (NEEDED, 150, 300):
        window = features(rows[last - NEEDED : last])
        ends = last - WINDOW + 1
        np.testing.assert_allclose(window, whole[ends - SEQUENCE : ends], rtol=0, atol=1e-12)


def test_what_comes_later_changes_nothing_that_was_seen() -> None:
    rows = market(4, 200)
    other = rows.copy()
    other[150:, PRICES] *= 7

    np.testing.assert_array_equal(
        features(rows)[: 150 - WINDOW + 1], features(other)[: 150 - WINDOW + 1]
    )


def test_the_price_level_does_not_matter() -> None:
    rows = market(5, 120)
    dear = rows.copy()
    dear[:, PRICES] *= 1000

    np.testing.assert_allclose(features(rows), features(dear), atol=1e-6)


def test_too_few_candles_give_none() -> None:
    assert features(market(6, WINDOW - 1)).shape == (0, len(NAMES))
    assert features(market(6, WINDOW)).shape == (1, len(NAMES))


def test_the_time_of_day_is_a_point_on_a_circle() -> None:
    sine, cosine = features(market(7, 200))[:, -2:].T
    hours = (START + np.arange(WINDOW - 1, 200) * 900_000) % DAY_MS

    np.testing.assert_allclose(sine**2 + cosine**2, 1)
    assert (sine > 1e-9).tolist() == ((hours > 0) & (hours < DAY_MS // 2)).tolist()


@settings(max_examples=40)
@given(
    candles=st.lists(
        st.tuples(prices, prices, prices, prices, st.floats(0, 1e12)), min_size=60, max_size=60
    ),
)
def test_no_candle_of_sound_prices_gives_what_is_no_number(
    candles: list[tuple[float, float, float, float, float]],
) -> None:
    rows = market(8, len(candles))
    given = np.array(candles)
    rows[:, OPEN], rows[:, CLOSE] = given[:, 0], given[:, 1]
    rows[:, HIGH], rows[:, LOW] = given[:, :4].max(axis=1), given[:, :4].min(axis=1)
    rows[:, VOLUME] = given[:, 4]

    assert np.isfinite(features(rows)).all()


def test_a_market_that_stands_still_is_seen_as_such() -> None:
    rows = market(9, 100)
    rows[:, PRICES], rows[:, VOLUME] = 100, 0

    seen = features(rows)

    assert np.isfinite(seen).all()
    assert not seen[:, [0, 2, 3, 4]].any()


def test_nothing_is_farther_off_than_the_network_has_seen() -> None:
    far = np.full((2, len(NAMES)), 1e9)
    ones = np.ones(len(NAMES))

    assert standardised(far, ones, ones).max() == pytest.approx(FARTHEST)
    assert standardised(-far, ones, ones).min() == pytest.approx(-FARTHEST)
