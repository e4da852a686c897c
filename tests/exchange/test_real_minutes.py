"""Minutes, settlements and trades that arrive late, twice, broken off or not at all."""

from decimal import Decimal
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market import HOUR_MS, MINUTE_MS, Bar, Book, Funding, MarkPrice, Tick
from exchange.real.history import priced, whole
from exchange.real.inbox import Inbox, conflated
from exchange.real.minutes import GRACE_MS, Minutes
from exchange.real.settlements import CHECK_MS, Settlements

D = Decimal
BTC = "BTC/USDT"
START = 1_790_000_040_000
ZERO = D(0)


def bar(number: int, close: str = "100", volume: str = "1") -> Bar:
    low, high = D(99), max(D(101), D(close))
    return Bar(BTC, START + number * MINUTE_MS, D(100), high, low, D(close), D(volume))


def taken(minutes: Minutes) -> list[Bar]:
    found = []
    while (one := minutes.take()) is not None:
        found.append(one)
    return found


def begun(number: int = -1) -> Minutes:
    """Return minutes of which *number* was the last handed out."""
    return Minutes(BTC, START + number * MINUTE_MS)


def test_a_minute_is_closed_when_the_next_one_begins() -> None:
    minutes = begun()
    minutes.on_row(bar(0, "100", "1"))
    minutes.on_row(bar(0, "105", "2"))
    assert taken(minutes) == []

    minutes.on_row(bar(1))
    assert taken(minutes) == [bar(0, "105", "2")]
    assert taken(minutes) == []


def test_a_minute_is_closed_when_the_exchange_says_so() -> None:
    minutes = begun()
    minutes.on_row(bar(0), final=True)

    assert taken(minutes) == [bar(0)]


def test_a_minute_whose_end_the_stream_missed_is_asked_for() -> None:
    minutes = begun()
    minutes.on_row(bar(0, "100", "1"))
    minutes.interrupt()
    minutes.on_row(bar(1))
    assert taken(minutes) == []

    now = START + MINUTE_MS + GRACE_MS
    assert minutes.missing(now - 1) is None
    span = minutes.missing(now)
    assert span == (START, START + MINUTE_MS)
    minutes.on_answer([bar(0, "107", "3")], span, now)
    assert taken(minutes) == [bar(0, "107", "3")]


def test_a_stream_that_breaks_and_goes_on_in_the_same_minute_is_whole() -> None:
    minutes = begun()
    minutes.on_row(bar(0, "100", "1"))
    minutes.interrupt()
    minutes.on_row(bar(0, "103", "2"))
    minutes.on_row(bar(1))

    assert taken(minutes) == [bar(0, "103", "2")]


def test_nothing_is_handed_out_before_its_history_is_known() -> None:
    minutes = Minutes(BTC)
    for number in range(3):
        minutes.on_row(bar(number))
    assert taken(minutes) == []
    assert minutes.missing(START + HOUR_MS) is None

    minutes.begin(START)
    assert taken(minutes) == [bar(1)]


def test_minutes_without_a_trade_are_filled_once_the_exchange_is_past_them() -> None:
    minutes = begun()
    minutes.on_answer([bar(0, "105"), bar(3)], (START, START + 4 * MINUTE_MS), START + HOUR_MS)

    first, second, third, fourth = taken(minutes)

    assert (first, fourth) == (bar(0, "105"), bar(3))
    assert [(b.open, b.high, b.low, b.close, b.volume) for b in (second, third)] == [
        (D(105), D(105), D(105), D(105), ZERO)
    ] * 2


def test_the_newest_minute_is_not_taken_for_one_without_a_trade() -> None:
    minutes = begun()
    now = START + 2 * MINUTE_MS + GRACE_MS
    minutes.on_answer([bar(0)], (START, START + 2 * MINUTE_MS), now)

    assert taken(minutes) == [bar(0)]
    assert minutes.missing(now) == (START + MINUTE_MS, START + 2 * MINUTE_MS)


