import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from core.quiet_hours import DAY, MINUTE_MS, QuietHours, parse_quiet_hours

minutes = st.integers(0, DAY - 1)
MIDNIGHT = 20_000 * DAY * MINUTE_MS


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("22-07", QuietHours(1320, 420)),
        ("22:30-7", QuietHours(1350, 420)),
        ("2230–0700", QuietHours(1350, 420)),
        ("22-24", QuietHours(1320, 0)),
        ("22-07 +2", QuietHours(1320, 420, 120)),
        ("22 - 07 -3:30", QuietHours(1320, 420, -210)),
        ("1-2 UTC+5:45", QuietHours(60, 120, 345)),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, hours: QuietHours) -> None:
    assert parse_quiet_hours(text) == hours


@pytest.mark.parametrize("text", ["", "22", "22-22", "25-07", "22-07 +15", "a-b", "22-07 2"])
def test_what_says_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_quiet_hours(text)


def test_the_offset_stays_unless_it_is_said() -> None:
    assert parse_quiet_hours("22-07", 120).utc_offset == 120
    assert parse_quiet_hours("22-07 +0", 120).utc_offset == 0


@given(start=minutes, end=minutes, offset=st.integers(-840, 840), at=minutes)
def test_quiet_ends_when_the_person_s_clock_shows_the_end(
    start: int, end: int, offset: int, at: int
) -> None:
    hours = QuietHours(start, end, offset)
    now = MIDNIGHT + at * MINUTE_MS + 1234
    until = hours.until(now)
    local = (at + offset) % DAY
    is_quiet = start <= local < end if start <= end else local >= start or local < end

    assert (until is not None) == is_quiet
    if until is not None:
        assert now < until <= now + DAY * MINUTE_MS
        assert (until // MINUTE_MS + offset) % DAY == end
        assert hours.until(until - 1) is not None
        assert hours.until(until) is None
