"""Trend following with a volatility filter and stops, on closed 5-minute candles.

It enters when the fast average crosses the slow one while the market moves neither too little
to pay the fees nor too much to be orderly; it leaves at its stop, its target, when the averages
cross back, or after a day.
Source of the idea: Brock, Lakonishok & LeBaron, "Simple technical trading rules", J. Finance 47
(1992); of the stop: Wilder (1978). No edge after costs is claimed.
"""

import math
from decimal import Decimal
from typing import Final

from core.market import DAY_MS, MINUTE_MS, Bar
from strategy.base import AccountView, Decision, Intent, Lean, Outlook
from strategy.indicators import Atr, Ema, Volatility

CANDLE_MINUTES: Final = 5
FAST: Final = 20
SLOW: Final = 60
ATR_PERIOD: Final = 14
VOLATILITY_PERIOD: Final = 24
MIN_GAP_PCT: Final = 0.05  # of price between the averages: less is noise
CALM_PCT: Final = 0.15  # an hour's volatility under this does not pay the fees
WILD_PCT: Final = 2.5  # and over this is no trend any more
STOP_ATR: Final = 2.5
TARGET_ATR: Final = 5.0
LONGEST_HOLD_MS: Final = DAY_MS
_CANDLES_AN_HOUR: Final = 60 // CANDLE_MINUTES


class _Candle:
    """A 5-minute candle being built from 1-minute bars."""

    __slots__ = ("high", "low", "minutes")

    def __init__(self) -> None:
        self.minutes = 0
        self.high: Decimal | None = None
        self.low: Decimal | None = None

    def add(self, bar: Bar) -> None:
        """Take the next minute."""
        self.minutes += 1
        self.high = bar.high if self.high is None or bar.high > self.high else self.high
        self.low = bar.low if self.low is None or bar.low < self.low else self.low


class _Market:
    """What the strategy remembers of one symbol."""

    __slots__ = ("armed", "atr", "candle", "candles", "fast", "hourly_pct", "slow", "volatility")

    def __init__(self) -> None:
        self.candle = _Candle()
        self.candles = 0
        self.fast, self.slow = Ema(FAST), Ema(SLOW)
        self.atr = Atr(ATR_PERIOD)
        self.volatility = Volatility(VOLATILITY_PERIOD)
        self.hourly_pct = 0.0
        self.armed = 0  # the side of the crossing that was not acted on yet

    def add(self, bar: Bar) -> bool:
        """Take a minute; return whether it closed a 5-minute candle."""
        self.candle.add(bar)
        if (bar.open_time // MINUTE_MS + 1) % CANDLE_MINUTES:
            return False
        high, low = float(self.candle.high or bar.high), float(self.candle.low or bar.low)
        close = float(bar.close)
        self.candle = _Candle()
        self.candles += 1
        before = self._side()
        self.fast.add(close)
        self.slow.add(close)
        self.atr.add(high, low, close)
        deviation = self.volatility.add(close) or 0.0
        self.hourly_pct = 100 * deviation * math.sqrt(_CANDLES_AN_HOUR)
        after = self._side()
        if after != before:
            self.armed = after if self.candles > SLOW else 0
        return True

    def _side(self) -> int:
        return 1 if (self.fast.value or 0.0) >= (self.slow.value or 0.0) else -1

    @property
    def gap_pct(self) -> float:
        """Return how far the fast average is over the slow one, in % of it."""
        slow = self.slow.value or 1.0
        return 100 * ((self.fast.value or slow) - slow) / slow


class Trend:
    """Keeps the `strategy.base.Strategy` contract."""

    name = "trend"
    warmup_bars = CANDLE_MINUTES * SLOW * 4

    def __init__(self) -> None:
        self._markets: dict[str, _Market] = {}

    def warm(self, bar: Bar) -> None:
        """Take a bar of the past without deciding."""
        self._of(bar.symbol).add(bar)

    def on_bar(self, bar: Bar, view: AccountView) -> Decision | None:
        """Decide when *bar* closes a 5-minute candle."""
        market = self._of(bar.symbol)
        if not market.add(bar):
            return None
        if market.candles <= SLOW:
            reason = f"learning, {market.candles} of {SLOW} candles seen"
            return Decision(Outlook(bar.symbol, "hold", 0.0, reason, bar.close))
        if view.position is not None:
            return self._holding(market, bar, view)
        return self._flat(market, bar)

    def _of(self, symbol: str) -> _Market:
        market = self._markets.get(symbol)
        if market is None:
            market = self._markets[symbol] = _Market()
        return market

    def _holding(self, market: _Market, bar: Bar, view: AccountView) -> Decision:
        position = view.position
        gap = _gap_text(market)
        side = 0 if position is None else position.direction
        crossed = side * market.gap_pct < -MIN_GAP_PCT
        late = position is not None and bar.close_time - position.opened_at >= LONGEST_HOLD_MS
        way = "long" if side > 0 else "short"
        if not crossed and not late:
            return self._say(bar, market, "hold", f"{way}, {gap}")
        reason = f"{gap}, against the {way}" if crossed else "held for a day without result"
        lean: Lean = "sell" if side > 0 else "buy"
        intent = Intent(
            action="close", symbol=bar.symbol, confidence=_confidence(market), reasons=(reason,),
            role="signal" if crossed else "timeout",
        )  # fmt: skip
        return Decision(self._outlook(bar, market, lean, reason), intent)

    def _flat(self, market: _Market, bar: Bar) -> Decision:
        side = market.armed
        gap, moves = _gap_text(market), f"volatility {market.hourly_pct:.2f} % an hour"
        if side == 0:
            return self._say(bar, market, "hold", f"no new crossing, {gap}")
        if side * market.gap_pct < MIN_GAP_PCT:
            return self._say(bar, market, "hold", f"crossing not clear yet, {gap}")
        if not CALM_PCT <= market.hourly_pct <= WILD_PCT:
            word = "too calm" if market.hourly_pct < CALM_PCT else "too wild"
            reason = f"{word}, {moves} outside {CALM_PCT:.2f} to {WILD_PCT:.2f}"
            return self._say(bar, market, "hold", reason)
        market.armed = 0
        reach = market.atr.value or 0.0
        intent = Intent(
            action="buy" if side > 0 else "sell", symbol=bar.symbol,
            confidence=_confidence(market),
            reasons=(gap, f"{moves} within {CALM_PCT:.2f} to {WILD_PCT:.2f}"),
            stop_price=bar.close - side * Decimal(str(round(STOP_ATR * reach, 8))),
            target_price=bar.close + side * Decimal(str(round(TARGET_ATR * reach, 8))),
        )  # fmt: skip
        return Decision(self._outlook(bar, market, "buy" if side > 0 else "sell", gap), intent)

    def _say(self, bar: Bar, market: _Market, lean: Lean, reason: str) -> Decision:
        return Decision(self._outlook(bar, market, lean, reason))

    @staticmethod
    def _outlook(bar: Bar, market: _Market, lean: Lean, reason: str) -> Outlook:
        return Outlook(bar.symbol, lean, _confidence(market), reason, bar.close)


def _confidence(market: _Market) -> float:
    """Return 0 to 1: how far the averages are apart, in average ranges of a candle."""
    reach, fast, slow = market.atr.value, market.fast.value, market.slow.value
    if not reach or fast is None or slow is None:
        return 0.0
    return round(math.tanh(abs(fast - slow) / (2 * reach)), 4)


def _gap_text(market: _Market) -> str:
    gap = market.gap_pct
    return f"EMA {FAST} {'over' if gap >= 0 else 'under'} EMA {SLOW} by {abs(gap):.2f} %"
