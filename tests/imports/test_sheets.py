"""CSV files as people have them."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError, DataError
from imports.equity import NAMES, REQUIRED, read_points
from imports.moments import Moments
from imports.outcome import Outcome
from imports.sheet import read_sheet

MAY = 1_777_593_600_000  # 2026-05-01 00:00 UTC


def points(
    path: Path, text: str, encoding: str = "utf-8"
) -> tuple[list[tuple[int, int, Decimal]], Outcome]:
    path.write_text(text, encoding=encoding)
    outcome = Outcome(path.name)
    found = read_points(read_sheet(path, NAMES, REQUIRED), Moments(), outcome)
    return [(line, p.at - MAY, p.equity) for line, p in found], outcome


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("time,equity\n2026-05-01 00:00,10000.5\n2026-05-01 00:15,10001\n", "utf-8"),
        ("Time;Total Equity\n2026-05-01T00:00;10.000,5\n2026-05-01T00:15;10.001\n", "utf-8-sig"),
        ("equity\tnote\tTIME\n10,000.5\tx\t1777593600\n10,001\t\t1777594500\n", "utf-8"),
        ("at|value\n1777593600000|$10000.50\n1777594500000|10001\n\n", "utf-8"),
        ("date,equity\n2026-05-01T02:00:00+02:00,10000.5\n2026-05-01T00:15:00Z,10001\n", "utf-8"),
    ],
)  # fmt: skip
def test_separators_boms_commas_and_zones_do_not_matter(
    tmp_path: Path, text: str, encoding: str
) -> None:
    found, outcome = points(tmp_path / "equity.csv", text, encoding)

    assert [(at, equity) for _, at, equity in found] == [
        (0, Decimal("10000.5")), (900_000, Decimal(10001)),
    ]  # fmt: skip
    assert outcome.refused == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-05-01 00:15,nan", "equity must be a finite number, was 'nan'"),
        ("2026-05-01 00:15,-5", "equity must be 0 or more, was -5"),
        ("2026-05-01 00:15,", "equity must be a number, was ''"),
        ("2026-05-01 00:15,ten", "equity must be a number, was 'ten'"),
        ("yesterday,10", "the time must be like 2026-05-31 14:30"),
        (",10", "the time is missing"),
        ("1899-01-01,10", "the time must be from 2000 to 2100"),
        ("2026-05-01 00:15+02:00,10", "has an offset from UTC, unlike the first row's"),
        ("2026-05-01 00:00,1001", "line 2 has 1000 at that time, this 1001"),
        ("2026-05-01 00:00,1000", "the same time and equity as line 2"),
        ("2026-05-01 00:15,100000", "equity 100000 stands alone between 1000 and 1002"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_reason_and_the_others_stay(
    tmp_path: Path, row: str, reason: str
) -> None:
    text = f"time,equity\n2026-05-01 00:00,1000\n{row}\n2026-05-01 00:30,1002\n"

    found, outcome = points(tmp_path / "equity.csv", text)

    assert [line for line, _, _ in found] == [2, 4]
    assert [line for line, _ in outcome.refused] == [3]
    assert reason in outcome.refused[0][1]
    assert f"equity.csv:3: refused, {outcome.refused[0][1]}" in list(outcome.lines())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"time,price\n1,2\n", "lacks the column equity: its first line is 'time,price'"),
        (b"", "lacks the column time, equity"),
        (b"time,equity\n\xff\xfe,1\n", "is not UTF-8 text"),
        (b'time,equity\n"1' + b"x" * 200_000, "is not a CSV file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_one_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "equity.csv"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=sentence):
        read_sheet(path, NAMES, REQUIRED)
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_sheet(tmp_path / "other.csv", NAMES, REQUIRED)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    moments = Moments()
    try:
        at = moments.read(text)
    except DataError:
        return

    assert 946_684_800_000 <= at < 4_102_444_800_000


@given(st.integers(946_684_800_000, 4_102_444_799_999))
def test_a_moment_is_the_same_in_seconds_milliseconds_and_microseconds(at: int) -> None:
    moments = Moments()

    assert moments.read(str(at * 1000)) == moments.read(str(at)) == at
    assert moments.read(str(at // 1000)) == at // 1000 * 1000
