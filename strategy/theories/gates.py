"""What an entry of the ensemble must pass; each gate says its value against its limit."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from core.market import MINUTE_MS
from core.risk import Refusal
from strategy.theories.base import Proposal, percent
from strategy.theories.bayes import Belief
from strategy.theories.monte_carlo import BETS, RUIN_R, Outlook
from strategy.theories.vote import Vote

MAX_ENTROPY: Final = 0.999
MAX_STOP: Final = 0.1  # a share of the price; farther away is no orderly market
MAX_SHORTFALL: Final = 1.6  # times the risk at the stop
MAX_RUIN: Final = 0.25


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is thought of; ``rested_ms`` since a trade in its symbol, None before any."""

    vote: Vote
    proposal: Proposal
    belief: Belief
    entropy: float
    rested_ms: int | None
    rest_ms: int


def unsure(vote: Vote, least: Decimal) -> Refusal | None:
    """Refuse a *vote* of less confidence than *least*."""
    if vote.confidence >= float(least):
        return None
    return Refusal("confidence", _cut(vote.confidence), least, f"{vote.lean}, below {least}")


def refusal(case: Case) -> Refusal | None:
    """Return the first gate that *case* fails at before it is played out, or None."""
    return next(_refusals(case), None)


def _refusals(case: Case) -> Iterator[Refusal]:
    stop, belief, expected = case.proposal.stop, case.belief, case.proposal.expected
    if stop > MAX_STOP:
        text = f"the stop would be {100 * stop:.1f}% away, limit {100 * MAX_STOP:.0f}%"
        yield Refusal("volatility", _cut(100 * stop), _cut(100 * MAX_STOP), text)
    if case.rested_ms is not None and case.rested_ms < case.rest_ms:
        rested, rest = case.rested_ms // MINUTE_MS, case.rest_ms // MINUTE_MS
        text = f"{rested} min since the last trade here, rest is {rest} min"
        yield Refusal("rest", Decimal(rested), Decimal(rest), text)
    if case.entropy > MAX_ENTROPY:
        text = f"entropy {case.entropy:.4f} over {MAX_ENTROPY}: the bars look like pure noise"
        yield Refusal("entropy", _cut(case.entropy), _cut(MAX_ENTROPY), text)
    if belief.hopeful < belief.breakeven:
        text = (
            f"win probability {belief.mean:.2f}, at best {belief.hopeful:.2f}, below breakeven "
            f"{belief.breakeven:.2f}"
        )
        yield Refusal("win_probability", _cut(belief.hopeful), _cut(belief.breakeven), text)
    if expected <= 0:
        yield _too_little(expected, case.proposal.cost, "the forecast")


def late_refusal(outlook: Outlook, cost: float) -> Refusal | None:
    """Return the first gate that a trade fails at after it was played out, or None."""
    if outlook.expected <= 0:
        return _too_little(outlook.expected, cost, "its futures")
    if outlook.shortfall > MAX_SHORTFALL:
        text = (
            f"the worst twentieth of its futures loses {outlook.shortfall:.2f} times the risk, "
            f"limit {MAX_SHORTFALL}"
        )
        return Refusal("shortfall", _cut(outlook.shortfall), _cut(MAX_SHORTFALL), text)
    if outlook.ruin > MAX_RUIN:
        text = (
            f"{BETS} such trades lose {RUIN_R:.0f} times the risk with probability "
            f"{outlook.ruin:.2f}, limit {MAX_RUIN}"
        )
        return Refusal("ruin", _cut(outlook.ruin), _cut(MAX_RUIN), text)
    return None


def _too_little(expected: float, cost: float, who: str) -> Refusal:
    text = f"{who} come to {percent(expected)} after {percent(cost)[1:]} costs"
    text = text.replace("the forecast come", "the forecast comes")
    return Refusal("expected_pct", _cut(100 * expected), Decimal(0), text)


def _cut(value: float) -> Decimal:
    return Decimal(f"{value:.4f}")
