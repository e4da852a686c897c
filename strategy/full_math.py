"""An ensemble of theories about the same past, on closed bars of a quarter of an hour.

Each theory says one `Part`; their weighted mean is the side and the confidence. What that is
worth is Grinold's forecast with an assumed skill, and a trade must pay its costs by it. An entry
that passes the cheap gates is played out by Monte Carlo, which joins the vote. No edge after
costs is claimed: its predictions are kept and compared with what came.
Sources are named by each module of `strategy.theories`.
"""

import math
from decimal import Decimal
from typing import Final

import numpy as np
from msgspec.structs import replace

from core.ledger import Position
from core.market import MINUTE_MS, Bar
from core.trades import Trade
from strategy.base import AccountView, Lean, Prediction, Signal
from strategy.theories import (
    autocorrelation,
    bayes,
    entropy,
    gates,
    hurst,
    kalman,
    markov,
    momentum,
    monte_carlo,
)
from strategy.theories.base import Proposal, Theory, span
from strategy.theories.history import WINDOW, History
from strategy.theories.vote import Vote

THEORIES: Final[tuple[Theory, ...]] = (
    momentum.look, kalman.look, hurst.look, autocorrelation.look, markov.look, entropy.look,
)  # fmt: skip
HORIZON_BARS: Final = 16  # of the prediction
LONGEST_BARS: Final = 96  # that a position is held
REST_BARS: Final = 8  # after a trade, in the same symbol
STOP_RANGES: Final = 4  # true ranges
TARGET_RANGES: Final = 6
FEE_PCT: Final = Decimal("0.05")  # of the notional, a fill: the taker's
SLIPPAGE_PCT: Final = Decimal("0.01")  # of the notional, a fill


class FullMath:
    """Keeps the `strategy.base.Learner` contract.

    Args:
        bar_minutes: how long the bars are that it decides on.
        min_confidence: the least that it enters with, and that turns it out of a position.
        fee_pct: of the notional, a fill.
        slippage_pct: of the notional, a fill.
    """

    name = "full_math"

    def __init__(
        self, *, bar_minutes: int = 15, min_confidence: Decimal = Decimal("0.25"),
        fee_pct: Decimal = FEE_PCT, slippage_pct: Decimal = SLIPPAGE_PCT,
    ) -> None:  # fmt: skip
        self.warmup_bars = (WINDOW + 3) * bar_minutes  # the first and the last are cut
        self._bar_ms = bar_minutes * MINUTE_MS
        self._least = min_confidence
        self._cost = 2 * float(fee_pct + slippage_pct) / 100
        self._histories: dict[str, History] = {}
        self._record = bayes.Record()
        self._closed_at: dict[str, int] = {}

    def warm(self, bar: Bar) -> None:
        """Take a bar of the past without deciding."""
        self._history(bar.symbol).add(bar)

    def on_trade(self, trade: Trade, _signal: Signal | None) -> None:
        """Learn how a trade ended."""
        self._record.add(trade)
        self._closed_at[trade.symbol] = trade.closed_at

    def on_bar(self, bar: Bar, view: AccountView) -> Signal | None:
        """Decide when *bar* closes one of its bars."""
        history = self._history(bar.symbol)
        if not history.add(bar):
            return None
        if not history.full:
            return _learning(history, bar)
        vote = Vote.of([look(history) for look in THEORIES])
        reach = max(history.true_range, history.sigma)
        stop, target = STOP_RANGES * reach, TARGET_RANGES * reach
        gain, loss = max(target - self._cost, self._cost), stop + self._cost
        belief = self._record.belief(bar.close_time, gain / stop, loss / stop)
        vote = vote.joined_by(bayes.part(belief, vote.side))
        if view.position is not None:
            return self._holding(bar, vote, view.position)
        drift = abs(vote.forecast) * history.sigma / math.sqrt(LONGEST_BARS)
        proposal = Proposal(vote.side, stop, target, self._cost, drift, LONGEST_BARS)
        unsure = gates.unsure(vote, self._least)
        if unsure is not None:
            signal = self._signal(bar, vote, "hold", unsure.reason)
            return replace(signal, veto=unsure, expected_pct=100 * proposal.expected)
        return self._leaning(history, bar, gates.Case(
            vote=vote, proposal=proposal, belief=belief,
            entropy=entropy.entropy(history.transitions),
            rested_ms=self._rested_ms(bar), rest_ms=REST_BARS * self._bar_ms,
        ))  # fmt: skip

    def _rested_ms(self, bar: Bar) -> int | None:
        closed_at = self._closed_at.get(bar.symbol)
        return None if closed_at is None else bar.close_time - closed_at

    def _history(self, symbol: str) -> History:
        history = self._histories.get(symbol)
        if history is None:
            history = self._histories[symbol] = History(self._bar_ms)
        return history

    def _holding(self, bar: Bar, vote: Vote, position: Position) -> Signal:
        way = "long" if position.direction > 0 else "short"
        against = vote.side == -position.direction and vote.confidence >= float(self._least)
        late = bar.close_time - position.opened_at >= LONGEST_BARS * self._bar_ms
        if not against and not late:
            return self._signal(bar, vote, "hold", f"{way}, {vote.lean}")
        reason = f"{vote.lean}, against the {way}" if against else "held as long as it may be"
        signal = self._signal(bar, vote, "sell" if position.direction > 0 else "buy", reason)
        return replace(signal, wish="close", role="signal" if against else "timeout")

    def _leaning(self, history: History, bar: Bar, case: gates.Case) -> Signal:
        """Decide on an entry whose confidence is enough."""
        vote, proposal, expected = case.vote, case.proposal, case.proposal.expected
        veto = gates.refusal(case)
        if veto is None:
            rng = np.random.default_rng(monte_carlo.seed(bar.symbol, bar.close_time))
            outlook = monte_carlo.foresee(history, proposal, rng)
            vote, expected = vote.joined_by(monte_carlo.part(outlook, vote.side)), outlook.expected
            veto = gates.unsure(vote, self._least) or gates.late_refusal(outlook, proposal.cost)
        side = proposal.side
        action: Lean = "buy" if side > 0 else "sell"
        signal = self._signal(bar, vote, action, veto.reason if veto else vote.lean)
        signal = replace(
            signal, wish="none" if veto else "enter", veto=veto, expected_pct=100 * expected
        )
        if proposal.stop > gates.MAX_STOP:
            return signal
        return replace(
            signal, stop_price=_moved(bar.close, -side * proposal.stop),
            target_price=_moved(bar.close, side * proposal.target),
        )  # fmt: skip

    def _signal(self, bar: Bar, vote: Vote, action: Lean, reason: str) -> Signal:
        return Signal(
            symbol=bar.symbol, action=action, confidence=vote.confidence, price=bar.close,
            reasons=vote.reasons(reason), parts=vote.parts,
            prediction=Prediction(HORIZON_BARS * self._bar_ms, vote.up_probability, self.name),
        )  # fmt: skip


def _learning(history: History, bar: Bar) -> Signal:
    reason = f"learning, {history.seen} of {WINDOW} bars of {span(history, 1)} seen"
    return Signal(
        symbol=bar.symbol, action="hold", confidence=0.0, price=bar.close, reasons=(reason,)
    )


def _moved(price: Decimal, share: float) -> Decimal:
    """Return *price* moved by a share of itself."""
    return price * (1 + Decimal(f"{share:.8f}"))


STRATEGY: Final = FullMath
