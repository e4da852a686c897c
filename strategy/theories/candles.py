"""Candles of 1-minute bars that no bad bar can poison."""

from decimal import Decimal, InvalidOperation
from typing import Final

from core.market import MINUTE_MS, Bar

FARTHEST: Final = Decimal(2)  # times the last close, or one part of it: no minute goes so far
STRANGE_MINUTES: Final = 30  # in a row, after which the market really is elsewhere


class Candles:
    """Builds candles of *interval_ms*, aligned to UTC.

    One whose last minute is missing never closes. A minute that is no price, out of order, or
    far off all others is as if it were not there; when the far ones keep coming, the market
    really is elsewhere, and everything begins anew.

    Attributes:
        high, low: of the candle so far.
        begun: its open time, in ms.
        epoch: how often it all began anew.
    """

    __slots__ = (
        "_ceiling", "_floor", "_last", "_strange", "begun", "epoch", "high", "interval_ms", "low",
    )  # fmt: skip

    def __init__(self, interval_ms: int) -> None:
        self.interval_ms = interval_ms
        self.begun = self._last = -1
        self.epoch = self._strange = 0
        self.high = self.low = Decimal(0)
        self._floor, self._ceiling = Decimal(0), Decimal("Infinity")

    def add(self, bar: Bar) -> bool:
        """Take the next minute; return whether it closed a candle, at its own close."""
        open_time, high, low, close = bar.open_time, bar.high, bar.low, bar.close
        if open_time <= self._last:
            return False
        try:
            if not self._floor < low <= close <= high < self._ceiling:
                self._wonder(open_time, close)
                return False
        except InvalidOperation:  # a price that is no number
            return False
        self._last, self._strange = open_time, 0
        begun = open_time - open_time % self.interval_ms
        if begun != self.begun:
            self.begun, self.high, self.low = begun, high, low
        else:
            if high > self.high:  # noqa: PLR1730 - a call costs more than all the rest here
                self.high = high
            if low < self.low:  # noqa: PLR1730
                self.low = low
        if open_time + MINUTE_MS != begun + self.interval_ms:
            return False
        self._floor, self._ceiling = close / FARTHEST, close * FARTHEST
        return True

    def _wonder(self, open_time: int, close: Decimal) -> None:
        """Begin anew when what is far off is all there is."""
        self._last = open_time
        self._strange += close > 0
        if self._strange >= STRANGE_MINUTES:
            self.epoch, self._strange, self.begun = self.epoch + 1, 0, -1
            self._floor, self._ceiling = Decimal(0), Decimal("Infinity")
