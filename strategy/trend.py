"""Trend following with a volatility filter and stops, on closed 5-minute candles.

It enters when the fast average turns clearly to the other side of the slow one, while the
market moves neither too little to pay the fees nor too much to be orderly; it leaves at its
stop, at its target, when the averages turn back, or after a day.
Source of the idea: Brock, Lakonishok & LeBaron, "Simple technical trading rules", J. Finance 47
(1992); of the stop: Wilder (1978). No edge after costs is claimed.
"""

import math
from decimal import Decimal
from typing import Final

from core.ledger import Position
from core.market import DAY_MS, HOUR_MS, MINUTE_MS, Bar
from core.risk import Refusal
from strategy.base import AccountView, Part, Signal
from strategy.indicators import Atr, Candle, Ema, Volatility

CANDLE_MS: Final = 5 * MINUTE_MS
SAYS_EVERY_MS: Final = 3 * CANDLE_MS
FAST: Final = 20
SLOW: Final = 60
ATR_PERIOD: Final = 14
VOLATILITY_PERIOD: Final = 24
MIN_GAP_PCT: Final = 0.1  # between the averages, of the slow one: less is noise
CALM_PCT: Final = 0.15  # an hour's volatility under this does not pay the fees
WILD_PCT: Final = 2.5  # and over this is no trend any more
STOP_ATR: Final = 6.0
TARGET_ATR: Final = 12.0
LONGEST_HOLD_MS: Final = DAY_MS


class _Market:
    """What the strategy remembers of one symbol: a function of its bars alone.

    Attributes:
        side: the side the averages last stood on clearly: 1 up, -1 down, 0 not yet.
        turned: whether the newest candle brought them there.
    """

    __slots__ = ("atr", "candle", "candles", "fast", "side", "slow", "turned", "volatility")

    def __init__(self) -> None:
        self.candle = Candle(CANDLE_MS)
        self.candles = 0
        self.fast, self.slow = Ema(FAST), Ema(SLOW)
        self.atr = Atr(ATR_PERIOD)
        self.volatility = Volatility(VOLATILITY_PERIOD)
        self.side = 0
        self.turned = False

    def add(self, bar: Bar) -> bool:
        """Take a minute; return whether it closed a candle."""
        closed = self.candle.add(bar)
        if closed is None:
            return False
        high, low, close = closed
        self.candles += 1
        self.fast.add(close)
        self.slow.add(close)
        self.atr.add(high, low, close)
        self.volatility.add(close)
        gap = self.gap_pct
        clear = 0 if abs(gap) < MIN_GAP_PCT else 1 if gap > 0 else -1
        self.turned = self.learned and clear not in {0, self.side}
        self.side = clear or self.side
        return True

    @property
    def learned(self) -> bool:
        """Return whether the slow average has seen enough to mean something."""
        return self.candles > SLOW

    @property
    def gap_pct(self) -> float:
        """Return how far the fast average is over the slow one, in % of it."""
        return 100 * (self.fast.value - self.slow.value) / self.slow.value

    @property
    def hourly_pct(self) -> float:
        """Return the volatility of an hour, one standard deviation, in %."""
        return 100 * self.volatility.value * math.sqrt(HOUR_MS / CANDLE_MS)

    @property
    def confidence(self) -> float:
        """Return 0 to 1: how many average candles the averages are apart, squashed."""
        if not self.atr.value:
            return 0.0
        return round(math.tanh(abs(self.fast.value - self.slow.value) / (2 * self.atr.value)), 4)

    @property
    def gap_text(self) -> str:
        """Say how the averages stand."""
        gap = self.gap_pct
        return f"EMA {FAST} {'over' if gap >= 0 else 'under'} EMA {SLOW} by {abs(gap):.2f}%"

    @property
    def volatility_text(self) -> str:
        """Say how lively the market is, and whether that suits."""
        pct = self.hourly_pct
        word = "within" if CALM_PCT <= pct <= WILD_PCT else "outside"
        return f"volatility {pct:.2f}% an hour {word} {CALM_PCT:.2f} to {WILD_PCT:.2f}"


class Trend:
    """Keeps the `strategy.base.Strategy` contract."""

    name = "trend"
    warmup_bars = DAY_MS // MINUTE_MS

    def __init__(self) -> None:
        self._markets: dict[str, _Market] = {}

    def warm(self, bar: Bar) -> None:
        """Take a bar of the past without deciding."""
        self._of(bar.symbol).add(bar)

    def on_bar(self, bar: Bar, view: AccountView) -> Signal | None:
        """Decide when *bar* closes a 5-minute candle; say that it holds at every third alone."""
        market = self._of(bar.symbol)
        if not market.add(bar):
            return None
        says = _says(market, bar, view)
        quiet = says.action == "hold" and bar.close_time % SAYS_EVERY_MS
        return None if quiet else says

    def _of(self, symbol: str) -> _Market:
        market = self._markets.get(symbol)
        if market is None:
            market = self._markets[symbol] = _Market()
        return market


def _says(market: _Market, bar: Bar, view: AccountView) -> Signal:
    if not market.learned:
        return _hold(market, bar, f"learning, {market.candles} of {SLOW + 1} candles seen")
    if view.position is not None:
        return _holding(market, bar, view.position)
    return _flat(market, bar)


def _hold(market: _Market, bar: Bar, reason: str) -> Signal:
    confidence = market.confidence if market.learned else 0.0
    return Signal(
        symbol=bar.symbol, action="hold", confidence=confidence, price=bar.close, reasons=(reason,)
    )


def _holding(market: _Market, bar: Bar, position: Position) -> Signal:
    way = "long" if position.direction > 0 else "short"
    against = market.side == -position.direction
    late = bar.close_time - position.opened_at >= LONGEST_HOLD_MS
    if not against and not late:
        return _hold(market, bar, f"{way}, {market.gap_text}")
    reason = f"{market.gap_text}, against the {way}" if against else "held for 24 hours"
    return Signal(
        symbol=bar.symbol, action="sell" if position.direction > 0 else "buy",
        confidence=market.confidence, price=bar.close, reasons=(reason,), wish="close",
        role="signal" if against else "timeout",
    )  # fmt: skip


def _flat(market: _Market, bar: Bar) -> Signal:
    gap = market.gap_text
    if not market.turned:
        return _hold(market, bar, f"{gap}, waiting for them to turn")
    volatility = market.volatility_text
    side = market.side
    calm, wild = Decimal(str(CALM_PCT)), Decimal(str(WILD_PCT))
    pct = Decimal(f"{market.hourly_pct:.4f}")
    veto = None
    if not calm <= pct <= wild:
        veto = Refusal("volatility", pct, calm if pct < calm else wild, volatility)
    return Signal(
        symbol=bar.symbol, action="buy" if side > 0 else "sell", confidence=market.confidence,
        price=bar.close, reasons=(gap, volatility), wish="none" if veto else "enter",
        stop_price=bar.close - _reach(market, STOP_ATR),
        target_price=bar.close + _reach(market, TARGET_ATR), veto=veto,
        parts=(
            Part("averages", side * market.confidence, 1.0, gap),
            Part("volatility", 0.0, 0.0, volatility),
        ),
    )  # fmt: skip


def _reach(market: _Market, ranges: float) -> Decimal:
    """Return *ranges* average candles in the direction of the trend, in quote."""
    return market.side * Decimal(f"{ranges * market.atr.value:.8f}")


STRATEGY: Final = Trend
