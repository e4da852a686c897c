"""A small recurrent network that bets on where the price will be a little later.

It is trained on the engine's own candles, beside the engine (`training`), and judged by
walk-forward trials and by what became of its bets; docs/models.md tells how. While it does not
beat a naive baseline it goes on predicting, so that its record grows, and trades nothing.
Source of the network: Cho et al., "Learning phrase representations using RNN encoder-decoder for
statistical machine translation" (2014). No edge after costs is claimed.
"""

import importlib.util
import math
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec
import numpy as np

from core.ledger import Position
from core.market import MINUTE_MS, Bar
from core.risk import Refusal
from strategy.base import AccountView, Lean, Part, Prediction, Signal
from strategy.predictors.candles import HOLE_CANDLES, CandleBuilder, Minute, Rows
from strategy.predictors.features import NEEDED, features
from strategy.predictors.model import Model

NO_TORCH: Final = "PyTorch is not installed: run make ml, then start again"
NO_MODEL: Final = "no model yet: one is trained when there are enough candles"
COST_PCT: Final = 0.12  # of the notional, there and back: taker fees and a little slippage
STOP_REACHES: Final = 2.0
TARGET_REACHES: Final = 3.0
HEIGHT_CANDLES: Final = 14
HALF: Final = 0.5
VOLATILITY: Final = 1  # its column among the features
GROUPS: Final = (
    ("price_moves", (0, 2, 3)), ("volatility", (VOLATILITY,)), ("volume", (4,)),
    ("time_of_day", (5, 6)),
)  # fmt: skip


class _Market:
    """The candles of one symbol that an answer needs: a function of its bars alone."""

    __slots__ = ("_builder", "_interval_ms", "candles")

    def __init__(self, interval_ms: int) -> None:
        self._interval_ms = interval_ms
        self._builder = CandleBuilder(interval_ms)
        self.candles: deque[Minute] = deque(maxlen=NEEDED)

    def add(self, bar: Bar) -> bool:
        """Take a minute; return whether it closed a candle."""
        closed = self._builder.add((
            bar.open_time, float(bar.open), float(bar.high), float(bar.low), float(bar.close),
            float(bar.volume),
        ))  # fmt: skip
        if closed is None:
            return False
        longest = (HOLE_CANDLES + 1) * self._interval_ms
        if self.candles and closed[0] - self.candles[-1][0] > longest:
            self.candles.clear()
        self.candles.append(closed)
        return True

    @property
    def rows(self) -> Rows:
        """Return the candles as an array."""
        return np.array(self.candles, dtype=np.float64)

    @property
    def height(self) -> float:
        """Return how tall the last candles were on average, in quote."""
        last = list(self.candles)[-HEIGHT_CANDLES:]
        return sum(high - low for _, _, high, low, _, _ in last) / len(last)


class _View(msgspec.Struct, frozen=True, kw_only=True):
    """What the network says of a symbol: ``expected_pct`` of an entry, ``reach`` in quote."""

    chance: float
    parts: tuple[Part, ...]
    expected_pct: float
    reach: float
    bet: Prediction

    @property
    def action(self) -> Lean:
        """Return the likelier side."""
        return "buy" if self.chance >= HALF else "sell"

    @property
    def likelier(self) -> float:
        """Return the chance of that side."""
        return max(self.chance, 1 - self.chance)

    @property
    def confidence(self) -> float:
        """Return 0 (as likely as not) to 1 (certain)."""
        return abs(2 * self.chance - 1)

    @property
    def text(self) -> str:
        """Say it in words."""
        minutes = self.bet.horizon_ms // MINUTE_MS
        return f"a rise in {minutes} minutes has a chance of {100 * self.chance:.1f}%"


