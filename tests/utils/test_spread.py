from hypothesis import given
from hypothesis import strategies as st

from utils.spread import Spread, spread_of


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300))
def test_each_percentile_is_one_of_the_durations_and_none_is_below_a_lower_one(
    durations: list[float],
) -> None:
    told = spread_of(sorted(durations))

    assert told is not None
    rising = [told["p50_ms"], told["p95_ms"], told["p99_ms"], told["max_ms"]]
    assert rising == sorted(rising)
    assert set(rising) <= {round(ms, 3) for ms in durations}
    assert sum(ms <= told["p50_ms"] + 0.001 for ms in durations) * 2 >= len(durations)
    assert told["samples"] == len(durations)


def test_only_the_window_counts_and_what_the_clocks_make_negative_is_none() -> None:
    now = [0.0]
    spread = Spread(window_s=10, kept=3, monotonic=lambda: now[0])

    spread.add(500)
    now[0] = 20
    assert spread.figures() is None
    for ms in (9, -4, 2, 3):
        spread.add(ms)

    assert spread.recent() == [0, 2, 3]
