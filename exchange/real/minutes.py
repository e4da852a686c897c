"""Closed minutes of one symbol, in order, each once, without a hole.

The stream of candles tells a minute while it forms. It is taken to be closed when the exchange
says so, or when the next one begins and the connection has not broken in between; whatever is
not sure is asked for by REST.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from core.market import MINUTE_MS, Bar

# After a minute's end, for the stream to tell it before REST is asked.
GRACE_MS: Final = 3_000
# An answer that lacks a minute of that age shows that nothing was traded in it.
SETTLED_MS: Final = MINUTE_MS
# Minutes that one answer may lack at its end and be filled: more is an answer that was cut off.
MOST_FILLED: Final = 1_440

Span = tuple[int, int]


def closed_before(now: int) -> int:
    """Return the end (ms) of the last minute that REST surely tells whole at engine time *now*."""
    return (now - GRACE_MS) // MINUTE_MS * MINUTE_MS


class Minutes:
    """Puts the minutes of one symbol in order.

    Attributes:
        after: open time (ms) of the last minute handed out; nothing is before it is known.
        forming: the newest minute that the stream told of, closed or not.
    """

    def __init__(self, symbol: str, after: int | None = None) -> None:
        self.after = after
        self._symbol = symbol
        self.forming: Bar | None = None
        self._rows: dict[int, Bar] = {}
        self._closed: set[int] = set()
        self._is_whole = False
        self._close: Decimal | None = None

    def begin(self, after: int) -> None:
        """Hand out minutes that open after *after* (ms) from now on."""
        self.after = after
        for at in [at for at in self._rows if at <= after]:
            del self._rows[at]
            self._closed.discard(at)

    def on_row(self, bar: Bar, *, final: bool = False) -> None:
        """Take what the stream says of a minute by now; *final* when that is all."""
        at, newest = bar.open_time, self.forming
        if not self._is_wanted(at):
            return
        if newest is not None and at < newest.open_time:
            if final:
                self._keep(bar)
            return
        if newest is not None and at > newest.open_time and self._is_whole:
            self._keep(newest)
        self.forming, self._is_whole = bar, True
        if final:
            self._keep(bar)

    def interrupt(self) -> None:
        """Doubt the newest minute: the stream broke, and may have missed its end."""
        self._is_whole = False

    def on_answer(self, bars: Iterable[Bar], span: Span, now: int) -> None:
        """Take the closed minutes that REST told of *span* (ms, from and before).

        What the answer lacks had no trade: it is the last price, without volume.
        """
        told = {bar.open_time: bar for bar in bars if span[0] <= bar.open_time < span[1]}
        last = max(told, default=span[0] - MINUTE_MS)
        settled = min(span[1], last + MOST_FILLED * MINUTE_MS, now - now % MINUTE_MS - SETTLED_MS)
        price = self._price_before(span[0], told)
        for at in range(span[0], span[1], MINUTE_MS):
            bar = told.get(at)
            if bar is None and price is not None and at < max(last, settled):
                bar = Bar(self._symbol, at, price, price, price, price, Decimal(0))
            if bar is not None:
                price = bar.close
                self._keep(bar)

    def missing(self, now: int) -> Span | None:
        """Return the span that REST must be asked for at engine time *now*, if there is one."""
        if self.after is None:
            return None
        end = closed_before(now)
        for at in range(self.after + MINUTE_MS, end, MINUTE_MS):
            if at not in self._closed:
                return at, end
        return None

    @property
    def next(self) -> int | None:
        """Return the open time (ms) of the minute that `take` would hand out, if there is one."""
        if self.after is None or self.after + MINUTE_MS not in self._closed:
            return None
        return self.after + MINUTE_MS

    def take(self) -> Bar | None:
        """Return the minute that is next, None when it is not known to be closed."""
        at = self.next
        if at is None:
            return None
        self.after = at
        self._closed.remove(at)
        bar = self._rows.pop(at)
        self._close = bar.close
        return bar

    def _is_wanted(self, at: int) -> bool:
        return self.after is None or at > self.after

    def _keep(self, bar: Bar) -> None:
        if bar.open_time not in self._closed and self._is_wanted(bar.open_time):
            self._rows[bar.open_time] = bar
            self._closed.add(bar.open_time)

    def _price_before(self, at: int, told: Mapping[int, Bar]) -> Decimal | None:
        """Return the last price before *at* (ms), the first after it when none is known."""
        known = self._rows.get(at - MINUTE_MS)
        if known is not None:
            return known.close
        first = told[min(told)].open if told else None
        return first if self._close is None else self._close
