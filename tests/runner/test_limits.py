from pathlib import Path

import pytest

from runner.limits import risk_limits, stale_after_s
from tests.runner.engines import settings


@pytest.mark.parametrize(
    ("tick_ms", "speed", "seconds"),
    [
        (500, 1.0, 10),
        (500, 600.0, 10),
        (500, None, 10),
        (15_000, 1.0, 30),
        (45_000, 1.0, 120),  # no such tick divides the minute, so there are only bars
        (500, 0.05, 20),
    ],
)
def test_a_market_that_ticks_seldom_is_not_stale_between_two_ticks(
    tmp_path: Path, tick_ms: int, speed: float | None, seconds: int
) -> None:
    wanted = settings(tmp_path, tick_ms=tick_ms)

    assert stale_after_s(wanted, speed) == seconds
    assert risk_limits(wanted, speed).stale_after_ms == 1000 * seconds
