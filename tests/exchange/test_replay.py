import asyncio
import gzip
import os
import zipfile
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.market import MINUTE_MS, Bar, Funding, MarkPrice
from exchange.replay.candles import CandleFile, symbol_of
from exchange.replay.feed import ReplayFeed
from utils.clock import SetClock

START = 1_746_372_780_000
HEADER = "open_time,open,high,low,close,volume"
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data"


def row(n: int, close: str = "100.5", at: int | None = None) -> str:
    return f"{START + n * MINUTE_MS if at is None else at},100,101,99,{close},5"


def write(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    text = "\n".join(lines) + "\n"
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    elif name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inside.csv", text)
    else:
        path.write_text(text, encoding="utf-8")
    return path


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
        (f"{START + MINUTE_MS},hello,101,99,100,5", "no number"),
        (f"{START + MINUTE_MS},100,101", "fewer than its header"),
        (f"{START},100,101,99,100,5", "repeats"),
        (f"{START - MINUTE_MS},100,101,99,100,5", "goes back"),
        (f"{START + 1},100,101,99,100,5", "whole minute"),
        ("12,100,101,99,100,5", "milliseconds or microseconds"),
        (f"{START + MINUTE_MS},10000,10100,9900,10000,5", "more than 10 times"),
        (f"{START + MINUTE_MS},1,1.01,0.99,1,5", "more than 10 times"),
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


def test_months_of_one_symbol_are_joined_in_time_order(tmp_path: Path) -> None:
    later = write(tmp_path, "BTCUSDT-1m-a.csv", HEADER, *(row(n) for n in range(5, 9)))
    first = write(tmp_path, "BTCUSDT-1m-b.csv", HEADER, *(row(n) for n in range(6)))
    steps = list(ReplayFeed([later, first], speed=None).past(None))

    assert [s.at for s in steps] == [START + (n + 1) * MINUTE_MS for n in range(9)]


def test_symbols_are_merged_minute_by_minute_even_with_gaps(tmp_path: Path) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, row(0), row(1), row(3))
    eth = write(tmp_path, "ETHUSDT.csv", HEADER, row(1), row(2), row(3))
    steps = list(ReplayFeed([btc, eth], speed=None).past(None))

    assert [len(s.messages) for s in steps] == [1, 2, 1, 2]


def test_funding_is_cut_to_the_minute_and_names_the_next(tmp_path: Path) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, *(row(n) for n in range(4)))
    settled = START + 2 * MINUTE_MS
    funding = write(
        tmp_path, "BTCUSDT-8h.csv", "funding_time,funding_rate",
        f"{settled + 7},0.0001", f"{settled + 480 * MINUTE_MS},-0.0002",
    )  # fmt: skip
    messages = [m for s in ReplayFeed([btc], [funding], speed=None).past(None) for m in s.messages]

    assert [m for m in messages if isinstance(m, Funding)] == [
        Funding("BTC/USDT", settled, Decimal("0.0001"), Decimal(100))
    ]
    marks = [m for m in messages if isinstance(m, MarkPrice)]
    assert [m.next_funding_at for m in marks] == [settled, settled + 480 * MINUTE_MS]


@pytest.mark.parametrize("line", ["x,0.1", f"{START},nan", f"{START},2", f"{START}"])
def test_a_bad_funding_row_is_refused(tmp_path: Path, line: str) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, row(0))
    funding = write(tmp_path, "BTCUSDT-8h.csv", "funding_time,funding_rate", line)

    with pytest.raises(ConfigError, match=r"BTCUSDT-8h\.csv:2"):
        ReplayFeed([btc], [funding])


def test_a_looping_tape_keeps_time_rising_and_its_prices(tmp_path: Path) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, *(row(n, close=f"100.{n}") for n in range(3)))
    steps = list(islice(ReplayFeed([btc], speed=None, loop=True).past(None), 8))

    assert [s.at for s in steps] == [START + (n + 1) * MINUTE_MS for n in range(8)]
    closes = [m.close for s in steps for m in s.messages if isinstance(m, Bar)]
    assert closes[:3] == closes[3:6]


def test_a_tape_that_is_over_ends(tmp_path: Path) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, row(0), row(1))
    feed = ReplayFeed([btc], speed=60.0)

    async def run() -> int:
        return len([step async for step in feed.live(SetClock(feed.next_at)) if step.messages])

    assert asyncio.run(run()) > 2
    assert feed.progress() == 1.0


def test_the_tick_is_as_fine_as_the_recorded_prices(tmp_path: Path) -> None:
    lines = [HEADER, *(row(n, close="100.1234") for n in range(3))]
    path = write(tmp_path, "BTCUSDT.csv", *lines)

    assert ReplayFeed([path]).instruments["BTC/USDT"].tick_size == Decimal("0.0001")


def test_the_badge_says_the_speed(tmp_path: Path) -> None:
    path = write(tmp_path, "BTCUSDT.csv", HEADER, row(0))

    assert ReplayFeed([path], speed=60.0).badge == "REPLAY 60×"
    assert ReplayFeed([path], speed=1.0).badge == "REPLAY"


def test_another_recording_is_another_market(tmp_path: Path) -> None:
    one = write(tmp_path, "BTCUSDT.csv", HEADER, row(0))
    two = write(tmp_path, "ETHUSDT.csv", HEADER, row(0))

    assert ReplayFeed([one]).market_id != ReplayFeed([two]).market_id
    assert ReplayFeed([one]).market_id == ReplayFeed([one]).market_id


@pytest.mark.skipif(not RECORDED.exists(), reason="no recorded market data beside the project")
def test_a_recorded_month_is_read_without_a_refusal() -> None:
    paths = sorted((RECORDED / "candles").glob("*.csv.gz"))
    feed = ReplayFeed(paths, sorted((RECORDED / "funding").glob("*.csv")), speed=None)
    steps = list(feed.past(None))

    assert len(steps) == 43_199
    assert feed.refused_count == 0
    assert sum(isinstance(m, Funding) for s in steps for m in s.messages) == 268
