import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spans import span_ms, span_text

SECOND_MS = 1000


@given(seconds=st.integers(1, 10_000_000))
def test_a_span_of_time_reads_back(seconds: int) -> None:
    assert span_ms(span_text(seconds * SECOND_MS)) == seconds * SECOND_MS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("1H 30 min", 5400), ("2 days", 172_800)],
)
def test_spans_are_read_as_people_write_them(text: str, seconds: int) -> None:
    assert span_ms(text) == seconds * SECOND_MS


@pytest.mark.parametrize("text", ["", "h", "6", "6h x", "x 6h", "-6h", "0h"])
def test_what_is_no_span_of_time_is_none(text: str) -> None:
    assert span_ms(text) is None
