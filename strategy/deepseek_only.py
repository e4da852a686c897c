"""Asks a language model what to do, and believes no answer that breaks its rules.

It keeps the past of each symbol as candles and a few indicators, puts them into a short question
at the end of every so many minutes, and turns the answer into a signal. An answer that is late,
unreadable, against its schema or absurd is a hold that says so. No edge after costs is claimed.
"""

import math
from collections import deque
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from core.ledger import Position
from core.market import HOUR_MS, MINUTE_MS, Bar
from core.risk import Refusal
from strategy.base import AccountView, Answer, Lean, Part, Question, Signal
from strategy.indicators import Atr, Candle, Ema, Volatility
from utils.one_line import one_line

SHOWN: Final = 32  # candles in a question
LONGEST_CANDLE_MINUTES: Final = 60
FAST: Final = 12
SLOW: Final = 26
ATR_PERIOD: Final = 14
VOLATILITY_PERIOD: Final = 24
MIN_CONFIDENCE: Final = Decimal("0.55")
STOP_PCT: Final = (0.1, 10.0)  # of the price: nearer is noise, farther no protection
TARGET_PCT: Final = (0.1, 30.0)
COSTS_PCT: Final = 0.12  # of the notional, there and back: two taker fees and slippage
LONGEST_CAUSE: Final = 200
NO_KEY: Final = "No API key: set DEEPSEEK_ONLY__API_KEY, or api_key under deepseek_only."
NO_MONEY: Final = "Its daily limit, deepseek_only.daily_usd, is 0."
RULES: Final = (
    "You decide for a trading desk of linear perpetual futures, on paper, one symbol at a time. "
    'Without a position choose "buy", "sell" or "hold"; with one choose "hold" or "close". '
    '"confidence" is how likely the target is reached before the stop, or how sure you are of a '
    f"hold or close; entries under {MIN_CONFIDENCE} are not made. An entry needs stop_price on "
    f"the losing side of the price, {STOP_PCT[0]} to {STOP_PCT[1]:g} % away, and may have "
    f"target_price on the winning side, {TARGET_PCT[0]} to {TARGET_PCT[1]:g} % away. A round trip "
    f"costs about {COSTS_PCT} % of the notional. When in doubt, hold. Give short reasons. Example "
    'in JSON: {"action": "hold", "confidence": 0.6, "reasons": ["no trend"]}'
)
Line = Annotated[str, Meta(min_length=1, max_length=300)]
Level = Annotated[float, Meta(gt=0)]


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model must answer; its JSON Schema goes with the question."""

    action: Literal["buy", "sell", "hold", "close"]
    confidence: Annotated[float, Meta(ge=0, le=1)]
    reasons: Annotated[list[Line], Meta(min_length=1, max_length=5)]
    stop_price: Level | None = None
    target_price: Level | None = None


SCHEMA: Final[dict[str, object]] = msgspec.json.schema_components([Decision])[1]["Decision"]


class _Market:
    """What is remembered of one symbol: a function of its bars alone."""

    __slots__ = ("atr", "candle", "candles", "fast", "slow", "volatility")

    def __init__(self, candle_ms: int) -> None:
        self.candle = Candle(candle_ms)
        self.candles: deque[tuple[int, float, float, float]] = deque(maxlen=SHOWN)
        self.fast, self.slow = Ema(FAST), Ema(SLOW)
        self.atr = Atr(ATR_PERIOD)
        self.volatility = Volatility(VOLATILITY_PERIOD)

    def add(self, bar: Bar) -> None:
        """Take a minute."""
        closed = self.candle.add(bar)
        if closed is None:
            return
        high, low, close = closed
        self.candles.append((bar.close_time, high, low, close))
        self.fast.add(close)
        self.slow.add(close)
        self.atr.add(high, low, close)
        self.volatility.add(close)

    @property
    def learned(self) -> bool:
        """Return whether there is enough to ask about."""
        return len(self.candles) == SHOWN


class DeepseekOnly:
    """Keeps the `strategy.base.Advised` contract; its options are `DeepseekSettings`' fields.

    Of the key it keeps only whether there is one: the engine asks.
    """

    name = "deepseek_only"

    def __init__(self, **options: Any) -> None:
        self.model_name = str(options.get("model", ""))
        every_minutes = int(options.get("every_minutes", 15))
        candle_minutes = min(every_minutes, LONGEST_CANDLE_MINUTES)
        self._every_ms = every_minutes * MINUTE_MS
        self._candle_ms = candle_minutes * MINUTE_MS
        self.warmup_bars = 2 * SHOWN * candle_minutes
        self.off_reason = ""
        if not options.get("api_key"):
            self.off_reason = NO_KEY
        elif not options.get("daily_usd", 1):
            self.off_reason = NO_MONEY
        self._markets: dict[str, _Market] = {}

    def warm(self, bar: Bar) -> None:
        """Take a bar of the past without deciding."""
        self._of(bar.symbol).add(bar)

    def on_bar(self, bar: Bar, _view: AccountView) -> Signal | None:
        """Take a bar; all it says by itself is that it has not seen enough to ask."""
        market = self._of(bar.symbol)
        market.add(bar)
        if market.learned or bar.close_time % self._every_ms:
            return None
        reason = f"learning, {len(market.candles)} of {SHOWN} candles seen"
        return _hold(bar.symbol, bar.close, 0.0, (reason,))

    def question(self, bar: Bar, view: AccountView) -> Question | None:
        """Return what to ask at the end of every so many minutes."""
        market = self._of(bar.symbol)
        if bar.close_time % self._every_ms or not market.learned:
            return None
        return Question(
            symbol=bar.symbol, at=bar.close_time, price=bar.close, system=RULES,
            user=_situation(market, bar, view.position, self._candle_ms), schema=SCHEMA,
        )  # fmt: skip

    def on_answer(self, question: Question, answer: Answer, view: AccountView) -> Signal:
        """Return the signal that *answer* comes to."""
        decision = _read(answer)
        if isinstance(decision, Refusal):
            return _vetoed(question, decision)
        reasons = [_clean(reason) for reason in decision.reasons]
        reasons += [answer.note] if answer.note else []
        if decision.action in {"buy", "sell"}:
            return _entry(question, decision, tuple(reasons))
        if decision.action == "hold":
            return _hold(question.symbol, question.price, decision.confidence, tuple(reasons))
        return _close(question, decision, tuple(reasons), view.position)

    def _of(self, symbol: str) -> _Market:
        market = self._markets.get(symbol)
        if market is None:
            market = self._markets[symbol] = _Market(self._candle_ms)
        return market


def _read(answer: Answer) -> Decision | Refusal:
    """Return what the model decided, or why that is not known."""
    if answer.failure:
        return Refusal(answer.gate or "protocol", answer.value, answer.limit, answer.failure)
    try:
        decision = msgspec.json.decode(_unwrapped(answer.text), type=Decision)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        return _nonsense(f"it breaks its schema: {_clean(str(error))}")
    if not all(map(_clean, decision.reasons)):
        return _nonsense("a reason of it is empty")
    return decision


def _situation(market: _Market, bar: Bar, position: Position | None, candle_ms: int) -> str:
    """Say in few words what a person would look at."""
    hourly = 100 * market.volatility.value * math.sqrt(HOUR_MS / candle_ms)
    averages = f"EMA{FAST} {market.fast.value:.8g}, EMA{SLOW} {market.slow.value:.8g}"
    spread = f"ATR{ATR_PERIOD} {market.atr.value:.8g}, volatility {hourly:.3f} % an hour"
    candles = [
        f"{_when(end)[11:]} {high:.8g} {low:.8g} {close:.8g}"
        for end, high, low, close in market.candles
    ]
    return "\n".join((
        f"{bar.symbol} at {bar.close} on {_when(bar.close_time)} UTC.",
        f"Candles of {candle_ms // MINUTE_MS} min, oldest first: end high low close",
        *candles,
        f"{averages}, {spread}.",
        _holding(position, bar),
    ))  # fmt: skip


def _holding(position: Position | None, bar: Bar) -> str:
    if position is None:
        return "No position."
    way = "long" if position.direction > 0 else "short"
    gain = 100 * position.direction * (bar.close / position.entry_price - 1)
    minutes = (bar.close_time - position.opened_at) // MINUTE_MS
    return f"Position: {way} from {position.entry_price} for {minutes} min, {gain:+.3f} %."


def _when(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def _unwrapped(text: str) -> str:
    """Return *text* without the fence that models like to put around code."""
    return text.strip().removeprefix("```json").removeprefix("```").removesuffix("```")


def _clean(text: str) -> str:
    """Return *text* in one line of visible characters, not too long."""
    return one_line(text, LONGEST_CAUSE)


def _nonsense(why: str) -> Refusal:
    return Refusal("nonsense", None, None, f"the model's answer is no use, {why}")


def _vetoed(question: Question, why: Refusal) -> Signal:
    return _hold(question.symbol, question.price, 0.0, (why.reason,), why)


def _hold(
    symbol: str,
    price: Decimal,
    confidence: float,
    reasons: tuple[str, ...],
    veto: Refusal | None = None,
) -> Signal:
    return Signal(
        symbol=symbol, action="hold", confidence=confidence, price=price, reasons=reasons,
        veto=veto,
    )  # fmt: skip


def _close(
    question: Question, decision: Decision, reasons: tuple[str, ...], position: Position | None
) -> Signal:
    action: Lean = "hold"
    if position is not None:
        action = "sell" if position.direction > 0 else "buy"
    return Signal(
        symbol=question.symbol, action=action, confidence=decision.confidence,
        price=question.price, reasons=reasons, wish="close",
    )  # fmt: skip


def _entry(question: Question, decision: Decision, reasons: tuple[str, ...]) -> Signal:
    sign = 1 if decision.action == "buy" else -1
    price = float(question.price)
    risk = -_distance_pct(decision.stop_price, price, sign)
    reward = _distance_pct(decision.target_price, price, sign)
    if not STOP_PCT[0] <= risk <= STOP_PCT[1]:
        what = _level("stop", decision.stop_price)
        return _vetoed(question, _nonsense(f"{what} for a {decision.action} at {question.price}"))
    if decision.target_price is not None and not TARGET_PCT[0] <= reward <= TARGET_PCT[1]:
        what = _level("target", decision.target_price)
        return _vetoed(question, _nonsense(f"{what} for a {decision.action} at {question.price}"))
    sure, veto = decision.confidence, None
    confidence = Decimal(f"{sure:.4f}")
    if confidence < MIN_CONFIDENCE:
        why = f"the model is {confidence} sure, an entry needs {MIN_CONFIDENCE}"
        veto = Refusal("confidence", confidence, MIN_CONFIDENCE, why)
    expected = None
    if decision.target_price is not None:
        expected = sure * reward - (1 - sure) * risk - COSTS_PCT
    return Signal(
        symbol=question.symbol, action="buy" if sign > 0 else "sell", confidence=sure,
        price=question.price, reasons=reasons, wish="none" if veto else "enter", veto=veto,
        stop_price=_decimal(decision.stop_price), target_price=_decimal(decision.target_price),
        expected_pct=expected, parts=(Part("model", sign * sure, 1.0, reasons[0]),),
    )  # fmt: skip


def _distance_pct(level: float | None, price: float, sign: int) -> float:
    """Return how far *level* lies on the winning side, in % of the price."""
    return math.nan if level is None else 100 * sign * (level / price - 1)


def _level(name: str, level: float | None) -> str:
    return f"it has no {name}" if level is None else f"a {name} of {level:g} makes no sense"


def _decimal(level: float | None) -> Decimal | None:
    return None if level is None else Decimal(repr(level))


STRATEGY: Final = DeepseekOnly
