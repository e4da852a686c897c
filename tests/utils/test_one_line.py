from hypothesis import given
from hypothesis import strategies as st

from utils.one_line import one_line


def test_what_does_not_show_is_a_blank() -> None:
    assert one_line("  a\u202eb\n\tc\x00 ", 40) == "a b c"


@given(text=st.text(), most=st.integers(1, 50))
def test_a_line_is_one_line_that_shows(text: str, most: int) -> None:
    line = one_line(text, most)

    assert len(line) <= most
    assert line.isprintable()
