"""What the engine knows of each market right now, from the newest messages."""

from collections import deque
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from core.market import (
    DAY_MS,
    MINUTE_MS,
    Bar,
    Book,
    DayStats,
    Funding,
    Instrument,
    MarketMessage,
    MarkPrice,
    Tick,
)

BARS_SHOWN: Final = DAY_MS // MINUTE_MS + 1  # of 24 hours, and the one before them
_MARK_LIFE_MS: Final = 10_000


class Market:
    """One symbol: newest prices, the forming candle and the closed ones of 24 hours.

    ``day_ago`` is the close 24 hours ago, None while no candle is that old. ``day`` is what the
    exchange tells of the last 24 hours, None where it tells nothing.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.at = 0
        self.last: Decimal | None = None
        self.bid = self.ask = Decimal(0)
        self.mark: Decimal | None = None
        self.mark_at = 0
        self.index_price: Decimal | None = None
        self.day: DayStats | None = None
        self.funding_rate: Decimal | None = None
        self.next_funding_at: int | None = None
        self.forming: Bar | None = None
        self.bars: deque[Bar] = deque()
        self.day_ago: Decimal | None = None
        self._half_tick = instrument.tick_size / 2

    def set_rules(self, instrument: Instrument) -> None:
        """Trade by other rules from now on."""
        self.instrument, self._half_tick = instrument, instrument.tick_size / 2

    def on_bar(self, bar: Bar) -> None:
        """Take a closed candle; it ends the forming one. One that comes late changes no price."""
        at, close, bars = bar.close_time, bar.close, self.bars
        bars.append(bar)
        while bars[0].open_time < at - DAY_MS:
            self.day_ago = bars.popleft().close
        if self.forming is not None and self.forming.open_time < at:
            self.forming = None
        if self.at > at:
            return
        self.at, self.last = at, close
        self.bid, self.ask = close - self._half_tick, close + self._half_tick
        if at - self.mark_at > _MARK_LIFE_MS:
            self.mark = close

    def on_tick(self, tick: Tick) -> None:
        """Take a trade price and the best bid and ask; it extends the forming candle."""
        self.last, self.bid, self.ask, self.at = tick.last, tick.bid, tick.ask, tick.at
        if tick.at - self.mark_at > _MARK_LIFE_MS:
            self.mark = tick.last
        opened = tick.at - tick.at % MINUTE_MS
        old = self.forming
        if old is None or old.open_time != opened:
            price = tick.last
            self.forming = Bar(tick.symbol, opened, price, price, price, price, tick.qty)
            return
        self.forming = Bar(
            tick.symbol, opened, old.open, max(old.high, tick.last), min(old.low, tick.last),
            tick.last, old.volume + tick.qty,
        )  # fmt: skip

    def on_mark(self, message: MarkPrice) -> None:
        """Take a mark price and the funding rate now expected."""
        self.mark, self.mark_at = message.mark_price, message.at
        self.index_price = message.index_price
        self.funding_rate = message.funding_rate
        self.next_funding_at = message.next_funding_at


class Board:
    """The markets by symbol."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self.markets = {symbol: Market(i) for symbol, i in instruments.items()}
        self.marks: dict[str, Decimal] = {}
        self.books: dict[str, Book] = {}

    def trade(self, rules: Instrument) -> None:
        """Have a market of *rules*, a new one or one whose rules have changed."""
        market = self.markets.get(rules.symbol)
        if market is None:
            self.markets[rules.symbol] = Market(rules)
        else:
            market.set_rules(rules)

    def drop(self, symbol: str) -> None:
        """Forget a market."""
        del self.markets[symbol]
        self.marks.pop(symbol, None)
        self.books.pop(symbol, None)

    def update(self, message: MarketMessage) -> None:
        """Take the newest message of any kind."""
        market = self.markets[message.symbol]
        match message:
            case Bar():
                market.on_bar(message)
            case Tick():
                market.on_tick(message)
            case MarkPrice():
                market.on_mark(message)
            case DayStats():
                market.day = message
                return
            case Book():
                self.books[message.symbol] = message
                return
            case Funding():
                return
        if market.mark is not None:
            self.marks[message.symbol] = market.mark

    def remember(self, bars: Iterable[Bar]) -> None:
        """Take stored candles, oldest first, after a restart."""
        for bar in bars:
            self.update(bar)
