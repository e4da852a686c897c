"""What arrived of one symbol since the last step: the newest of everything, and where trades went.

However many trades come between two steps, those that made the highest and the lowest price and
the last one are kept, with the quantity of all: what a candle and a resting order see of them.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from core.market import Book, DayStats, MarketMessage, MarkPrice, Tick

ZERO: Final = Decimal(0)


class Inbox:
    """Takes messages of one symbol as they come, hands out what a step needs of them."""

    __slots__ = ("_at", "_book", "_last", "_mark", "_quote", "_stats", "_trades", "quote")

    def __init__(self) -> None:
        self.quote: tuple[Decimal, Decimal] | None = None
        self._trades: list[Tick] = []
        self._book: Book | None = None
        self._mark: MarkPrice | None = None
        self._stats: DayStats | None = None
        self._last: Decimal | None = None
        self._quote: tuple[Decimal, Decimal] | None = None  # told with the last tick
        self._at = 0

    def on_ticks(self, ticks: Iterable[Tick]) -> None:
        """Take trades, oldest first."""
        self._trades += ticks

    def on_book(self, book: Book) -> None:
        """Take a newer book; its best prices are those of trades from now on."""
        self._book = book
        if book.bids and book.asks:
            self.quote = (book.bids[0][0], book.asks[0][0])

    def on_mark(self, mark: MarkPrice) -> None:
        """Take a newer mark price."""
        self._mark = mark

    def on_stats(self, stats: DayStats) -> None:
        """Take newer figures of the last 24 hours."""
        self._stats = stats

    def take(self) -> list[MarketMessage]:
        """Return what a step needs of all that came, in the order to be taken."""
        found: list[MarketMessage] = [self._mark] if self._mark is not None else []
        found += self._ticks()
        found += [one for one in (self._book, self._stats) if one is not None]
        self._mark = self._book = self._stats = None
        return found

    def _ticks(self) -> list[Tick]:
        quote = self.quote
        if quote is None:
            del self._trades[:-1]  # nothing can trade before there is a bid and an ask
            return []
        kept, self._trades = conflated(self._trades), []
        if not kept and self._book is not None and quote != self._quote:
            last = self._last if self._last is not None else (quote[0] + quote[1]) / 2
            kept = [Tick(self._book.symbol, self._book.at, *quote, last, ZERO)]
        found = [self._placed(tick, quote) for tick in kept]
        if found:
            self._quote, self._last = quote, found[-1].last
        return found

    def _placed(self, tick: Tick, quote: tuple[Decimal, Decimal]) -> Tick:
        """Return *tick* with the newest *quote*, not before the one before it."""
        self._at = max(self._at, tick.at)
        return msgspec.structs.replace(tick, at=self._at, bid=quote[0], ask=quote[1])


def conflated(ticks: Sequence[Tick]) -> list[Tick]:
    """Return the ticks of the highest, the lowest and the last price, with all their quantity."""
    if len(ticks) <= 1:
        return list(ticks)
    prices = [tick.last for tick in ticks]
    places = sorted({prices.index(max(prices)), prices.index(min(prices)), len(ticks) - 1})
    found, begin = [], 0
    for place in places:
        qty = sum((tick.qty for tick in ticks[begin : place + 1]), ZERO)
        found.append(msgspec.structs.replace(ticks[place], qty=qty))
        begin = place + 1
    return found
