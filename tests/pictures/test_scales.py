import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures import scales
from pictures.scales import Scale

VALUES = st.floats(-1e9, 1e9, allow_nan=False)
HOUR = 3_600_000
DAY = 24 * HOUR


@given(VALUES, st.floats(1e-6, 1e9))
def test_lines_are_few_round_rising_and_inside(low: float, spread: float) -> None:
    high = low + spread
    found = scales.lines(low, high)
    assert len(found) <= scales.MOST_LINES
    assert found == sorted(found)
    tolerance = abs(high - low) * 1e-6 + abs(low) * 1e-9
    assert all(low - tolerance <= value <= high + tolerance for value in found)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, [0, 50, 100]),
        (9_640, 10_020, [9_700, 9_800, 9_900, 10_000]),
        (-3.8, 0.1, [-3, -2, -1, 0]),
        (5, 5, [5]),
    ],
)
def test_lines_stand_at_values_people_would_choose(
    low: float, high: float, expected: list[float]
) -> None:
    assert scales.lines(low, high) == pytest.approx(expected)


@given(st.integers(0, 2_000_000_000_000), st.integers(60_000, 3000 * DAY))
def test_moments_are_few_round_and_inside(since: int, span: int) -> None:
    found = scales.moments(since, since + span)
    assert len(found) <= scales.MOST_MOMENTS
    assert all(since <= at <= since + span and at % 60_000 == 0 for at in found)
    assert len(scales.moment_words(found)) == len(found)


def test_moments_within_a_day_are_hours_and_beyond_are_dates() -> None:
    noon = 12 * HOUR
    assert scales.moment_words(scales.moments(noon, noon + 3 * HOUR)) == [
        "12:00", "13:00", "14:00", "15:00",
    ]  # fmt: skip
    assert scales.moment_words(scales.moments(0, 4 * DAY)) == [
        "1 Jan", "2 Jan", "3 Jan", "4 Jan", "5 Jan",
    ]  # fmt: skip


@given(VALUES, st.floats(1e-3, 1e9), st.floats(0, 1))
def test_a_scale_maps_ends_on_ends_and_keeps_the_order(
    low: float, spread: float, share: float
) -> None:
    scale = Scale(low, low + spread, 300.0, 100.0)
    assert scale(low) == pytest.approx(300)
    assert scale(low + spread) == pytest.approx(100, abs=1e-3)
    assert 100 - 1e-3 <= scale(low + share * spread) <= 300 + 1e-3


def test_a_scale_of_one_value_stands_in_the_middle() -> None:
    assert Scale(7, 7, 0, 10)(7) == 5


@given(st.lists(VALUES, min_size=1, max_size=20))
def test_around_has_room_on_both_sides(values: list[float]) -> None:
    low, high = scales.around(values)
    assert low < min(values)
    assert high > max(values)
