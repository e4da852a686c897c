"""Running indicators against their definitions over whole histories."""

import itertools
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market import MINUTE_MS
from strategy.indicators import Atr, Candle, Ema, Volatility
from tests.exchange.paper_desk import bar

prices = st.floats(1, 10**6)


@given(st.lists(prices, min_size=1, max_size=50))
def test_the_ema_weighs_the_past_geometrically(history: list[float]) -> None:
    ema, alpha = Ema(9), 0.2
    for price in history:
        ema.add(price)

    expected = history[0] * (1 - alpha) ** (len(history) - 1)
    for age, price in enumerate(reversed(history[1:])):
        expected += alpha * (1 - alpha) ** age * price
    assert ema.value == pytest.approx(expected)


def test_the_true_range_spans_the_gap_from_the_last_close() -> None:
    atr = Atr(1)
    atr.add(high=10, low=9, close=9)
    atr.add(high=13, low=12, close=12)
    assert atr.value == 4

    atr.add(high=8, low=7, close=8)
    assert atr.value == 5


@given(st.lists(prices, min_size=3, max_size=60))
def test_volatility_is_the_sample_deviation_of_the_last_log_returns(history: list[float]) -> None:
    volatility = Volatility(24)
    for price in history:
        volatility.add(price)

    returns = [math.log(b / a) for a, b in itertools.pairwise(history)][-24:]
    assert volatility.value == pytest.approx(statistics.stdev(returns), abs=1e-12)


def test_one_return_has_no_volatility() -> None:
    volatility = Volatility(24)
    volatility.add(1.0)
    volatility.add(2.0)

    assert volatility.value == 0


def test_five_minutes_make_a_candle_when_the_clock_says_so() -> None:
    candle = Candle(5 * MINUTE_MS)
    first = bar(0, 100, 100, 100, 100).open_time // MINUTE_MS % 5
    minutes = [bar(5 - first + n, 100, 100 + n, 99 - n, 100 + n / 10) for n in range(5)]

    assert [candle.add(minute) for minute in minutes] == [None] * 4 + [(104, 95, 100.4)]


def test_a_candle_without_its_last_minute_is_dropped() -> None:
    candle = Candle(5 * MINUTE_MS)
    first = 5 - bar(0, 1, 1, 1, 1).open_time // MINUTE_MS % 5
    seen = [bar(first + n, 100, 200, 50, 100) for n in range(4)]
    seen += [bar(first + n, 100, 101, 99, 100) for n in range(7, 10)]

    assert [candle.add(minute) for minute in seen] == [None] * 6 + [(101, 99, 100)]
