import gzip
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from exchange.real.recorder import Recorder
from exchange.real.recording import (
    Answer,
    BookLine,
    Frame,
    Head,
    Line,
    RawFile,
    SkewLine,
    decoded,
    encoded,
)
from exchange.real.recording_pen import Pen
from exchange.real.taps import Tap, is_private, is_signed
from tests.exchange.own_recording import message
from utils.clock import Clock, SetClock
from utils.hidden import hide

AT = 1_790_000_000_000
HOUR_MS = 3_600_000
WS = "ws://127.0.0.1:1/public/ws/0"
REST = "http://127.0.0.1:1/fapi/v1"


class Client:
    """What a recorder needs of a client: who listens, the clocks, and the books."""

    def __init__(self) -> None:
        self.api: Any = SimpleNamespace(id="binanceusdm", orderbooks={})
        self.clock: Clock = SetClock(AT)
        self.taps: list[Tap] = []
        self.skew_ms: int | None = None

    def tell(self, kind: str, url: str, at: int, data: str | bytes = "{}", **more: Any) -> None:
        for tap in list(self.taps):
            tap(message(kind, url, at, data, **more))


def lines(folder: Path) -> list[Line]:
    found = sorted(folder.rglob("*.raw.gz"))
    return [decoded(line) for path in found for line in RawFile(path).lines()]


def test_what_comes_is_written_as_it_came_and_when(tmp_path: Path) -> None:
    client = Client()
    recorder = Recorder(tmp_path, client, days=7)
    recorder.follow(["BTC/USDT"])
    client.tell("rest", f"{REST}/time?x=1", AT, '{"serverTime":1}', method="GET", status=200)
    client.tell("ws", WS, AT + 5, '{"e":"trade", "half')
    client.tell("ws", WS, AT + 6, bytes(range(256)))
    recorder.close()
    head, *rest = lines(tmp_path)

    assert isinstance(head, Head)
    assert (head.exchange, head.symbols, head.at) == ("binanceusdm", ("BTC/USDT",), AT)
    assert rest == [
        Answer(AT, "GET /fapi/v1/time?x=1", 200, '{"serverTime":1}'),
        Frame(AT + 5, "/public/ws/0", '{"e":"trade", "half'),
        Frame(AT + 6, "/public/ws/0", data=bytes(range(256))),
    ]
    assert recorder.lines == 4
    assert not client.taps
    assert not recorder.stopped


def test_the_difference_of_the_clocks_is_written_when_it_changes(tmp_path: Path) -> None:
    client = Client()
    recorder = Recorder(tmp_path, client, days=7)
    for at, skew_ms in enumerate([None, 3, 3, -4]):
        client.skew_ms = skew_ms
        client.tell("ws", WS, AT + at)
    recorder.close()

    found = [line for line in lines(tmp_path) if isinstance(line, SkewLine)]
    assert found == [SkewLine(AT + 1, 3), SkewLine(AT + 3, -4)]


def test_nothing_of_an_account_is_written(tmp_path: Path) -> None:
    client = Client()
    hide("secret-of-a-test")
    recorder = Recorder(tmp_path, client, days=7)
    client.tell("ws", "ws://h/private/ws", AT, "wallet", private=True)
    client.tell("rest", f"{REST}/order", AT, "order 17", method="POST", private=True)
    client.tell("ws", WS, AT, "public secret-of-a-test")
    client.tell("ws", WS, AT, "public")
    recorder.close()
    (path,) = tmp_path.rglob("*.raw.gz")
    text = gzip.decompress(path.read_bytes()).decode()

    assert "public" in text
    for word in ("wallet", "order 17", "secret-of-a-test"):
        assert word not in text
    assert recorder.private == 3


@pytest.mark.parametrize(
    "url",
    [
        "wss://fstream.binance.com/private/ws?listenKey=abc",
        "wss://fstream.binance.com/ws?listenKey=abc",
        f"wss://stream.binance.com:9443/ws/{'k' * 64}",
        "wss://ws-api.binance.com/ws-api/v3",
        "wss://ws-fapi.binance.com/ws-fapi/v1",
        "https://fapi.binance.com/fapi/v1/order?symbol=BTCUSDT&signature=abc",
        "https://fapi.binance.com/fapi/v1/listenKey",
        "wss://stream.bybit.com/v5/private",
    ],
)
def test_what_leads_to_an_account_is_known(url: str) -> None:
    assert is_private(url)


@pytest.mark.parametrize(
    "url",
    [
        "wss://fstream.binance.com/public/ws/0",
        "wss://stream.binance.com:9443/stream?streams=btcusdt@trade",
        "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000",
        "wss://stream.bybit.com/v5/public/linear",
    ],
)
def test_what_everybody_may_hear_is_known(url: str) -> None:
    assert not is_private(url)


def test_a_request_that_says_who_asks_or_changes_something_is_known() -> None:
    plain = {"User-Agent": "ccxt", "Accept-Encoding": "gzip"}

    assert not is_signed("GET", plain)
    assert is_signed("POST", plain)
    for name in ("X-MBX-APIKEY", "Authorization", "OK-ACCESS-SIGN", "KC-API-PASSPHRASE"):
        assert is_signed("GET", {**plain, name: "x"})


