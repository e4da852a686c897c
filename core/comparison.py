"""Two strategies on one tape: by how much one is better a trade, and whether that can be told.

Statistics of returns, not money, so numbers are floats here. It imports SciPy, so processes that
must stay small ask another one.
"""

import math
import warnings
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
import numpy as np
from scipy import stats

LEVEL: Final = 0.95
RESAMPLES: Final = 9_999
FEWEST_RESAMPLES: Final = 999
DRAWS: Final = 40_000_000  # in all: about half a second
MOST_CORRECTED: Final = 5_000  # trades of one
HELD: Final = 1_000_000  # draws at once
SEED: Final = 20_240_501
Z95: Final = 1.959963984540054
FEWEST: Final = 2
DECIMALS: Final = 6
ENOUGH: Final = 10  # trades of each, before any interval is believed
AWAITING: Final = "Awaiting closed trades"
NEVER: Final = 100_000

State = Literal["awaiting", "undecided", "a", "b", "equal"]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How much more *a* makes a trade than *b*, in % of the notional, with its interval.

    ``needed`` is about how many more closed trades of both together would tell them apart at the
    present difference; None when they are told apart, or nothing would.
    """

    estimate_pct: float
    low_pct: float
    high_pct: float
    level: float
    trades_a: int
    trades_b: int
    needed: int | None
    resamples: int


class Verdict(msgspec.Struct, frozen=True):
    """What can be said, in words."""

    state: State
    title: str
    text: str


class Comparison(msgspec.Struct, frozen=True):
    """The difference, if there is one to speak of, and the verdict."""

    difference: Difference | None
    verdict: Verdict


def compare(names: tuple[str, str], a: Sequence[float], b: Sequence[float]) -> Comparison:
    """Compare the net returns of two strategies' trades, each in % of its entry notional.

    The interval is a bias-corrected and accelerated bootstrap of the difference of means; the
    seed is fixed, so that the same trades give the same interval. What it corrects vanishes as
    trades grow in number while its cost grows with their square: of more than `MOST_CORRECTED`
    it is the plain percentiles, and of many trades there are fewer resamples.
    Source: Efron, "Better bootstrap confidence intervals", J. Am. Stat. Assoc. 82 (1987).
    """
    if min(len(a), len(b)) < FEWEST:
        return Comparison(None, _awaiting(names, (len(a), len(b))))
    left, right = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    resamples = min(RESAMPLES, max(FEWEST_RESAMPLES, DRAWS // (len(a) + len(b))))
    estimate = round(float(left.mean() - right.mean()), DECIMALS)
    low, high = (round(b, DECIMALS) for b in _interval(left, right, estimate, resamples))
    apart = (low > 0 or high < 0) and min(len(a), len(b)) >= ENOUGH
    difference = Difference(
        estimate_pct=estimate, low_pct=low, high_pct=high,
        level=LEVEL, trades_a=len(a), trades_b=len(b),
        needed=None if apart else _needed(left, right, estimate), resamples=resamples,
    )  # fmt: skip
    return Comparison(difference, _verdict(names, difference))


def _interval(a: np.ndarray, b: np.ndarray, estimate: float, resamples: int) -> tuple[float, float]:
    """Return the bounds; the estimate itself when no trade differs from another."""
    if np.ptp(a) == 0 and np.ptp(b) == 0:
        return estimate, estimate
    if max(len(a), len(b)) <= MOST_CORRECTED:
        low, high = _bootstrap(a, b, resamples, "BCa")
        if math.isfinite(low) and math.isfinite(high):
            return low, high
    return _bootstrap(a, b, resamples, "percentile")


def _bootstrap(
    a: np.ndarray, b: np.ndarray, resamples: int, method: Literal["BCa", "percentile"]
) -> tuple[float, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a degenerate sample has no corrected interval
        found = stats.bootstrap(
            (a, b), _mean_difference, confidence_level=LEVEL, n_resamples=resamples,
            method=method, vectorized=True, batch=max(1, HELD // max(len(a), len(b))),
            rng=np.random.default_rng(SEED),
        ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high)


def _mean_difference(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
    difference: np.ndarray = np.mean(a, axis=axis) - np.mean(b, axis=axis)
    return difference


def _needed(a: np.ndarray, b: np.ndarray, estimate: float) -> int | None:
    """Return how many more trades in all, at the present shares, would exclude zero.

    The interval is about z · √(s_a²/n_a + s_b²/n_b) wide on each side; with n trades of which
    the shares p_a, p_b are theirs, n = (z/difference)² · (s_a²/p_a + s_b²/p_b).
    """
    if estimate == 0:
        return None
    total = len(a) + len(b)
    spread = a.var(ddof=1) / (len(a) / total) + b.var(ddof=1) / (len(b) / total)
    wanted = math.ceil((Z95 / estimate) ** 2 * float(spread))
    more = max(1, wanted - total, *(ENOUGH - len(side) for side in (a, b)))
    return more if more < NEVER else None


def _awaiting(names: tuple[str, str], counts: tuple[int, int]) -> Verdict:
    idle = [name for name, count in zip(names, counts, strict=True) if count < FEWEST]
    told = [
        f"{name} has {count or 'no'} closed trade{'s' * (count != 1)}"
        for name, count in zip(names, counts, strict=True)
        if name in idle
    ]
    return Verdict("awaiting", AWAITING, f"{' and '.join(told)}; two of each are needed.")


def _verdict(names: tuple[str, str], found: Difference) -> Verdict:
    estimate = found.estimate_pct
    if found.low_pct == found.high_pct == 0:
        text = "Every trade of both came to the same."
        return Verdict("equal", f"{names[0]} and {names[1]} are equal so far", text)
    leader = names[0] if estimate >= 0 else names[1]
    sign = 1 if estimate >= 0 else -1
    low, high = sorted((sign * found.low_pct, sign * found.high_pct))
    title = f"{leader} leads by {_percent(abs(estimate), estimate)} a trade"
    if estimate == 0:
        title = f"{names[0]} and {names[1]} are level so far"
    width = high - low or estimate
    interval = f"95% interval {_percent(low, width)} to {_percent(high, width)}"
    if low > 0 and min(found.trades_a, found.trades_b) >= ENOUGH:
        text = f"{interval}: zero lies outside, so the lead is more than chance would give."
        return Verdict("a" if sign > 0 else "b", title, text)
    more = f", about {found.needed:,} more needed" if found.needed else ""
    if estimate and not found.needed:
        more = f", more than {NEVER:,} more needed"
    return Verdict("undecided", title, f"{interval}: not enough trades to tell{more}.")


def _percent(value: float, scale: float) -> str:
    """Return *value* with two digits of what is as large as *scale*, at least two decimals."""
    decimals = 2 if scale == 0 else min(DECIMALS, max(2, 1 - math.floor(math.log10(abs(scale)))))
    return f"{value:.{decimals}f}%".replace("-", "−")