class Gru:
    """Keeps the `strategy.base.Strategy` contract; its options are `GruSettings`' fields.

    The engine gives it its model by `take_model`. Without PyTorch none can ever be trained, and
    it is off; ``find_spec`` tells whether a package is installed.
    """

    name = "gru"

    def __init__(
        self,
        *,
        bar_minutes: int = 15,
        horizon_bars: int = 4,
        min_probability: Decimal = Decimal("0.55"),
        find_spec: Callable[[str], object] = importlib.util.find_spec,
        **_of_training: Any,
    ) -> None:
        self.warmup_bars = (NEEDED + 1) * bar_minutes
        self.off_reason = "" if find_spec("torch") else NO_TORCH
        self._interval_ms = bar_minutes * MINUTE_MS
        self._horizon_bars = horizon_bars
        self._least = min_probability
        self._model: Model | None = None
        self._barred: Refusal | None = None
        self._markets: dict[str, _Market] = {}

    @property
    def model_name(self) -> str:
        """Return the name of the model it predicts with, empty without one."""
        return "" if self._model is None else self._model.card.name

    def take_model(self, model: Model, barred: Refusal | None = None) -> None:
        """Predict with *model* from now on; *barred* is why it may not trade on it, if so.

        A model that failed its own trial is barred in any case.
        """
        self._model = model
        self._barred = _failed(model) or barred

    def warm(self, bar: Bar) -> None:
        """Take a bar of the past without deciding."""
        self._of(bar.symbol).add(bar)

    def on_bar(self, bar: Bar, view: AccountView) -> Signal | None:
        """Decide when *bar* closes one of its candles."""
        market = self._of(bar.symbol)
        if not market.add(bar):
            return None
        seen, reason = self._look(market, bar)
        if view.position is not None:
            return self._holding(bar, view.position, seen, reason)
        if seen is None:
            veto = Refusal("model", None, None, reason) if self._model is None else None
            return _hold(bar, reason, veto=veto)
        return self._flat(bar, seen)

    def _of(self, symbol: str) -> _Market:
        market = self._markets.get(symbol)
        if market is None:
            market = self._markets[symbol] = _Market(self._interval_ms)
        return market

    def _look(self, market: _Market, bar: Bar) -> tuple[_View | None, str]:
        """Return what the network says, or why it says nothing."""
        model = self._model
        if len(market.candles) < NEEDED:
            return None, f"learning, {len(market.candles)} of {NEEDED} candles seen"
        if model is None:
            return None, NO_MODEL
        if bar.close_time <= model.card.trained_until:
            return None, "its model was trained on this very time"
        if bar.symbol not in model.card.course.symbols:
            return None, f"its model has not learned {bar.symbol}"
        window = features(market.rows)
        blanked = [model.network.without(window, columns) for _, columns in GROUPS]
        chances = model.network.chances(np.stack([window, *blanked]))
        chance = float(chances[0])
        usual = math.exp(window[-1, VOLATILITY]) * math.sqrt(self._horizon_bars * 2 / math.pi)
        return _View(
            chance=chance,
            parts=tuple(
                _part(name, chance, without)
                for (name, _), without in zip(GROUPS, chances[1:].tolist(), strict=True)
            ),
            expected_pct=100 * abs(2 * chance - 1) * usual - COST_PCT,
            reach=market.height * math.sqrt(self._horizon_bars),
            bet=Prediction(model.horizon_ms, chance, model.card.name),
        ), ""  # fmt: skip

    def _holding(self, bar: Bar, position: Position, seen: _View | None, reason: str) -> Signal:
        late = bar.close_time - position.opened_at >= self._horizon_bars * self._interval_ms
        way: Lean = "buy" if position.direction > 0 else "sell"
        against = seen is not None and seen.action != way and not self._veto(seen)
        text = reason if seen is None else seen.text
        if not late and not against:
            held = "long" if way == "buy" else "short"
            return _hold(bar, f"{held}, {text}", seen)
        why = text if against else "held for as long as it was predicted for"
        return Signal(
            symbol=bar.symbol, action="sell" if way == "buy" else "buy", price=bar.close,
            confidence=0.0 if seen is None else seen.confidence, reasons=(why,), wish="close",
            role="signal" if against else "timeout", parts=() if seen is None else seen.parts,
            prediction=None if seen is None else seen.bet,
        )  # fmt: skip

    def _flat(self, bar: Bar, seen: _View) -> Signal:
        veto = self._veto(seen)
        way = 1 if seen.action == "buy" else -1
        return Signal(
            symbol=bar.symbol, price=bar.close, confidence=seen.confidence,
            action=seen.action,
            reasons=(seen.text, *_told(seen.parts)), wish="none" if veto else "enter",
            stop_price=bar.close - way * _quote(STOP_REACHES * seen.reach),
            target_price=bar.close + way * _quote(TARGET_REACHES * seen.reach),
            expected_pct=seen.expected_pct, parts=seen.parts, veto=veto, prediction=seen.bet,
        )  # fmt: skip

    def _veto(self, seen: _View) -> Refusal | None:
        """Return the gate that an entry fails at."""
        if self._barred is not None:
            return self._barred
        likelier = Decimal(f"{seen.likelier:.4f}")
        if likelier < self._least:
            least = f"at least {100 * self._least:.1f}% is asked for"
            reason = f"{100 * likelier:.1f}% for the likelier side, {least}"
            return Refusal("probability", likelier, self._least, reason)
        if seen.expected_pct <= 0:
            expected = Decimal(f"{seen.expected_pct:.4f}")
            reason = f"{expected:.3f}% is expected of it after {COST_PCT}% of costs"
            return Refusal("costs", expected, Decimal(0), reason)
        return None


def _failed(model: Model) -> Refusal | None:
    """Return the refusal of a model that did not beat its baseline out of sample."""
    score = model.card.score
    if score.passes:
        return None
    value, limit = (Decimal(f"{brier:.4f}") for brier in (score.brier, score.baseline_brier))
    return Refusal("baseline", value, limit, f"it fails its baseline: {score.failing}")


def _hold(bar: Bar, reason: str, seen: _View | None = None, veto: Refusal | None = None) -> Signal:
    return Signal(
        symbol=bar.symbol, action="hold", price=bar.close, reasons=(reason,), veto=veto,
        confidence=0.0 if seen is None else seen.confidence,
        parts=() if seen is None else seen.parts, prediction=None if seen is None else seen.bet,
    )  # fmt: skip


def _part(name: str, chance: float, without: float) -> Part:
    """Say what the network would have said otherwise, had these features been the usual ones."""
    points = 100 * (chance - without)
    verb = "raises" if points >= 0 else "lowers"
    score = max(-1.0, min(1.0, 2 * (chance - without)))
    text = f"{name.replace('_', ' ')} {verb} the chance of a rise by {abs(points):.1f} points"
    return Part(name, score, 1.0, text)


def _told(parts: tuple[Part, ...]) -> tuple[str, ...]:
    """Return the texts of *parts*, those that weigh most first."""
    return tuple(p.text for p in sorted(parts, key=lambda p: -abs(p.score)))


def _quote(distance: float) -> Decimal:
    return Decimal(f"{distance:.8f}")


STRATEGY: Final = Gru
