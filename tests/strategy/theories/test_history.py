"""The past as theories see it: a window of whole bars that nothing can poison."""

import math
from collections.abc import Callable
from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market import MINUTE_MS, Bar
from strategy.theories.base import span
from strategy.theories.candles import STRANGE_MINUTES
from strategy.theories.history import DOWN, QUIET, UP, WINDOW, History
from tests.exchange.paper_desk import bar as minute
from tests.exchange.paper_desk import flat
from tests.strategy.theories.pasts import bars_of, noise, past_of

QUARTER = 15 * MINUTE_MS
FIRST = -minute(0, 1, 1, 1, 1).open_time // MINUTE_MS % 15  # the first minute of a quarter


def fed(bars: list[Bar], interval_ms: int = MINUTE_MS) -> History:
    history = History(interval_ms)
    for bar in bars:
        history.add(bar)
    return history


def same(one: History, other: History) -> bool:
    arrays = zip(
        (one.returns, one.highs, one.lows), (other.returns, other.highs, other.lows), strict=True
    )
    return all(np.array_equal(a, b) for a, b in arrays) and one.price == other.price


def test_a_bar_closes_with_its_last_minute() -> None:
    history = History(QUARTER)

    closed = [history.add(flat(FIRST + n, 100 + n)) for n in range(45)]

    assert [n for n, did in enumerate(closed) if did] == [14, 29, 44]
    assert history.seen == 2
    assert history.returns[-2:] == pytest.approx([math.log(129 / 114), math.log(144 / 129)])
    assert history.price == 144


def test_highs_and_lows_are_of_the_whole_bar_and_of_the_close_before() -> None:
    history = History(QUARTER)
    for n in range(15):
        history.add(flat(FIRST + n, 100))
    for n in range(15, 30):
        history.add(minute(FIRST + n, 100, 100 + n, 99, 100))

    assert history.highs[-1] == pytest.approx(math.log(1.29))
    assert history.lows[-1] == pytest.approx(math.log(0.99))
    assert history.returns[-1] == 0
    assert history.true_range == pytest.approx((math.log(1.29) - math.log(0.99)) / 14)


def test_the_window_rolls() -> None:
    wanted = noise(1, WINDOW + 70)
    history = past_of(wanted)

    assert history.returns == pytest.approx(wanted[-WINDOW:])
    assert history.sigma == pytest.approx(math.sqrt(np.mean(wanted[-WINDOW:] ** 2)))
    assert history.move(10) == pytest.approx(wanted[-10:].sum())
    assert history.full


def test_it_is_full_when_it_has_all_of_its_returns() -> None:
    assert not past_of(noise(1, WINDOW - 1)).full
    assert past_of(noise(1, WINDOW)).full


def test_a_third_of_normal_bars_is_quiet() -> None:
    many = np.concatenate([past_of(noise(seed)).states for seed in range(20)])
    shares = [np.mean(many == state) for state in (DOWN, QUIET, UP)]

    assert shares == pytest.approx([1 / 3] * 3, abs=0.03)


def test_a_market_that_stands_still_has_numbers_all_the_same() -> None:
    history = past_of([0.0] * WINDOW)

    assert history.deviations(8) == 0
    assert set(history.states) == {QUIET}


def test_a_bar_without_its_last_minute_and_the_return_across_it_are_left_out() -> None:
    history = History(QUARTER)
    for n in (*range(29), *range(30, 60)):
        history.add(flat(FIRST + n, 100 + n))

    assert history.seen == 1
    assert history.returns[-1] == pytest.approx(math.log(159 / 144))


nonsense: list[Callable[[Bar], Bar]] = [
    lambda bar: msgspec.structs.replace(bar, close=Decimal("NaN")),
    lambda bar: msgspec.structs.replace(bar, high=Decimal("NaN")),
    lambda bar: msgspec.structs.replace(bar, low=Decimal("sNaN")),
    lambda bar: msgspec.structs.replace(bar, high=Decimal("Infinity")),
    lambda bar: msgspec.structs.replace(bar, low=Decimal(0)),
    lambda bar: msgspec.structs.replace(bar, close=Decimal(0), low=Decimal(0)),
    lambda bar: msgspec.structs.replace(bar, low=-bar.low),
    lambda bar: msgspec.structs.replace(bar, low=bar.high * 2),
    lambda bar: msgspec.structs.replace(bar, high=bar.high * 100, close=bar.close * 100),
    lambda bar: msgspec.structs.replace(bar, low=bar.low / 100, close=bar.close / 100),
]


@pytest.mark.parametrize("spoil", nonsense)
def test_a_minute_that_is_no_price_is_as_if_it_were_not_there(
    spoil: Callable[[Bar], Bar],
) -> None:
    bars = bars_of(noise(2, WINDOW + 20), swing=0.001)
    without = fed([*bars[:100], *bars[101:]])

    assert same(fed([*bars[:100], spoil(bars[100]), *bars[101:]]), without)


@given(st.integers(1, 150), st.integers(0, 149))
def test_a_minute_again_or_late_changes_nothing(when: int, which: int) -> None:
    bars = bars_of(noise(3, 150), swing=0.001)
    late = bars[min(which, when - 1)]

    assert same(fed([*bars[:when], late, *bars[when:]]), fed(bars))


def test_a_market_that_really_went_elsewhere_is_learned_anew() -> None:
    history = past_of(noise(4))
    moved = [flat(WINDOW + 1 + n, 7000) for n in range(STRANGE_MINUTES + 3)]
    for bar in moved[:STRANGE_MINUTES]:
        assert not history.add(bar)
    for bar in moved[STRANGE_MINUTES:]:
        assert history.add(bar)

    assert history.price == 7000
    assert history.seen == 2


def test_an_hour_of_strange_minutes_that_comes_and_goes_is_forgotten() -> None:
    bars = bars_of(noise(5, WINDOW + 120))
    seen = fed(bars[: WINDOW + 1])
    for bar in bars[WINDOW + 1 :: 2]:
        seen.add(msgspec.structs.replace(bar, high=bar.high * 100))
        seen.add(msgspec.structs.replace(bar, open_time=bar.open_time + MINUTE_MS))

    assert seen.full


@pytest.mark.parametrize(
    ("interval", "bars", "words"), [(15, 32, "8 h"), (15, 1, "15 min"), (1, 90, "90 min")]
)
def test_spans_are_said_in_words(interval: int, bars: int, words: str) -> None:
    assert span(History(interval * MINUTE_MS), bars) == words