@given(st.integers(0, 2**32))
def test_minutes_come_in_order_each_once_and_whole_whatever_the_stream_does(seed: int) -> None:
    rng = Random(seed)
    truth = [bar(n, str(95 + rng.randrange(12)), str(1 + rng.randrange(9))) for n in range(30)]
    minutes, found, is_up = begun(), [], True
    for number, final in enumerate(truth):
        for part in range(4):
            now = START + number * MINUTE_MS + part * 15_000
            if rng.random() < 0.15:
                is_up = not is_up
                minutes.interrupt()
            row = msgspec.structs.replace(
                final, close=final.open, volume=ZERO
            )  # as it stands by now
            if is_up and (part < 3 or rng.random() < 0.9):
                minutes.on_row(final if part == 3 else row)
            elif is_up:
                minutes.interrupt()  # its last message was lost with the connection
            span = minutes.missing(now)
            if span is not None and rng.random() < 0.5:
                answer = [one for one in truth if span[0] <= one.open_time < span[1]]
                minutes.on_answer(answer, span, now)
            found += taken(minutes)
    now = START + len(truth) * MINUTE_MS + GRACE_MS
    if (span := minutes.missing(now)) is not None:
        minutes.on_answer(truth, span, now)
    found += taken(minutes)

    assert found == truth


def test_history_has_no_hole_but_before_its_first_price() -> None:
    span = (START, START + 5 * MINUTE_MS)

    filled = whole([bar(1, "104"), bar(3)], span, None)

    assert [one.open_time for one in filled] == [START + n * MINUTE_MS for n in range(1, 5)]
    assert (filled[1].close, filled[1].volume) == (D(104), ZERO)
    assert len(whole([], span, bar(-1))) == 5


# ---------------------------------------------------------------- funding

NEXT = START + 10 * MINUTE_MS


def mark(at: int, rate: str, due: int = NEXT) -> MarkPrice:
    return MarkPrice(BTC, at, D(60_000), D(rate), due)


def test_funding_is_settled_by_the_last_rate_before_its_time() -> None:
    settlements = Settlements(BTC)
    settlements.on_mark(mark(NEXT - 5000, "0.0001"))
    settlements.on_mark(mark(NEXT - 1000, "0.0003"))
    assert settlements.take(NEXT + 1000) == []

    settlements.on_mark(mark(NEXT + 500, "0.0009", NEXT + 8 * HOUR_MS))

    assert settlements.take(NEXT + 500) == [Funding(BTC, NEXT, D("0.0003"), D(60_000))]
    assert settlements.take(NEXT + HOUR_MS) == []


def test_funding_is_settled_though_the_stream_says_nothing_more() -> None:
    settlements = Settlements(BTC)
    settlements.on_mark(mark(NEXT - 1000, "0.0003"))
    settlements.on_time(NEXT + 4000)
    assert settlements.take(NEXT + 4000) == []

    settlements.on_time(NEXT + 6000)
    assert [one.at for one in settlements.take(NEXT + 6000)] == [NEXT]


def test_a_settlement_that_the_stream_slept_through_is_asked_for() -> None:
    settlements = Settlements(BTC)
    settlements.last = START
    settlements.on_mark(mark(NEXT - 60_000, "0.0003"))
    settlements.on_mark(mark(NEXT + 60_000, "0.0001", NEXT + 8 * HOUR_MS))
    assert settlements.take(NEXT + 60_000) == []
    assert settlements.asks_since(NEXT + 60_000) == START + 1

    told = Funding(BTC, NEXT, D("0.0002"), D(60_100))
    settlements.on_answer([Funding(BTC, START, D(1), D(1)), told], NEXT + 61_000)

    assert settlements.take(NEXT + 61_000) == [told]
    assert settlements.asks_since(NEXT + 61_000) is None


def test_after_a_restart_history_is_asked_for_a_while() -> None:
    settlements = Settlements(BTC)
    settlements.resume(START, NEXT + 1000)
    assert settlements.asks_since(NEXT + 1000) == START
    settlements.on_answer([Funding(BTC, START, D(1), D(1))], NEXT + 1000)  # it knows not yet

    assert settlements.asks_since(NEXT + 60_000) == START
    told = Funding(BTC, NEXT, D("0.0002"), D(60_100))
    settlements.on_answer([told], NEXT + 60_000)
    assert settlements.take(NEXT + 60_000) == [told]

    settlements.on_answer([told], NEXT + 3 * CHECK_MS)
    assert settlements.take(NEXT + 3 * CHECK_MS) == []
    assert settlements.asks_since(NEXT + HOUR_MS) is None


