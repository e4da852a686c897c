import asyncio
import gzip
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.market import MINUTE_MS, Bar, Book, DayStats, MarkPrice, Step, Tick
from core.sanity import Sanity
from exchange.base import MarketFeed
from exchange.real.recording import Answer, BookLine, Frame, Head, Line, RawFile, decoded, encoded
from exchange.replay.choice import is_replay, replay_feed
from exchange.replay.raw import RawReplayFeed
from tests.exchange.own_recording import HOUR, SYMBOLS, Told, record
from tests.exchange.recorded_frames import linear_markets, write_recording
from utils.clock import SetClock

AT = 1_790_000_000_000


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return asyncio.run(record(tmp_path_factory.mktemp("recordings")))


@pytest.fixture(scope="module")
def steps(told: Told) -> list[Step]:
    return list(RawReplayFeed([told.folder]).past(None))


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.raw.gz"))


def lines(path: Path) -> list[Line]:
    return [decoded(line) for line in RawFile(path).lines()]


def live(feed: MarketFeed) -> list[Step]:
    """Return the live steps on a clock that jumps to each, each when its time has come."""

    async def run() -> list[Step]:
        clock, found = SetClock(feed.next_at), []
        async for step in feed.live(clock):
            assert step.at <= clock.now()
            found.append(step)
        return found

    return asyncio.run(run())


def of_kind(steps: list[Step], kind: type) -> list[Any]:
    return [m for step in steps for m in step.messages if isinstance(m, kind)]


# ---------------------------------------------------------------- what was recorded is what is told


def test_everything_that_came_is_written_and_every_frame_is_accounted_for(told: Told) -> None:
    found = [line for path in files(told.folder) for line in lines(path)]
    feed = RawReplayFeed([told.folder])
    list(feed.past(None))
    tally = feed.tally

    assert len(found) == told.written
    assert sum(isinstance(line, Frame) for line in found) == told.heard["ws"] == tally.frames
    fresh = [line for line in found if isinstance(line, Answer) and not line.again]
    assert len(fresh) == told.heard["rest"]
    assert set(tally.decoded) == {"trades", "book", "mark", "day", "candles"}
    assert set(tally.refused) == {"ChecksumError", "garbled"}
    assert tally.refused["garbled"] == 2


def test_the_books_that_are_decoded_again_are_those_of_that_day(told: Told) -> None:
    feed = RawReplayFeed([told.folder])
    list(feed.past(None))

    assert len(told.books) == 2
    for name, book in told.books.items():
        again = feed._exchange.api.orderbooks[name]
        assert (again["nonce"], again["bids"][:50], again["asks"][:50]) == book
    assert not feed.notes


def test_messages_of_every_kind_are_told_in_time_and_none_is_senseless(steps: list[Step]) -> None:
    sanity = {symbol: Sanity() for symbol in SYMBOLS}

    for kind in (Tick, Book, MarkPrice, DayStats, Bar):
        assert {m.symbol for m in of_kind(steps, kind)} == set(SYMBOLS)
    assert all(one.at < two.at for one, two in pairwise(steps))
    for step in steps:
        for message in step.messages:
            assert sanity[message.symbol].objection(message, step.at) is None
    for symbol in SYMBOLS:
        opened = [bar.open_time for bar in of_kind(steps, Bar) if bar.symbol == symbol]
        assert opened == list(range(opened[0], opened[-1] + MINUTE_MS, MINUTE_MS))
        assert len(opened) == 3


def test_the_rules_are_those_that_the_exchange_told(told: Told) -> None:
    feed = RawReplayFeed([told.folder])

    assert list(feed.instruments) == list(SYMBOLS)
    assert feed.instruments["BTC/USDT"].tick_size == Decimal("0.1")
    assert feed.instruments["ETH/USDT"].min_notional == 20
    assert feed.kind == "replay"
    assert is_replay(feed)


# ---------------------------------------------------------------- the same, however it is played


@pytest.mark.parametrize("speed", [1.0, 60.0, None])
def test_the_same_files_give_the_same_steps_at_any_speed(
    told: Told, steps: list[Step], speed: float | None
) -> None:
    feed = RawReplayFeed([told.folder], speed=speed)

    assert live(feed) == steps
    assert feed.badge == ("REPLAY 60×" if speed == 60 else "REPLAY")
    assert feed.progress() == 1.0


