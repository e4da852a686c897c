import asyncio

from hypothesis import given
from hypothesis import strategies as st

from utils.clock import ScaledClock, SetClock, SystemClock


def test_the_machines_clock_never_goes_back() -> None:
    clock = SystemClock()
    times = [clock.now() for _ in range(1000)]

    assert times == sorted(times)


@given(st.integers(0, 2**41), st.floats(0.1, 10_000), st.integers(0, 10_000_000))
def test_a_scaled_clock_runs_from_its_start_at_its_speed(
    start: int, speed: float, elapsed_ms: int
) -> None:
    base = SetClock(123_000)
    clock = ScaledClock(base, start, speed)

    base.at += elapsed_ms

    assert abs(clock.now() - (start + elapsed_ms * speed)) <= 1 + elapsed_ms * speed * 1e-9


def test_a_scaled_clock_waits_shorter_in_real_time() -> None:
    base = SetClock()
    clock = ScaledClock(base, start=0, speed=60)

    asyncio.run(clock.sleep(60))

    assert base.at == 1000
    assert clock.now() == 60_000