def test_what_was_charged_is_compared_with_what_the_exchange_says() -> None:
    settlements = Settlements(BTC)
    settlements.on_mark(mark(NEXT - 1000, "0.0003"))
    settlements.on_mark(mark(NEXT + 500, "0.0001", NEXT + 8 * HOUR_MS))
    settlements.take(NEXT + 500)
    assert settlements.asks_since(NEXT + CHECK_MS - 1) is None
    assert settlements.asks_since(NEXT + CHECK_MS) == NEXT

    told = settlements.on_answer([Funding(BTC, NEXT, D("0.0005"), D(1))], NEXT + CHECK_MS)

    assert told == f"{BTC}: the exchange settled at 0.0005, charged was 0.0003"
    assert settlements.take(NEXT + CHECK_MS) == []  # it is told, not charged again


def test_settlements_take_their_price_from_the_minute_where_none_is_told() -> None:
    told = [Funding(BTC, START + n, D("0.1"), D(price)) for n, price in ((0, 7), (1, 0), (2, 0))]

    assert [one.mark_price for one in priced(told, {START + 1: D(9)})] == [D(7), D(9)]


# ---------------------------------------------------------------- trades


def tick(at: int, last: str, qty: str = "1") -> Tick:
    return Tick(BTC, START + at, D(99), D(101), D(last), D(qty))


@given(st.lists(st.tuples(st.integers(90, 110), st.integers(1, 9)), min_size=1, max_size=30))
def test_of_many_trades_extremes_last_price_and_quantity_are_kept(
    trades: list[tuple[int, int]],
) -> None:
    ticks = [tick(n, str(price), str(qty)) for n, (price, qty) in enumerate(trades)]

    kept = conflated(ticks)

    prices = [one.last for one in ticks]
    assert len(kept) <= 3
    assert max(one.last for one in kept) == max(prices)
    assert min(one.last for one in kept) == min(prices)
    assert (kept[-1].last, kept[-1].at) == (prices[-1], ticks[-1].at)
    assert sum((one.qty for one in kept), ZERO) == sum((one.qty for one in ticks), ZERO)
    assert [one.at for one in kept] == sorted(one.at for one in kept)


def book(at: int, bid: str, ask: str) -> Book:
    return Book(BTC, START + at, ((D(bid), D(1)),), ((D(ask), D(1)),))


def test_of_what_arrived_between_two_steps_the_newest_counts() -> None:
    inbox = Inbox()
    inbox.on_book(book(1, "99", "101"))
    inbox.on_book(book(2, "98", "100"))
    inbox.on_mark(mark(START + 1, "0.1"))
    inbox.on_mark(mark(START + 2, "0.2"))
    inbox.on_ticks([tick(3, "98.5")])

    assert inbox.take() == [
        mark(START + 2, "0.2"),
        Tick(BTC, START + 3, D(98), D(100), D("98.5"), D(1)),
        book(2, "98", "100"),
    ]
    assert inbox.take() == []


def test_a_quote_that_moves_without_a_trade_is_told() -> None:
    inbox = Inbox()
    inbox.on_book(book(1, "99", "101"))
    (first, _) = inbox.take()
    inbox.on_book(book(2, "99", "101"))
    assert inbox.take() == [book(2, "99", "101")]
    inbox.on_book(book(3, "99", "100"))

    moved, _ = inbox.take()

    assert isinstance(first, Tick)
    assert (first.last, first.qty) == (D(100), ZERO)
    assert moved == Tick(BTC, START + 3, D(99), D(100), D(100), ZERO)


@pytest.mark.parametrize("at", [5, 1])
def test_ticks_never_go_back_in_time(at: int) -> None:
    inbox = Inbox()
    inbox.on_book(book(1, "99", "101"))
    inbox.on_ticks([tick(4, "100")])
    inbox.take()
    inbox.on_ticks([tick(at, "100")])

    (one,) = inbox.take()

    assert isinstance(one, Tick)
    assert one.at == START + max(4, at)