def test_the_name_of_the_market_is_that_of_the_files_wherever_they_are(
    told: Told, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in files(told.folder):
        (moved / path.name).write_bytes(path.read_bytes())
    first = RawReplayFeed([told.folder])

    assert RawReplayFeed([moved]).market_id == first.market_id
    assert RawReplayFeed(files(moved)[:1]).market_id != first.market_id


@hypothesis_settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cut=st.integers(1, 150))
def test_resumed_anywhere_it_goes_on_where_it_was(told: Told, steps: list[Step], cut: int) -> None:
    first = RawReplayFeed([told.folder])
    before = list(islice(first.past(None), cut))
    second = RawReplayFeed([told.folder])
    second.resume(first.checkpoint(), before[-1].at)
    after = list(second.past(None))

    assert before == steps[:cut]
    assert [step.at for step in after] == [step.at for step in steps[cut:]]
    for kind in (Book, Bar, MarkPrice, DayStats):
        assert of_kind(after, kind) == of_kind(steps[cut:], kind)


def test_an_hour_that_begins_with_its_own_file_can_be_played_alone(
    told: Told, steps: list[Step]
) -> None:
    first, second = files(told.folder)
    feed = RawReplayFeed([second])
    alone = list(feed.past(None))
    head, *_ = lines(second)

    assert isinstance(head, Head)
    assert head.at >= HOUR + 10_000
    assert any(isinstance(line, BookLine) for line in lines(second))
    assert any(isinstance(line, Answer) and line.again for line in lines(second))
    later = [step for step in steps if step.at > alone[5].at]
    assert of_kind(alone, Book)[-50:] == of_kind(later, Book)[-50:]
    assert not feed.notes
    assert first != second


def test_the_past_ends_before_the_given_time(told: Told, steps: list[Step]) -> None:
    feed = RawReplayFeed([told.folder])
    until = steps[40].at

    assert list(feed.past(until)) == steps[:41]
    assert feed.next_at == until


# ---------------------------------------------------------------- what is not whole


@pytest.mark.parametrize("left", [0.3, 0.8, 0.999])
def test_a_file_that_was_cut_off_is_played_as_far_as_it_goes(
    told: Told, steps: list[Step], tmp_path: Path, left: float
) -> None:
    whole = files(told.folder)[0]
    path = tmp_path / whole.name
    path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * left)])
    feed = RawReplayFeed([path])
    found = list(feed.past(None))

    assert found[:-1] == steps[: len(found) - 1]
    assert len(feed.notes) == 1
    assert path.name in feed.notes[0]


def book_of(update: int) -> str:
    return (
        f'{{"e":"depthUpdate","E":{AT},"T":{AT},"s":"BTCUSDT","U":{update},"u":{update},'
        f'"pu":{update - 1},"b":[["60000.{update % 10}","{update}"]],"a":[["60001.0","1"]]}}'
    )


def snapshot_of(update: int) -> str:
    return (
        f'{{"lastUpdateId":{update},"E":{AT},"T":{AT},"bids":[["59999.0","{update}"]],'
        '"asks":[["60001.0","2"]]}'
    )


def diffs(*updates: int) -> Iterator[Frame]:
    for update in updates:
        yield Frame(AT + update * 1000, "/public/ws/0", book_of(update))


def asked(update: int, at: int) -> Answer:
    request = "GET /fapi/v1/depth?symbol=BTCUSDT&limit=1000"
    return Answer(AT + at * 1000, request, 200, snapshot_of(update))


def played(tmp_path: Path, *heard: Line) -> RawReplayFeed:
    whole = [linear_markets(AT, "BTCUSDT"), *heard]
    path = write_recording(tmp_path, "binanceusdm", ["BTC/USDT"], whole)
    feed = RawReplayFeed([path])
    list(feed.past(None))
    return feed


def test_a_gap_in_the_book_is_mended_by_the_snapshot_that_was_taken_then(tmp_path: Path) -> None:
    feed = played(tmp_path, *diffs(1, 2), asked(2, 2), *diffs(3, 5, 6), asked(6, 6), *diffs(7, 8))
    book = feed._exchange.api.orderbooks["BTC/USDT:USDT"]

    assert feed.tally.refused == {"ChecksumError": 1}
    assert book["nonce"] == 8
    assert book["bids"] == [[60000.8, 8.0], [60000.7, 7.0], [60000.6, 6.0], [59999.0, 6.0]]


def test_a_snapshot_that_came_before_the_gap_was_seen_mends_it_too(tmp_path: Path) -> None:
    feed = played(tmp_path, *diffs(1, 2), asked(2, 2), *diffs(3), asked(7, 7), *diffs(8, 9))
    book = feed._exchange.api.orderbooks["BTC/USDT:USDT"]

    assert book["nonce"] == 9
    assert book["bids"] == [[60000.9, 9.0], [60000.8, 8.0], [59999.0, 7.0]]


