"""Whether a market message can be true, judged by what is known of its symbol.

A price more than `MAX_JUMP` times off the last is refused, unless it stays: once prices near each
other have told of the new level for `PERSISTS_MS`, it is the market that moved.
"""

import itertools
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from core.market import MINUTE_MS, Bar, Book, DayStats, Funding, MarketMessage, MarkPrice, Tick

MAX_JUMP: Final = Decimal(3)  # times the last price, up or down
NEAR: Final = Decimal("1.5")  # times: prices of one level
PERSISTS_MS: Final = 5 * MINUTE_MS
PERSISTS_TIMES: Final = 5
MAX_FUNDING_RATE: Final = Decimal("0.05")
AHEAD_MS: Final = MINUTE_MS
ZERO: Final = Decimal(0)
ENDLESS: Final = Decimal(10) ** 15


class Objection(msgspec.Struct, frozen=True):
    """Why a message is refused: a short stable ``kind``, and a sentence with value and limit.

    ``kind`` is number, shape, time, jump, funding or symbol.
    """

    kind: str
    text: str


class _Rival(msgspec.Struct):
    """A level that contradicts the last price: how long and often it was told."""

    price: Decimal
    since: int
    times: int = 1


class Sanity:
    """What is known of one symbol, to judge its next message by.

    Promise: what was refused changes nothing but the patience with a new level of prices. The
    same messages are judged the same way.
    """

    __slots__ = ("_bar_at", "_high", "_low", "_mark_at", "_rival", "_tick_at", "price")

    def __init__(self, price: Decimal | None = None, bar_at: int = -1) -> None:
        """Begin with the last *price* and the open time of the last bar (ms), when known."""
        self.price = price
        self._bar_at = bar_at
        self._tick_at = self._mark_at = -1
        self._rival: _Rival | None = None
        # Inside this band, which is narrower than the limit, a price needs no closer look.
        self._low, self._high = ENDLESS, ZERO

    def objection(self, message: MarketMessage, at: int) -> Objection | None:
        """Return why *message* of engine time *at* (ms) cannot be true, or None and remember it."""
        try:
            if type(message) is Bar:
                return self._bar(message, at)
            return self._other(message, at)
        except InvalidOperation:  # NaN does not compare
            return Objection("number", f"{_word(message)} holds something that is no number")

    def _bar(self, bar: Bar, at: int) -> Objection | None:
        low, high, close, opened = bar.low, bar.high, bar.close, bar.open_time
        if (
            self._low <= low <= bar.open <= high <= self._high
            and low <= close <= high
            and ZERO <= bar.volume < ENDLESS
            and self._bar_at < opened <= at
            and not opened % bar.interval_ms
        ):
            self.price, self._bar_at = close, opened
            self._rival = None
            return None
        found = _bar_shape(bar) or self._bar_time(bar, at) or self._level(low, high, close, at)
        if found is None:
            self._bar_at = opened
        return found

    def _bar_time(self, bar: Bar, at: int) -> Objection | None:
        opened, last = bar.open_time, self._bar_at
        if opened % bar.interval_ms:
            return Objection("time", f"a bar must open at a whole minute, was {opened} ms")
        if opened <= last:
            word = "was told already" if opened == last else f"comes after that of {_when(last)}"
            return Objection("time", f"the bar of {_when(opened)} {word}")
        return _ahead("bar", bar.open_time, at)

    def _other(self, message: MarketMessage, at: int) -> Objection | None:
        match message:
            case Tick():
                return self._tick(message, at)
            case Book():
                return self._book(message, at)
            case MarkPrice():
                return self._mark(message, at)
            case Bar():
                return self._bar(message, at)
            case Funding() | DayStats():
                return self._seldom(message, at)

    def _seldom(self, message: Funding | DayStats, at: int) -> Objection | None:
        if isinstance(message, DayStats):
            return _bad_day(message) or _ahead("24 h summary", message.at, at)
        price = message.mark_price
        return (
            _bad_price("funding", price)
            or _bad_rate(message.rate)
            or self._level(price, price, price, at)
        )

    def _tick(self, tick: Tick, at: int) -> Objection | None:
        bid, ask, last = tick.bid, tick.ask, tick.last
        found = (
            _bad_price("tick", last)
            or _bad_spread(bid, ask)
            or _bad_amount("quantity", tick.qty)
            or _late("tick", tick.at, self._tick_at)
            or _ahead("tick", tick.at, at)
            or self._level(min(bid, last), max(ask, last), last, at)
        )
        if found is None:
            self._tick_at = tick.at
        return found

    def _book(self, book: Book, at: int) -> Objection | None:
        found = _bad_book(book) or _ahead("book", book.at, at)
        if found is None and book.bids and book.asks:
            bid, ask = book.bids[0][0], book.asks[0][0]
            found = self._level(bid, ask, (bid + ask) / 2, at)
        return found

    def _mark(self, mark: MarkPrice, at: int) -> Objection | None:
        price, index = mark.mark_price, mark.index_price
        found = (
            _bad_price("mark", price)
            or (None if index is None else _bad_price("spot index", index))
            or _bad_rate(mark.funding_rate)
            or _late("mark price", mark.at, self._mark_at)
            or _ahead("mark price", mark.at, at)
            or self._level(price, price, price, at)
        )
        if found is None:
            self._mark_at = mark.at
        return found

    def _level(self, low: Decimal, high: Decimal, price: Decimal, at: int) -> Objection | None:
        """Judge prices from *low* to *high* that end at *price* by the last price."""
        last = self.price
        if self._low <= low and high <= self._high:
            self.price, self._rival = price, None
            return None
        if last is None or _within(MAX_JUMP, last, low, high) or self._stays(low, high, price, at):
            self.price, self._rival = price, None
            self._low, self._high = price / NEAR, price * NEAR
            return None
        worst = high if high > last * MAX_JUMP else low
        times = f"{worst / last:.4g}"
        text = f"price {_plain(worst)} is {times} times the last, {_plain(last)}"
        return Objection("jump", f"{text}; at most {MAX_JUMP} times up or down is believed at once")

    def _stays(self, low: Decimal, high: Decimal, price: Decimal, at: int) -> bool:
        """Return whether a level far from the last has been told of for long enough."""
        rival = self._rival
        if self.price is not None and _within(MAX_JUMP, self.price, price, price):
            return False  # only an extreme is far off: that is no level
        if rival is None or not _within(NEAR, rival.price, low, high):
            self._rival = _Rival(price, at)
            return False
        rival.price, rival.times = price, rival.times + 1
        return at - rival.since >= PERSISTS_MS and rival.times > PERSISTS_TIMES


