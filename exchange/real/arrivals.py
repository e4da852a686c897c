"""What has arrived of one symbol since the last step, and what a step takes of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.market import Bar, Funding, MarketMessage
from exchange.real.decode import Decoder
from exchange.real.inbox import Inbox
from exchange.real.minutes import Minutes
from exchange.real.settlements import Settlements


class Arrivals:
    """Takes what ccxt's streams bring, hands out messages.

    Attributes:
        reader: turns the one into the other, once the exchange is open.
        minutes: closed minutes; none is handed out before `Minutes.begin`.
        settlements: its funding.
    """

    def __init__(self, symbol: str, wake: Callable[[], None]) -> None:
        """Prepare for *symbol*; *wake* is called whenever there is something to take."""
        self.minutes = Minutes(symbol)
        self.settlements = Settlements(symbol)
        self.reader: Decoder | None = None
        self._symbol = symbol
        self._wake = wake
        self._inbox = Inbox()
        self._book: Mapping[str, Any] | None = None
        self._trades: list[Mapping[str, Any]] = []
        self._price: Decimal | None = None

    @property
    def _reader(self) -> Decoder:
        if self.reader is None:
            raise RuntimeError(f"{self._symbol} was told of before the exchange was open")
        return self.reader

    def on_book(self, book: Mapping[str, Any]) -> None:
        """Take a book of ccxt; it is read when a step is due, for it goes on to change."""
        self._book = book
        self._wake()

    def on_trades(self, trades: Iterable[Mapping[str, Any]]) -> None:
        """Take trades of ccxt, oldest first."""
        self._trades += trades
        self._wake()

    def on_mark(self, ticker: Mapping[str, Any]) -> None:
        """Take a mark price of ccxt."""
        mark = self._reader.mark(ticker)
        if mark is not None:
            self._inbox.on_mark(mark)
            self.settlements.on_mark(mark)
            self._wake()

    def on_day(self, ticker: Mapping[str, Any]) -> None:
        """Take figures of the last 24 hours of ccxt."""
        self._inbox.on_stats(self._reader.day_stats(ticker))
        self._wake()

    def on_candles(self, rows: Sequence[Sequence[Any]]) -> None:
        """Take rows of candles of ccxt, oldest first: the newest may be forming."""
        for row in rows:
            bar = self._reader.bar(row)
            if bar is not None:
                self.minutes.on_row(bar)
        if self.minutes.next is not None:
            self._wake()

    def on_closed(self, row: Sequence[Any]) -> None:
        """Take the row of a candle that the exchange says is closed."""
        bar = self._reader.bar(row)
        if bar is not None:
            self.minutes.on_row(bar, final=True)
            self._wake()

    def take(self, now: int) -> list[MarketMessage]:
        """Return what a step at engine time *now* (ms) has of this symbol, in its order."""
        self.settlements.on_time(now)
        found: list[MarketMessage] = [*self.settled(now)]
        if self._book is not None:
            book, self._book = self._book, None
            self._inbox.on_book(self._reader.book(book))
        if self._trades and self._inbox.quote is not None:
            trades, self._trades = self._trades, []
            self._inbox.on_ticks(self._reader.ticks(trades, *self._inbox.quote))
        del self._trades[:-1]  # nothing can trade before there is a bid and an ask
        found += self._inbox.take()
        while (bar := self.bar()) is not None:
            found.append(bar)
        return found

    def bar(self) -> Bar | None:
        """Return the minute that is next, None when it is not known to be closed."""
        bar = self.minutes.take()
        if bar is not None:
            self._price = bar.close
        return bar

    def settled(self, until: int) -> list[Funding]:
        """Return the settlements up to *until* (ms) that were not told yet."""
        priced = [self._priced(one) for one in self.settlements.take(until)]
        return [one for one in priced if one.mark_price]

    def _priced(self, funding: Funding) -> Funding:
        """Return *funding* with the last price where the exchange told none."""
        if funding.mark_price or self._price is None:
            return funding
        return Funding(funding.symbol, funding.at, funding.rate, self._price)