def test_a_book_is_begun_anew_when_the_engine_was_away(tmp_path: Path) -> None:
    markets = linear_markets(AT, "BTCUSDT")
    first: list[Line] = [markets, *diffs(1, 2), asked(2, 2), *diffs(3)]
    later: list[Line] = [*diffs(100), asked(100, 100), *diffs(101)]
    for part in (first, later):
        write_recording(tmp_path, "binanceusdm", ["BTC/USDT"], part)
    feed = RawReplayFeed([tmp_path])
    list(feed.past(None))

    assert not feed.tally.refused
    assert feed._exchange.api.orderbooks["BTC/USDT:USDT"]["nonce"] == 101


def test_a_snapshot_that_was_taken_to_check_the_book_changes_nothing(tmp_path: Path) -> None:
    feed = played(tmp_path, *diffs(1, 2), asked(2, 2), *diffs(3, 4), asked(3, 4), *diffs(5))
    book = feed._exchange.api.orderbooks["BTC/USDT:USDT"]

    assert not feed.tally.refused
    assert book["nonce"] == 5
    assert [price for price, _ in book["bids"]] == [60000.5, 60000.4, 60000.3, 60000.2, 59999.0]


def test_a_book_that_is_decoded_otherwise_than_that_day_is_told_and_put_right(
    tmp_path: Path,
) -> None:
    line = BookLine(
        AT + 3000, "BTC/USDT:USDT", 3, AT, ((60000.3, 33.0), (59999.0, 2.0)), ((60001.0, 1.0),)
    )
    feed = played(tmp_path, *diffs(1, 2), asked(2, 2), *diffs(3), line, *diffs(4))
    book = feed._exchange.api.orderbooks["BTC/USDT:USDT"]

    assert "[60000.3, 3.0] was decoded, (60000.3, 33.0) recorded" in feed.notes[0]
    assert book["bids"] == [[60000.4, 4.0], [60000.3, 33.0], [59999.0, 2.0]]


@pytest.mark.parametrize("text", ["", "{", "null", '"what"', "[[]]", '{"e":"trade"}', "{}"])
def test_a_frame_that_means_nothing_is_counted_and_the_next_is_heard(
    tmp_path: Path, text: str
) -> None:
    feed = played(
        tmp_path, *diffs(1, 2), asked(2, 2), Frame(AT + 3000, "/public/ws/0", text),
        Frame(AT + 3000, "/public/ws/0", data=bytes(range(256))), *diffs(3),
    )  # fmt: skip

    assert feed.tally.frames == 5
    assert feed.tally.decoded == {"book": 1}
    assert feed._exchange.api.orderbooks["BTC/USDT:USDT"]["nonce"] == 3


# ---------------------------------------------------------------- what cannot be played


def test_an_empty_folder_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no recording"):
        replay_feed([tmp_path])


def test_candles_and_recordings_are_not_played_together(told: Told, tmp_path: Path) -> None:
    candles = tmp_path / "BTCUSDT-1m.csv"
    candles.write_text("open_time,open,high,low,close,volume\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="replay one or the other"):
        replay_feed([told.folder, candles])
    with pytest.raises(ConfigError, match="cannot take funding from a file"):
        replay_feed([told.folder], [candles])
    with pytest.raises(ConfigError, match="cannot begin again"):
        replay_feed([told.folder], loop=True)


def test_recordings_of_two_exchanges_are_not_played_together(told: Told, tmp_path: Path) -> None:
    other = write_recording(tmp_path, "bybit", ["BTC/USDT"], [linear_markets(AT, "BTCUSDT")])
    with pytest.raises(ConfigError, match="binanceusdm and bybit"):
        RawReplayFeed([told.folder, other])


def test_a_recording_without_its_markets_is_told_of(tmp_path: Path) -> None:
    path = write_recording(tmp_path, "binanceusdm", ["BTC/USDT"], diffs(1))
    with pytest.raises(ConfigError, match="lacks the list of markets"):
        RawReplayFeed([path])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no gzip at all", "no recording"),
        (gzip.compress(b'{"what": 1}\n'), "no line of a recording"),
        (gzip.compress(encoded(Frame(AT, "/ws", "{}"))), "does not begin as a recording"),
        (gzip.compress(encoded(Head(AT, 99, "binanceusdm", "1", ()))), "format 99"),
        (b"", "cannot be replayed"),
    ],
)
def test_a_file_that_is_no_recording_is_told_of(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "binanceusdm-2026-11-21T00-00-00-000.raw.gz"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        RawReplayFeed([path])


def test_a_checkpoint_in_a_file_that_is_gone_is_told_of(told: Told) -> None:
    feed = RawReplayFeed([told.folder])
    with pytest.raises(ConfigError, match="is gone"):
        feed.resume({"file": "other.raw.gz", "at": AT}, AT)
