import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market import MINUTE_MS
from exchange.pacing import STEPS_A_SECOND, tick_interval, tick_times


@given(tick_ms=st.integers(10, 60_000), speed=st.floats(0.001, 100_000))
def test_ticks_divide_the_minute_and_never_come_too_fast(tick_ms: int, speed: float) -> None:
    interval_ms = tick_interval(tick_ms, speed)

    if interval_ms is not None:
        assert MINUTE_MS % interval_ms == 0
        assert interval_ms >= tick_ms
        assert 1000 * speed / interval_ms <= STEPS_A_SECOND + 1
        times = tick_times(0, interval_ms)
        assert times[0] == interval_ms
        assert times[-1] == MINUTE_MS - interval_ms


@pytest.mark.parametrize(
    ("speed", "expected"), [(0.5, 500), (1, 500), (4, 500), (60, 7500), (240, 30_000), (600, None)]
)
def test_a_faster_market_has_fewer_ticks_a_minute(speed: float, expected: int | None) -> None:
    assert tick_interval(500, speed) == expected
