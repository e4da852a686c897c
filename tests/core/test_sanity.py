from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market import MINUTE_MS, Bar, Book, DayStats, Funding, MarketMessage, MarkPrice, Tick
from core.sanity import PERSISTS_MS, Objection, Sanity

BTC = "BTC/USDT"
AT = 1_790_000_040_000  # a whole minute
D = Decimal


def bar(minute: int = 0, **changes: Any) -> Bar:
    whole = Bar(BTC, AT + minute * MINUTE_MS, D(100), D(101), D(99), D("100.5"), D(5))
    return msgspec.structs.replace(whole, **changes)


def flat(minute: int, price: str) -> Bar:
    level = D(price)
    return bar(minute, open=level, high=level * D("1.01"), low=level * D("0.99"), close=level)


def tick(at: int = 0, price: str = "100", **changes: Any) -> Tick:
    level = D(price)
    whole = Tick(BTC, AT + at, level - D("0.1"), level + D("0.1"), level, D(1))
    return msgspec.structs.replace(whole, **changes)


def book(**changes: Any) -> Book:
    bids = ((D("99.9"), D(1)), (D("99.8"), D(2)))
    asks = ((D("100.1"), D(1)), (D("100.2"), D(2)))
    return msgspec.structs.replace(Book(BTC, AT, bids, asks), **changes)


def mark(at: int = 0, **changes: Any) -> MarkPrice:
    whole = MarkPrice(BTC, AT + at, D(100), D("0.0001"), AT + 1000)
    return msgspec.structs.replace(whole, **changes)


def day(**changes: Any) -> DayStats:
    whole = DayStats(BTC, AT, D(110), D(90), D(5), D(500), D("-1.5"))
    return msgspec.structs.replace(whole, **changes)


def judged(sanity: Sanity, message: MarketMessage) -> Objection | None:
    """Judge a message at the engine time it would come."""
    at = message.close_time if isinstance(message, Bar) else message.at
    return sanity.objection(message, at)


def after_a_bar() -> Sanity:
    sanity = Sanity()
    assert judged(sanity, bar(-1)) is None
    return sanity


NAN, ENDLESS = D("NaN"), D("Infinity")


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        (bar(open=NAN), "number", "no number"),
        (bar(close=D("sNaN")), "number", "no number"),
        (bar(volume=NAN), "number", "no number"),
        (bar(high=ENDLESS), "number", "was Infinity"),
        (bar(volume=ENDLESS), "number", "volume must be 0 or more"),
        (bar(volume=D(-5)), "number", "volume must be 0 or more, was -5"),
        (bar(low=D(0)), "number", "above 0, was 0"),
        (bar(low=D(-99)), "number", "above 0, was -99"),
        (bar(high=D(98)), "shape", "open, high, low, close were 100, 98, 99, 100.5"),
        (bar(close=D(102)), "shape", "low ≤ open, close ≤ high"),
        (bar(open=D(98)), "shape", "low ≤ open, close ≤ high"),
        (bar(-1), "time", "was told already"),
        (bar(-2), "time", "comes after that of 2026-09-21"),
        (bar(open_time=AT + 1), "time", "whole minute"),
        (flat(0, "10000"), "jump", "price 10100.00 is 100.5 times the last, 100.5; at most 3"),
        (flat(0, "1"), "jump", "price 0.99 is 0.009851 times the last"),
        (bar(high=D(10_000)), "jump", "price 10000 is"),
        (tick(last=D(0)), "number", "above 0, was 0"),
        (tick(bid=NAN), "number", "no number"),
        (tick(qty=D(-1)), "number", "quantity must be 0 or more, was -1"),
        (tick(bid=D(101)), "shape", "bid 101 is above ask 100.1"),
        (tick(price="10000"), "jump", "times the last"),
        (tick(at=2 * MINUTE_MS), "", ""),
        (book(bids=((D("100.2"), D(1)),)), "shape", "bid 100.2 is above ask 100.1"),
        (book(bids=((D("99.8"), D(1)), (D("99.9"), D(1)))), "shape", "best prices first"),
        (book(asks=((D("100.1"), D(-1)),)), "number", "quantity"),
        (book(asks=((NAN, D(1)),)), "number", "no number"),
        (book(bids=((D(1), D(1)),)), "jump", "times the last"),
        (mark(mark_price=D(-1)), "number", "above 0"),
        (mark(mark_price=D(301)), "", ""),
        (mark(mark_price=D(302)), "jump", "is 3.005 times"),
        (mark(funding_rate=D("0.2")), "funding", "within ±5%, was 0.2"),
        (mark(funding_rate=NAN), "number", "no number"),
        (Funding(BTC, AT, D("-0.0501"), D(100)), "funding", "was -0.0501"),
        (Funding(BTC, AT, D("0.05"), D(100)), "", ""),
        (Funding(BTC, AT, D("0.0001"), D(10_000)), "jump", "times the last"),
        (mark(index_price=D(-1)), "number", "price of a spot index must be above 0"),
        (mark(index_price=D(101)), "", ""),
        (day(), "", ""),
        (day(high=None, low=None, volume=None, quote_volume=None), "", ""),
        (day(high=NAN), "number", "no number"),
        (day(low=D(111)), "shape", "the 24 h low 111 is above the high 110"),
        (day(volume=D(-1)), "number", "24 h volume must be 0 or more"),
    ],
)  # fmt: skip
def test_what_cannot_be_true_is_refused_with_value_and_limit(
    message: MarketMessage, kind: str, words: str
) -> None:
    objection = judged(after_a_bar(), message)

    if not kind:
        assert objection is None
        return
    assert objection is not None
    assert objection.kind == kind
    assert words in objection.text


