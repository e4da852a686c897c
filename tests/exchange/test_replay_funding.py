from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.market import MINUTE_MS, Funding, MarkPrice
from exchange.replay.feed import ReplayFeed
from exchange.replay.funding import FundingTable
from tests.exchange.recordings import HEADER, START, row, write


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


@pytest.mark.parametrize("scale", [1, 1000])
def test_times_may_be_milliseconds_or_microseconds_and_jitter(tmp_path: Path, scale: int) -> None:
    path = write(
        tmp_path, "BTCUSDT-8h.csv", "\ufeffmore, Funding_Rate , FUNDING_TIME",
        f"x,0.0001,{(START + 4) * scale}", "", f"x,-0.0002,{(START + MINUTE_MS - 3) * scale}",
    )  # fmt: skip
    table = FundingTable([path])

    assert table.due("BTC/USDT", START - 1, START + MINUTE_MS) == [
        (START, Decimal("0.0001")), (START + MINUTE_MS, Decimal("-0.0002"))
    ]  # fmt: skip
    assert table.due("BTC/USDT", START, START) == []
    assert table.due("ETH/USDT", 0, START + MINUTE_MS) == []


def test_funding_due_in_a_gap_is_settled_after_it_and_once(tmp_path: Path) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, *(row(n) for n in (0, 1, 2, 5, 6)))
    eth = write(tmp_path, "ETHUSDT.csv", HEADER, *(row(n) for n in range(7)))
    due = START + 4 * MINUTE_MS
    paths = [
        write(tmp_path, f"{symbol}-8h.csv", "funding_time,funding_rate", f"{due},0.0001")
        for symbol in ("BTCUSDT", "ETHUSDT")
    ]
    feed = ReplayFeed([btc, eth], paths, speed=None)
    first = list(feed.past(START + 5 * MINUTE_MS))
    again = ReplayFeed([btc, eth], paths, speed=None)
    again.resume(feed.checkpoint(), START + 5 * MINUTE_MS)
    settled = [
        (step.at - START) // MINUTE_MS
        for step in [*first, *again.past(None)]
        for m in step.messages
        if isinstance(m, Funding) and m.at == due
    ]

    assert settled == [5, 6]


def test_funding_comes_round_again_with_a_looping_tape(tmp_path: Path) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, *(row(n) for n in range(5)))
    lines = ["funding_time,funding_rate", f"{START},0.0003", f"{START + 3 * MINUTE_MS},0.0001"]
    funding = write(tmp_path, "BTCUSDT-8h.csv", *lines)
    steps = islice(ReplayFeed([btc], [funding], speed=None, loop=True).past(None), 10)
    settled = [m.at for step in steps for m in step.messages if isinstance(m, Funding)]

    assert settled == [START + n * MINUTE_MS for n in (0, 3, 5, 8)]


def test_a_settlement_known_to_two_files_is_one(tmp_path: Path) -> None:
    lines = ["funding_time,funding_rate", f"{START},0.0001"]
    paths = [write(tmp_path, f"BTCUSDT-{n}.csv", *lines) for n in (1, 2)]

    assert len(FundingTable(paths).due("BTC/USDT", 0, START)) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "holds no funding rate"),
        ("funding_time,funding_rate\n", "holds no funding rate"),
        ("funding_time;funding_rate\n1;2\n", "no column funding_time, funding_rate"),
        ("time,funding_rate\n", "no column funding_time:"),
        ('"' + "x" * 200_000, "BTCUSDT-8h.csv:1"),
        ("\udce9", "cannot be read"),
    ],
)
def test_a_funding_file_that_cannot_be_used_is_refused_with_a_sentence(
    tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path / "BTCUSDT-8h.csv"
    path.write_bytes(content.encode(errors="surrogateescape"))

    with pytest.raises(ConfigError, match=reason):
        FundingTable([path])


@pytest.mark.parametrize(
    "line",
    [
        "x,0.01", f"{START},nan", f"{START},inf", f"{START},0.051", f"{START}",
        f"{START // 1000},0.01", ",,,x",
    ],
)  # fmt: skip
def test_a_bad_funding_row_is_refused(tmp_path: Path, line: str) -> None:
    btc = write(tmp_path, "BTCUSDT.csv", HEADER, row(0))
    funding = write(tmp_path, "BTCUSDT-8h.csv", "funding_time,funding_rate", line)

    with pytest.raises(ConfigError, match=r"BTCUSDT-8h\.csv:2"):
        ReplayFeed([btc], [funding])


@pytest.mark.parametrize("files", [1, 2])
def test_two_rates_of_one_settlement_are_refused(tmp_path: Path, files: int) -> None:
    lines = [f"{START},0.0001", f"{START + 5},0.0002"]
    rows = [lines] if files == 1 else [[line] for line in lines]
    paths = [
        write(tmp_path, f"BTCUSDT-{number}.csv", "funding_time,funding_rate", *mine)
        for number, mine in enumerate(rows)
    ]

    with pytest.raises(ConfigError, match=f"the rate of {START} is 0.0002, and 0.0001"):
        FundingTable(paths)