def _within(times: Decimal, price: Decimal, low: Decimal, high: Decimal) -> bool:
    return price <= low * times and high <= price * times


def _bar_shape(bar: Bar) -> Objection | None:
    for price in (bar.open, bar.high, bar.low, bar.close):
        if (found := _bad_price("bar", price)) is not None:
            return found
    if not (bar.low <= bar.open <= bar.high and bar.low <= bar.close <= bar.high):
        prices = ", ".join(_plain(p) for p in (bar.open, bar.high, bar.low, bar.close))
        text = f"a bar must have low ≤ open, close ≤ high, open, high, low, close were {prices}"
        return Objection("shape", text)
    return _bad_amount("volume", bar.volume)


def _bad_price(what: str, price: Decimal) -> Objection | None:
    if ZERO < price < ENDLESS:
        return None
    return Objection("number", f"the price of a {what} must be above 0, was {_plain(price)}")


def _bad_amount(what: str, amount: Decimal) -> Objection | None:
    if ZERO <= amount < ENDLESS:
        return None
    return Objection("number", f"{what} must be 0 or more, was {_plain(amount)}")


def _bad_spread(bid: Decimal, ask: Decimal) -> Objection | None:
    found = _bad_price("bid", bid) or _bad_price("ask", ask)
    if found is None and bid > ask:
        return Objection("shape", f"bid {_plain(bid)} is above ask {_plain(ask)}")
    return found


def _bad_rate(rate: Decimal) -> Objection | None:
    if -MAX_FUNDING_RATE <= rate <= MAX_FUNDING_RATE:
        return None
    limit = f"{MAX_FUNDING_RATE:.0%}"
    return Objection("funding", f"a funding rate must be within ±{limit}, was {_plain(rate)}")


def _bad_book(book: Book) -> Objection | None:
    for price, qty in (*book.bids, *book.asks):
        found = _bad_price("book", price) or _bad_amount("quantity", qty)
        if found is not None:
            return found
    for side, better in ((book.bids, 1), (book.asks, -1)):
        prices = [price for price, _ in side]
        if any((a - b) * better <= 0 for a, b in itertools.pairwise(prices)):
            return Objection("shape", "a book must list its best prices first")
    if book.bids and book.asks:
        return _bad_spread(book.bids[0][0], book.asks[0][0])
    return None


def _bad_day(day: DayStats) -> Objection | None:
    for price in (day.high, day.low):
        if price is not None and (found := _bad_price("24 h summary", price)) is not None:
            return found
    if day.high is not None and day.low is not None and day.low > day.high:
        return Objection(
            "shape", f"the 24 h low {_plain(day.low)} is above the high {_plain(day.high)}"
        )
    for amount in (day.volume, day.quote_volume):
        if amount is not None and (found := _bad_amount("24 h volume", amount)) is not None:
            return found
    return None


def _late(what: str, at: int, last: int) -> Objection | None:
    if at >= last:
        return None
    return Objection("time", f"the {what} of {_when(at)} comes after that of {_when(last)}")


def _ahead(what: str, at: int, now: int) -> Objection | None:
    if at <= now + AHEAD_MS:
        return None
    return Objection("time", f"the {what} of {_when(at)} is ahead of the market's {_when(now)}")


def _word(message: MarketMessage) -> str:
    return f"a {type(message).__name__.lower()}"


def _plain(number: Decimal) -> str:
    return f"{number:f}" if ZERO <= abs(number) < ENDLESS else f"{number:.4g}"


def _when(at: int) -> str:
    try:
        return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return f"{at} ms"