@pytest.mark.parametrize(
    "message", [tick(2 * MINUTE_MS), mark(2 * MINUTE_MS), bar(3), day(at=AT + 2 * MINUTE_MS)]
)
def test_a_time_ahead_of_the_market_is_refused(message: MarketMessage) -> None:
    """Else it would make everything after it look late."""
    objection = after_a_bar().objection(message, AT)

    assert objection is not None
    assert (objection.kind, "ahead of the market's" in objection.text) == ("time", True)


@pytest.mark.parametrize(("first", "late"), [(tick(10), tick(9)), (mark(10), mark(9))])
def test_time_does_not_go_back(first: MarketMessage, late: MarketMessage) -> None:
    sanity = after_a_bar()

    assert sanity.objection(first, AT + 10) is None
    objection = sanity.objection(late, AT + 10)

    assert objection is not None
    assert objection.kind == "time"
    assert sanity.objection(first, AT + 10) is None  # the same moment is no step back


def test_an_empty_side_of_a_book_is_no_fault() -> None:
    assert judged(after_a_bar(), book(asks=())) is None


def test_the_first_price_of_all_is_believed() -> None:
    assert judged(Sanity(), flat(0, "6612345")) is None


def test_what_a_restart_remembers_counts() -> None:
    sanity = Sanity(D(100), AT)

    assert judged(sanity, bar(0)) is not None
    assert judged(sanity, flat(1, "10000")) is not None
    assert judged(sanity, bar(1)) is None


def test_a_wrong_price_changes_nothing_for_the_next_right_one() -> None:
    sanity = after_a_bar()

    assert judged(sanity, flat(0, "10000")) is not None
    assert judged(sanity, flat(1, "101")) is None
    assert sanity.price == 101


def test_a_level_that_stays_for_five_minutes_is_believed() -> None:
    sanity = after_a_bar()
    crash = [flat(minute, "20") for minute in range(7)]

    verdicts = [judged(sanity, message) is None for message in crash]

    assert verdicts == [False] * 5 + [True, True]
    assert sanity.price == 20


def test_two_wrong_prices_with_right_ones_between_never_become_a_level() -> None:
    sanity = after_a_bar()
    for minute in range(20):
        price = "10000" if minute % 2 else "100"
        assert (judged(sanity, flat(minute, price)) is None) == (price == "100")


def test_prices_all_over_the_place_never_become_a_level() -> None:
    sanity = after_a_bar()
    for minute, price in enumerate(["1000", "9000", "20", "4000", "1", "70000", "900"] * 3):
        assert judged(sanity, flat(minute, price)) is not None


def test_two_lone_prices_minutes_apart_are_no_level() -> None:
    sanity = after_a_bar()

    assert judged(sanity, tick(0, "10000")) is not None
    assert judged(sanity, tick(2 * PERSISTS_MS, "10000")) is not None


def test_an_extreme_alone_is_refused_for_as_long_as_it_comes() -> None:
    """The close says where the market is; a high a hundred times above it is an error."""
    sanity = after_a_bar()

    for minute in range(10):
        assert judged(sanity, bar(minute, high=D(10_000))) is not None


numbers = st.one_of(
    st.decimals("0.0001", "100000", places=4),
    st.sampled_from([D(0), D(-1), NAN, D("sNaN"), ENDLESS, D("-Infinity"), D("1e40")]),
)
times = st.integers(-3, 12)
messages = st.one_of(
    st.builds(
        lambda t, o, h, low, c, v: Bar(BTC, AT + t * 30_000, o, h, low, c, v),
        times, numbers, numbers, numbers, numbers, numbers,
    ),
    st.builds(lambda t, *p: Tick(BTC, AT + t * 30_000, *p), times, *[numbers] * 4),
    st.builds(lambda t, p, r: MarkPrice(BTC, AT + t * 30_000, p, r, 0), times, numbers, numbers),
    st.builds(lambda t, r, p: Funding(BTC, AT + t * 30_000, r, p), times, numbers, numbers),
    st.builds(
        lambda t, *levels: Book(BTC, AT + t * 30_000, levels[:2], levels[2:]), times,
        *[st.tuples(numbers, numbers)] * 4,
    ),
)  # fmt: skip


def prices_of(message: MarketMessage) -> list[Decimal]:
    match message:
        case Bar():
            return [message.open, message.high, message.low, message.close]
        case Tick():
            return [message.bid, message.ask, message.last]
        case Book():
            return [price for price, _ in (*message.bids, *message.asks)]
        case MarkPrice() | Funding():
            return [message.mark_price]
        case DayStats():
            return [price for price in (message.high, message.low) if price is not None]


@given(stream=st.lists(messages, max_size=30))
def test_whatever_comes_only_sound_messages_pass_and_bars_rise(
    stream: list[MarketMessage],
) -> None:
    sanity = Sanity(D(100), AT - MINUTE_MS)
    opened = AT - MINUTE_MS
    for message in stream:
        before = sanity.price
        objection = sanity.objection(message, AT + 10 * MINUTE_MS)
        if objection is not None:
            assert objection.text
            assert sanity.price == before
            continue
        assert all(price.is_finite() and price > 0 for price in prices_of(message))
        if isinstance(message, Bar):
            assert message.low <= min(message.open, message.close)
            assert max(message.open, message.close) <= message.high
            assert message.open_time > opened
            opened = message.open_time
