from hypothesis import given
from hypothesis import strategies as st

from core.disk_forecast import LEAST_MS, Forecast, forecast, growth
from core.market import DAY_MS, HOUR_MS

HOURS = 30


def hourly(*sizes: int) -> list[tuple[int, int]]:
    return [(hour * HOUR_MS, size) for hour, size in enumerate(sizes)]


@given(st.integers(0, 10**12), st.integers(-(10**9), 10**9), st.integers(2, 60))
def test_a_steady_growth_is_found_exactly(begins: int, each_hour: int, hours: int) -> None:
    sizes = hourly(*(begins + each_hour * hour for hour in range(hours)))

    assert growth(sizes) == 24 * each_hour


@given(
    st.lists(st.integers(0, HOURS - 1), max_size=HOURS // 5, unique=True),
    st.integers(-(10**9), 10**9),
)
def test_a_few_sizes_that_jump_do_not_move_it_far(jumps: list[int], by: int) -> None:
    sizes = [1000 * hour for hour in range(HOURS)]
    for hour in jumps:
        sizes[hour] += by

    # two thirds of the pairs still say 1000 an hour
    assert growth(hourly(*sizes)) == 24_000


@given(
    st.lists(st.integers(0, 10**13), min_size=6, max_size=40),
    st.integers(0, 10**14) | st.none(),
    st.integers(0, 2**43),
)
def test_whatever_the_sizes_the_disk_is_full_later_than_now_or_there_is_a_reason(
    sizes: list[int], free: int | None, now: int
) -> None:
    found = forecast(hourly(*sizes), free, now)

    assert (found.full_at is None) == bool(found.note)
    if found.full_at is not None:
        assert found.full_at >= now
        assert found.bytes_per_day is not None
        assert found.bytes_per_day > 0


def test_the_disk_is_full_when_what_is_free_is_used_up() -> None:
    found = forecast(hourly(*(100 * hour for hour in range(10))), 24_000, 5)

    assert found == Forecast(2400, 5 + 10 * DAY_MS)


def test_what_is_not_known_says_why() -> None:
    short = [(0, 1), (LEAST_MS - 60_000, 2)]

    assert forecast([], 1, 1).note.endswith("there are 0 h 0 min.")
    assert forecast(short, 1, 1).note.endswith("there are 5 h 59 min.")
    assert forecast(hourly(*[5] * 10), 1, 1).note == "The database does not grow."
    assert "not known" in forecast(hourly(*range(10)), None, 1).note
    assert "ten years" in forecast(hourly(*range(10)), 10**15, 1).note
