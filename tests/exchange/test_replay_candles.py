import gzip
import io
import os
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.market import MINUTE_MS, Bar
from exchange.replay.candles import CandleFile, symbol_of
from tests.exchange.recordings import HEADER, START, row, write


def bars(path: Path) -> list[Bar]:
    return list(CandleFile(path).bars())


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("BTCUSDT-1m-2025-05.csv.gz", "BTC/USDT"),
        ("BTC_USDT.csv", "BTC/USDT"),
        ("eth-usdt-1m.zip", "ETH/USDT"),
        ("1000PEPEUSDT-1m.csv", "1000PEPE/USDT"),
        ("SOLUSDC.csv", "SOL/USDC"),
        ("ETHBTC-1m.csv", "ETH/BTC"),
    ],
)
def test_the_symbol_is_in_the_name(name: str, symbol: str) -> None:
    assert symbol_of(Path(name)) == symbol


def test_a_name_without_a_symbol_is_refused() -> None:
    with pytest.raises(ConfigError, match="must begin with its symbol"):
        symbol_of(Path("candles.csv"))


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "zip"])
def test_every_packing_gives_the_same_bars(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path, f"BTCUSDT.{ending}", HEADER, row(0), row(1))

    assert [b.open_time for b in bars(path)] == [START, START + MINUTE_MS]


def test_columns_may_stand_in_any_order_and_case_with_a_byte_order_mark(tmp_path: Path) -> None:
    line = f"5,100.5,99,101,100,x,{START}"
    path = write(tmp_path, "BTCUSDT.csv", "\ufeffVolume,Close,LOW,High,open,more,open_time", line)

    (bar,) = bars(path)
    expected = [Decimal(text) for text in ("100", "101", "99", "100.5", "5")]
    assert [bar.open, bar.high, bar.low, bar.close, bar.volume] == expected


def test_the_headerless_kline_dump_is_known(tmp_path: Path) -> None:
    tail = f"{START + 59_999},502.5,42,2.5,251.2,0"
    path = write(tmp_path, "BTCUSDT.csv", f"{row(0)},{tail}", f"{row(1)},{tail}")

    assert len(bars(path)) == 2