def test_a_new_hour_begins_a_file_that_stands_alone(tmp_path: Path) -> None:
    client, hour = Client(), AT - AT % HOUR_MS + HOUR_MS
    recorder = Recorder(tmp_path, client, days=7)
    client.tell("rest", f"{REST}/exchangeInfo", AT, "markets", method="GET", status=200)
    client.tell("rest", f"{REST}/klines?symbol=X", AT, "candles", method="GET", status=200)
    client.api.orderbooks["BTC/USDT:USDT"] = {
        "nonce": 7, "timestamp": 5, "bids": [[1.5, 2.0]], "asks": [[1.6, 3.0]],
    }  # fmt: skip
    client.tell("ws", WS, hour + 9_999, "the hour before")
    client.tell("ws", WS, hour + 10_000, "the new hour")
    client.tell("ws", WS, hour + 10_001, "and on")
    recorder.close()
    first, second = sorted(tmp_path.rglob("*.raw.gz"))

    assert "the hour before" in gzip.decompress(first.read_bytes()).decode()
    head, *rest = [decoded(line) for line in RawFile(second).lines()]
    assert isinstance(head, Head)
    at = hour + 10_000
    assert rest == [
        Answer(at, "GET /fapi/v1/exchangeInfo", 200, "markets", again=True),
        BookLine(at, "BTC/USDT:USDT", 7, 5, ((1.5, 2.0),), ((1.6, 3.0),)),
        Frame(at, "/public/ws/0", "the new hour"),
        Frame(at + 1, "/public/ws/0", "and on"),
    ]


def test_other_symbols_begin_a_file_that_names_them(tmp_path: Path) -> None:
    client = Client()
    recorder = Recorder(tmp_path, client, days=7)
    for at, symbols in enumerate([("A/USDT",), ("A/USDT",), ("A/USDT", "B/USDT")]):
        recorder.follow(symbols)
        client.tell("ws", WS, AT + at)
    recorder.close()

    heads = [line.symbols for line in lines(tmp_path) if isinstance(line, Head)]
    assert heads == [("A/USDT",), ("A/USDT", "B/USDT")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is full at hand")
def test_a_full_disk_stops_the_recording_and_nothing_else(tmp_path: Path) -> None:
    client = Client()
    recorder = Recorder(tmp_path, client, days=7)
    client.tell("ws", WS, AT)
    recorder.close()
    (path,) = tmp_path.rglob("*.raw.gz")
    path.unlink()
    path.symlink_to("/dev/full")
    recorder = Recorder(tmp_path, client, days=7)
    client.tell("ws", WS, AT, "x" * 100_000)
    recorder.close()

    assert "No space left on device" in recorder.stopped
    assert path.name in recorder.stopped
    before = recorder.lines
    recorder.hear(message("ws", WS, AT + 1))
    assert recorder.lines == before


def test_it_stops_before_the_disk_is_full(tmp_path: Path) -> None:
    client = Client()
    recorder = Recorder(tmp_path, client, days=7, reserve_bytes=1 << 60)
    client.tell("ws", WS, AT)
    recorder.close()

    assert "stay free" in recorder.stopped


def test_a_folder_that_cannot_be_made_stops_the_recording_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("a file where the folder should be", encoding="utf-8")
    client = Client()
    recorder = Recorder(tmp_path / "recordings", client, days=7)
    client.tell("ws", WS, AT)
    recorder.close()

    assert recorder.stopped


def test_days_that_are_over_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    old, kept, other = (tmp_path / name for name in ("2026-09-13", "2026-09-14", "letters"))
    for folder in (old, kept, other):
        folder.mkdir()
        (folder / "x.raw.gz").write_bytes(b"")
    pen = Pen(lambda: 0.0, 7)
    pen.begin(tmp_path / "2026-09-21" / "y.raw.gz")
    pen.close()

    assert not old.exists()
    assert (kept / "x.raw.gz").exists()
    assert (other / "x.raw.gz").exists()


def test_recordings_are_for_their_owner_alone(tmp_path: Path) -> None:
    client = Client()
    recorder = Recorder(tmp_path / "recordings", client, days=7)
    client.tell("ws", WS, AT)
    recorder.close()
    (path,) = tmp_path.rglob("*.raw.gz")

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@given(
    texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=40), max_size=40),
    share=st.floats(0, 1),
)
def test_of_a_file_that_was_cut_off_every_whole_line_before_is_read(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], share: float
) -> None:
    path = tmp_path_factory.getbasetemp() / "cut.raw.gz"
    whole = [encoded(Frame(AT + at, "/ws", text)) for at, text in enumerate(texts)]
    data = gzip.compress(b"".join(whole))
    path.write_bytes(data[: int(len(data) * share)])
    file = RawFile(path)
    try:
        found = list(file.lines())
    except DataError:
        found = []

    assert found == [line.rstrip(b"\n") for line in whole[: len(found)]]
    if share == 1:
        assert len(found) == len(texts)
        assert not file.cut
