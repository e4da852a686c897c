"""What others recorded of Binance, decoded as it would be live: no frame lost, every book right."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.errors import DataError
from core.market import Bar, Book
from core.sanity import Sanity
from exchange.real.binance_events import body, decode
from exchange.real.decode import Decoder, exact
from exchange.real.recording import Answer, Frame, Line
from exchange.replay.raw import RawReplayFeed
from exchange.replay.raw_decoding import RawDecoding, event_of
from exchange.replay.raw_exchange import RecordedExchange
from tests.exchange.recorded_frames import (
    FIXTURES,
    MANY,
    MANY_BOOKS,
    MANY_MARKETS,
    SPOT,
    USDM,
    PlainBook,
    answers,
    heard,
    linear_markets,
    needed,
    rows,
    spot_markets,
    write_recording,
)
from utils.clock import SetClock

pytestmark = needed

BEST_EVERY = 10  # diffs between two comparisons of the best levels
WHOLE_EVERY = 1_000  # and of five hundred
ACCOUNT_EVENTS = {
    "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE", "ACCOUNT_CONFIG_UPDATE", "MARGIN_CALL", "ALGO_UPDATE",
    "TRADE_LITE", "STRATEGY_UPDATE", "GRID_UPDATE", "CONDITIONAL_ORDER_TRIGGER_REJECT",
    "listenKeyExpired",
}  # fmt: skip
MANY_SYMBOLS = ("SUSHI/USDT", "AKRO/USDT", "CTK/USDT", "KEEP/USDT")


class Hearing:
    """Hears a recording beside an independent reading of it, and compares the two."""

    def __init__(self, exchange: str, names: Iterable[str], markets: Answer) -> None:
        self.exchange = RecordedExchange(exchange)
        self.clock = SetClock()
        self.decoding = RawDecoding(self.exchange)
        self.exchange.remember(markets)
        if exchange == "binance":
            self.exchange.api.options["fetchMarkets"] = {"types": ["spot"]}
        asyncio.run(self.decoding.open(list(names), self.clock))
        self.books: dict[str, PlainBook] = {}
        self.told: Counter[str] = Counter()
        self.frames = self.from_the_future = self.backwards = self.compared = 0
        self._newest = 0

    def hear(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self.clock.not_before(line.at)
            if isinstance(line, Answer):
                results = self.exchange.answer(line)
                self.decoding.on_answer(line.at, line.request, line.text, results)
                symbol = line.request.partition("symbol=")[2].partition("&")[0]
                self._book(symbol).on_snapshot(json.loads(line.text))
            elif isinstance(line, Frame):
                self._hear_frame(line)

    def _hear_frame(self, line: Frame) -> None:
        message, results = self.exchange.hear(line)
        self.decoding.on_frame(line.at, message, results)
        event = message["data"]
        kind = event.get("e", "bookTicker")
        self.told[kind] += 1
        self.frames += 1
        at = event.get("E", self._newest)
        self.from_the_future += at > line.at
        self.backwards += at < self._newest
        self._newest = max(self._newest, at)
        getattr(self, f"_compare_{kind}")(line.at, event, [result.value for result in results])

    def _decoder(self, market_id: str) -> Decoder:
        market = self.exchange.api.safe_market(market_id, None, None, None)
        return Decoder(market, lambda at: self.clock.now() if at is None else at)

    def _book(self, market_id: str) -> PlainBook:
        return self.books.setdefault(market_id, PlainBook())

    def _compare_trade(self, _at: int, event: dict[str, Any], values: list[Any]) -> None:
        (tick,) = self._decoder(event["s"]).ticks([values[0][-1]], Decimal(1), Decimal(1))
        assert (tick.last, tick.qty, tick.at) == (
            Decimal(event["p"]), Decimal(event["q"]), event["T"],
        )  # fmt: skip

    _compare_aggTrade = _compare_trade  # noqa: N815 - the exchange's name

    def _compare_bookTicker(  # noqa: N802 - the exchange's name
        self, _at: int, event: dict[str, Any], values: list[Any]
    ) -> None:
        told = [exact(values[0][name]) for name in ("bid", "bidVolume", "ask", "askVolume")]
        assert told == [Decimal(event[name]) for name in "bBaA"]

    def _compare_kline(self, _at: int, event: dict[str, Any], values: list[Any]) -> None:
        candle = event["k"]
        bar = self._decoder(event["s"]).bar(values[0][2][-1])
        assert bar is not None
        assert bar.open_time == candle["t"]
        told = (bar.open, bar.high, bar.low, bar.close, bar.volume)
        assert told == tuple(Decimal(candle[name]) for name in "ohlcv")

    def _compare_depthUpdate(  # noqa: N802 - the exchange's name
        self, _at: int, event: dict[str, Any], values: list[Any]
    ) -> None:
        plain = self._book(event["s"])
        plain.on_diff(event)
        if values:
            self.compared += 1
            if self.compared % BEST_EVERY == 1:
                self._compare_books(event["s"], values[0], plain)

    def _compare_books(self, market_id: str, theirs: Any, plain: PlainBook) -> None:
        book = self._decoder(market_id).book(theirs)
        bids, asks = plain.best(len(book.bids))
        assert (list(book.bids), list(book.asks)) == (bids, asks)
        if self.compared % WHOLE_EVERY == 1:
            self.compare_whole(theirs, plain)

    def compare_whole(self, theirs: Any, plain: PlainBook) -> None:
        for side, levels in zip(("bids", "asks"), plain.best(500), strict=True):
            assert [(exact(p), exact(q)) for p, q in theirs[side][:500]] == levels


@pytest.fixture(scope="module")
def usdm() -> Hearing:
    found = Hearing("binanceusdm", ["BTC/USDT"], linear_markets(0, "BTCUSDT"))
    found.hear(heard(USDM, "/public/ws/0"))
    return found


def test_each_frame_of_the_futures_is_decoded_or_known_to_be_unused(usdm: Hearing) -> None:
    tally = usdm.decoding.tally

    assert usdm.told == {"trade": 21_313, "bookTicker": 66_089, "depthUpdate": 6_551}
    assert tally.frames == usdm.frames == 93_953
    assert tally.decoded["trades"] == 21_313
    assert tally.unused["bookTicker"] == 66_089
    assert tally.decoded["book"] + tally.unused["depthUpdate"] == 6_551
    assert not tally.refused


def test_only_diffs_from_before_the_snapshot_of_the_futures_are_left_out(usdm: Hearing) -> None:
    before = 0
    for row in rows(USDM):
        if "lastUpdateId" in row["msg"]:
            break
        before += row["msg"]["data"]["e"] == "depthUpdate"

    assert usdm.decoding.tally.unused["depthUpdate"] == before
    assert usdm.compared == 6_551 - before


def test_the_book_of_the_futures_is_that_of_an_independent_one(usdm: Hearing) -> None:
    plain = usdm.books["BTCUSDT"]
    theirs = usdm.exchange.api.orderbooks["BTC/USDT:USDT"]

    assert plain.gaps == 0
    assert plain.known == theirs["nonce"]
    usdm.compare_whole(theirs, plain)


def test_a_clock_that_is_behind_and_events_out_of_order_do_no_harm(usdm: Hearing) -> None:
    assert usdm.from_the_future > 90_000  # the recorder's clock was 1.27 s behind
    assert usdm.backwards > 1_000


def test_each_frame_of_the_spot_market_is_decoded_or_known_to_be_unused() -> None:
    spot = Hearing("binance", ["BTC/USDT"], spot_markets(0))
    spot.hear(heard(SPOT, "/stream/0"))
    tally, plain = spot.decoding.tally, spot.books["BTCUSDT"]

    assert spot.told == {"trade": 9_757, "bookTicker": 28_040, "depthUpdate": 3_451}
    assert tally.frames == spot.frames == 41_248
    assert tally.decoded["trades"] == 9_757
    assert tally.unused.total() + tally.decoded["book"] == 28_040 + 3_451
    assert not tally.refused
    assert plain.gaps == 0
    spot.compare_whole(spot.exchange.api.orderbooks["BTC/USDT"], plain)


def many_lines() -> list[Line]:
    """Return the combined stream of four symbols and the answers that were recorded with it."""
    lines = [*heard(MANY, "/public/ws/0"), *answers(MANY_BOOKS)]
    return sorted(lines, key=lambda line: line.at)


def test_each_frame_of_four_symbols_at_once_is_decoded_or_known_to_be_unused() -> None:
    (markets,) = answers(MANY_MARKETS)
    many = Hearing("binanceusdm", MANY_SYMBOLS, markets)
    many.hear(many_lines())
    tally = many.decoding.tally

    assert many.told == {"depthUpdate": 764, "bookTicker": 613, "aggTrade": 91, "kline": 67}
    assert tally.frames == 1_535
    assert (tally.decoded["trades"], tally.decoded["candles"]) == (91, 67)
    assert tally.unused["bookTicker"] == 613
    assert tally.decoded["book"] + tally.unused["depthUpdate"] == 764
    assert not tally.refused
    for market_id, plain in many.books.items():
        assert plain.gaps == 0
        name = many.exchange.api.safe_symbol(market_id)
        many.compare_whole(many.exchange.api.orderbooks[name], plain)


def test_played_as_a_feed_nothing_of_it_is_refused_and_time_never_goes_back(tmp_path: Path) -> None:
    frames = list(itertools.islice(heard(USDM, "/public/ws/0"), 10_000))
    lines = [linear_markets(frames[0].at, "BTCUSDT"), *frames]
    feed = RawReplayFeed([write_recording(tmp_path, "binanceusdm", ["BTC/USDT"], lines)])
    steps = list(feed.past(None))
    sanity = Sanity()

    assert [s.at for s in steps] == sorted({s.at for s in steps})
    for step in steps:
        for message in step.messages:
            assert isinstance(message, Bar) or message.at <= step.at
            assert sanity.objection(message, step.at) is None
    assert steps == list(RawReplayFeed([tmp_path]).past(None))
    assert feed.tally.frames == 10_000 - 1  # one is the snapshot


def test_four_symbols_are_played_with_the_rules_that_were_recorded(tmp_path: Path) -> None:
    (markets,) = answers(MANY_MARKETS)
    lines = [markets, *many_lines()]
    path = write_recording(tmp_path, "binanceusdm", MANY_SYMBOLS, lines)
    feed = RawReplayFeed([path], speed=None)
    books = {m.symbol for step in feed.past(None) for m in step.messages if isinstance(m, Book)}

    assert feed.instruments["SUSHI/USDT"].tick_size == Decimal("0.001")
    assert feed.instruments["SUSHI/USDT"].min_notional == 5
    assert books == set(MANY_SYMBOLS)
    assert not feed.notes


@pytest.mark.parametrize("name", FIXTURES)
def test_messages_of_every_kind_are_decoded_left_out_or_refused_with_a_reason(name: str) -> None:
    exchange = RecordedExchange("binanceusdm")
    exchange.remember(linear_markets(0, "BTCUSDT", "ETHUSDT"))
    decoding = RawDecoding(exchange)
    asyncio.run(decoding.open(["BTC/USDT", "ETH/USDT"], SetClock()))
    updates: Counter[str] = Counter()
    messages = [row["msg"] for row in rows(name)]
    for at, message in enumerate(messages):
        event = event_of(message)
        if event in ACCOUNT_EVENTS:
            updates[event] += len(decode(body(message), lambda market_id: market_id))
            continue
        try:
            decoding.on_frame(at, *exchange.hear(Frame(at, "/market/ws/0", json.dumps(message))))
        except DataError:
            assert _is_unreadable(message)
            decoding.on_garbled()
    tally = decoding.tally

    accounts = sum(event_of(message) in ACCOUNT_EVENTS for message in messages)
    assert tally.frames + accounts == len(messages)
    assert {"trades", "candles", "mark", "day"} <= set(tally.decoded)
    assert tally.refused == {"garbled": sum(map(_is_unreadable, messages))}
    assert min(updates["ORDER_TRADE_UPDATE"], updates["ACCOUNT_UPDATE"]) >= 1


def _is_unreadable(message: Any) -> bool:
    """Tell whether it is of a spot account, which nobody here has, or a candle without a symbol."""
    event = message.get("event") or message.get("data", message)
    candle = event.get("k")
    spot_account = event.get("e") in {"balanceUpdate", "outboundAccountPosition"}
    return spot_account or (isinstance(candle, dict) and "i" not in candle)
