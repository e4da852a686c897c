import asyncio
import time

import pytest
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


def test_a_scaled_clock_goes_on_from_a_later_time_at_its_speed() -> None:
    base = SetClock(5_000)
    clock = ScaledClock(base, start=0, speed=60)
    base.at += 1_000
    clock.not_before(50_000)
    assert clock.now() == 60_000

    clock.not_before(90_000)
    base.at += 1_000
    assert clock.now() == 150_000


def test_the_machines_clock_stands_no_setting_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before = clock.now()
    monkeypatch.setattr(time, "time_ns", lambda: (before - 86_400_000) * 1_000_000)
    times = [clock.now() for _ in range(1000)]

    assert times == sorted(times)
    assert before <= times[0]
    assert times[-1] < before + 60_000


def test_the_machines_clock_goes_on_from_a_stored_time() -> None:
    clock = SystemClock()
    later = clock.now() + 3_600_000
    clock.not_before(later)

    assert later <= clock.now() < later + 60_000