def test_microseconds_are_recognised(tmp_path: Path) -> None:
    path = write(tmp_path, "BTCUSDT.csv", HEADER, row(0, at=START * 1000))

    assert bars(path)[0].open_time == START


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (f"{START + MINUTE_MS},nan,101,99,100,5", "no number"),
        (f"{START + MINUTE_MS},100,inf,99,100,5", "prices must be"),
        (f"{START + MINUTE_MS},0,101,0,100,5", "prices must be"),
        (f"{START + MINUTE_MS},100,101,-1,100,5", "prices must be"),
        (f"{START + MINUTE_MS},100,98,99,100,5", "prices must be"),
        (f"{START + MINUTE_MS},100,101,99,100,-5", "prices must be"),
        (f"{START + MINUTE_MS},100,101,99,100,inf", "prices must be"),
        (f"{START + MINUTE_MS},hello,101,99,100,5", "no number"),
        (f"{START + MINUTE_MS},100,101,99,100,", "no number"),
        (f"{START + MINUTE_MS},100,101,99,100,1e999999999999999999999", "no number"),
        ("2025-05-04 15:34:00,100,101,99,100,5", "no time in milliseconds"),
        (f"{START // 1000 + 60},100,101,99,100,5", "milliseconds or microseconds"),
        (f"{START}000000000,100,101,99,100,5", "milliseconds or microseconds"),
        ("9" * 5000 + ",100,101,99,100,5", "no time in milliseconds"),
        (HEADER, "no number"),
        ("\0" * 40, "fewer than it must"),
        (f'{START + MINUTE_MS},100,"101,99,100,5', "fewer than it must"),
        (f'{START + MINUTE_MS},100,"{"9" * 200_000}', "no line of CSV"),
        (f"{START + MINUTE_MS},100,101", "fewer than it must"),
        (f"{START},100,101,99,100,5", "repeats"),
        (f"{START - MINUTE_MS},100,101,99,100,5", "goes back"),
        (f"{START + 1},100,101,99,100,5", "whole minute"),
        ("12,100,101,99,100,5", "milliseconds or microseconds"),
        (f"{START + MINUTE_MS},10000,10100,9900,10000,5", "more than 10 times"),
        (f"{START + MINUTE_MS},1,1.01,0.99,1,5", "more than 10 times"),
        (f"{START + MINUTE_MS},100,10100,99,100,5", "more than 10 times"),
        (f"{START + MINUTE_MS},100,101,0.99,100,5", "more than 10 times"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_place_and_reason(
    tmp_path: Path, bad: str, reason: str
) -> None:
    good = [row(n) for n in range(2, 300)]
    file = CandleFile(write(tmp_path, "BTCUSDT.csv", HEADER, row(0), bad, *good))

    assert len(list(file.bars())) == 299
    assert file.refused_count == 1
    assert file.refused[0].startswith("BTCUSDT.csv:3: ")
    assert reason in file.refused[0]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([HEADER.replace("volume", "size"), row(0)], "no column volume"),
        ([HEADER.replace(",", ";"), row(0).replace(",", ";")], "separate columns by commas"),
        (["1,2,3"], "expected the 12"),
        ([HEADER], "no usable candle"),
        ([HEADER, "x,y", "x,y"], "at most 1 %"),
        ([HEADER, *(row(n) for n in range(2000)), *["x,y"] * 25], "25 of 2025 rows are bad"),
        (["", "  ", ""], "is empty"),
        (["x" * 300_000], "separate columns by commas"),
        (['"' + "x" * 300_000], "must begin with a header"),
        (['{"open_time": 1}'], "separate columns by commas"),
        (["<html>, <body>"], "no column open_time"),
        ([HEADER, *(row(5 * n) for n in range(20))], "5 minutes apart"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_sentence(
    tmp_path: Path, lines: list[str], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        bars(write(tmp_path, "BTCUSDT.csv", *lines))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "BTCUSDT.csv").write_bytes(b"")

    with pytest.raises(ConfigError, match="is empty"):
        bars(tmp_path / "BTCUSDT.csv")


@pytest.mark.parametrize("name", ["BTCUSDT.csv.gz", "BTCUSDT.zip", "BTCUSDT.csv"])
def test_random_bytes_are_refused_whatever_the_name_says(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x93\x00\xff" + os.urandom(4000))

    with pytest.raises(ConfigError, match="BTCUSDT"):
        bars(tmp_path / name)


def test_a_cut_archive_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "BTCUSDT.csv.gz", HEADER, *(row(n) for n in range(5000)))
    path.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(ConfigError, match="cannot be read"):
        bars(path)


def test_a_zip_of_several_files_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", HEADER)
        archive.writestr("b.csv", HEADER)

    with pytest.raises(ConfigError, match="must hold one CSV"):
        bars(path)


def test_an_archive_made_on_a_mac_is_read(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("BTCUSDT.csv", f"{HEADER}\n{row(0)}\n")
        archive.writestr("__MACOSX/._BTCUSDT.csv", b"\x00\x05\x16\x07")

    assert len(bars(path)) == 1


@pytest.mark.parametrize(
    ("local", "central", "value", "reason"),
    [(6, 8, 1, "password required"), (8, 10, 99, "compression method")],
)
def test_an_archive_nobody_here_can_open_is_refused(
    tmp_path: Path, local: int, central: int, value: int, reason: str
) -> None:
    content = bytearray(write(tmp_path, "BTCUSDT.zip", HEADER, row(0)).read_bytes())
    content[local] = content[content.find(b"PK\x01\x02") + central] = value
    (tmp_path / "BTCUSDT.zip").write_bytes(content)

    with pytest.raises(ConfigError, match=reason):
        bars(tmp_path / "BTCUSDT.zip")


def test_endings_may_be_in_capitals(tmp_path: Path) -> None:
    path = write(tmp_path, "BTCUSDT.csv.gz", HEADER, row(0))
    path = path.rename(tmp_path / "BTCUSDT.CSV.GZ")

    assert len(bars(path)) == 1


def test_lines_may_end_as_on_windows_and_cells_be_quoted(tmp_path: Path) -> None:
    quoted = [",".join(f'"{cell}"' for cell in line.split(",")) for line in (HEADER, row(0))]
    path = write(tmp_path, "BTCUSDT.csv", *(f"{line}\r" for line in [*quoted, row(1)]))

    assert [bar.open_time for bar in bars(path)] == [START, START + MINUTE_MS]
    assert [bar.volume for bar in bars(path)] == [5, 5]


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    file = CandleFile(write(tmp_path, "BTCUSDT.csv", "", HEADER, "", row(0), "  ", row(1), ""))

    assert (file.rows, file.refused_count, len(list(file.bars()))) == (2, 0, 2)


def test_a_quote_that_never_closes_costs_one_row(tmp_path: Path) -> None:
    rows = [row(n) for n in range(300)]
    rows[5] = f'"{rows[5]}'
    file = CandleFile(write(tmp_path, "BTCUSDT.csv", HEADER, *rows))

    assert len(list(file.bars())) == 299
    assert file.refused[0].startswith("BTCUSDT.csv:7: ")


def test_a_bad_stretch_is_judged_by_the_whole_file_and_its_words_are_capped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [row(n) if not 100 <= n < 140 else "?" for n in range(5000)]
    file = CandleFile(write(tmp_path, "BTCUSDT.csv", HEADER, *rows))

    assert (file.rows, file.refused_count, len(file.refused)) == (5000, 40, 20)
    assert "40 of 5000 rows were set aside" in caplog.text
    assert len(list(file.bars())) == len(list(file.bars())) == 4960
    assert file.refused_count == 40


def test_every_refused_row_is_counted_under_its_kind_of_reason(tmp_path: Path) -> None:
    rows = [row(n) for n in range(3000)]
    at = START + 10 * MINUTE_MS
    rows[10:10] = [
        f"{at},nan,101,99,100,5", f"{at},inf,101,99,100,5", f"{at},100,101,-1,100,5",
        f"{at},100,101", f"{at // 1000},100,101,99,100,5", f"{at + 7},100,101,99,100,5",
        row(9), row(9), row(3), f"{at},9999,9999,9999,9999,5", f"{at};100;101;99;100;5",
        "2025-05-04T15:34:00Z,100,101,99,100,5",
    ]  # fmt: skip
    file = CandleFile(write(tmp_path, "BTCUSDT.csv", HEADER, *rows))

    assert len(list(file.bars())) == 3000
    assert file.reasons == {
        "no number": 1, "impossible prices": 2, "too few columns": 2, "bad time": 3,
        "repeated": 2, "out of order": 1, "out of reach": 1,
    }  # fmt: skip
    assert len(file.refused) == file.refused_count == 12


def test_a_file_that_is_spoiled_after_it_was_read_is_told_when_it_is_played(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, "BTCUSDT.csv", HEADER, row(0), "?", row(2))
    file = CandleFile(path)
    write(tmp_path, "BTCUSDT.csv", HEADER, row(0), "?", row(2), "?", row(4))
    played = file.bars()

    assert [next(played).open_time, next(played).open_time] == [START, START + 2 * MINUTE_MS]
    with pytest.raises(ConfigError, match=r"BTCUSDT\.csv:5: the file was changed"):
        next(played)


def fine(n: int, high: str) -> str:
    return f"{START + n * MINUTE_MS},100,{high},99,100,5"


@pytest.mark.parametrize(
    ("fine_ones", "expected"),
    [
        ({}, "0.1"),
        ({1900: "101.125"}, "0.1"),
        (dict.fromkeys(range(1900, 1920), "101.125"), "0.1"),
        (dict.fromkeys(range(1900, 1921), "101.125"), "0.001"),
        ({n: "101.12" if n % 2 else "101.125" for n in range(2000)}, "0.001"),
        ({n: "101.12" if n > 10 else "101.125" for n in range(2000)}, "0.01"),
        (dict.fromkeys(range(2000), "100.00000000000001"), "0.00000001"),
    ],
)
def test_the_tick_is_what_all_but_a_few_bars_keep_to(
    tmp_path: Path, fine_ones: dict[int, str], expected: str
) -> None:
    rows = [fine(n, fine_ones.get(n, "101")) for n in range(2000)]

    assert CandleFile(write(tmp_path, "BTCUSDT.csv", HEADER, *rows)).tick == Decimal(expected)


WHOLE = "\n".join([HEADER, *(row(n) for n in range(60))]).encode()


def packed_zip(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BTCUSDT.csv", content)
    return packed.getvalue()


PACKED = {
    "BTCUSDT.csv": WHOLE, "BTCUSDT.csv.gz": gzip.compress(WHOLE), "BTCUSDT.zip": packed_zip(WHOLE)
}  # fmt: skip


@hypothesis_settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(sorted(PACKED)),
    cuts=st.lists(
        st.tuples(st.integers(0, 4000), st.integers(0, 40), st.binary(max_size=40)), max_size=4
    ),
    text=st.lists(
        st.tuples(st.integers(0, 4000), st.text('0123456789,."-+einfNa_ \n\r\t\0é', max_size=12)),
        max_size=4,
    ),
)
def test_whatever_is_in_a_file_gives_sound_bars_or_a_sentence(
    tmp_path: Path, name: str, cuts: list[tuple[int, int, bytes]], text: list[tuple[int, str]]
) -> None:
    content = PACKED[name]
    for at, typed in text:
        content = content[:at] + typed.encode() + content[at:]
    for at, length, piece in cuts:
        content = content[:at] + piece + content[at + length :]
    path = tmp_path / name
    path.write_bytes(content)
    found: list[Bar] = []
    told = ""
    try:
        found = bars(path)
    except ConfigError as error:
        told = str(error)
    assert found or name in told
    assert len(told) < 600
    times = [bar.open_time for bar in found]
    assert times == sorted(set(times))
    for bar in found:
        assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert 0 <= bar.volume < 10**15
