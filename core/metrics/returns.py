"""Figures of equity over time.

Returns are simple daily returns of mark-to-market equity at 00:00 UTC, forward-filled, over 365
days a year, with the sample deviation (n - 1) and a risk-free rate of 0. Nothing is annualised
under 30 days.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from core.metrics.measure import Definition, Measure, defined, none
from core.metrics.sample import Sample
from core.metrics.trades import counted, deviation

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
YEAR_DAYS: Final = Decimal(365)
ANNUAL_FROM: Final = 30
NO_EQUITY: Final = "no equity recorded yet"
DAYS30: Final = "30 days"
SHARPE: Final = "Sharpe, The Sharpe ratio, J. Portfolio Management 21 (1994)"
SORTINO: Final = "Sortino & van der Meer, Downside risk, J. Portfolio Management 17 (1991)"
CALMAR: Final = "Young, Calmar ratio, Futures 20 (1991)"


def _too_short(sample: Sample) -> str:
    """Return why nothing can be annualised yet, empty when it can."""
    days = len(sample.returns)
    return "" if days >= ANNUAL_FROM else f"needs {ANNUAL_FROM} days, has {days}"


@defined(Definition(label="ROI", formula="100 · (equity - transfers in) ÷ transfers in", unit="pct",
                    minimum="a transfer in"))  # fmt: skip
def roi(sample: Sample) -> Measure:
    """Return what equity gained on everything that was put in, in %."""
    invested = sample.transferred
    if invested <= 0:
        return none("more was taken out than put in" if sample.transfers else "nothing was put in")
    value = HUNDRED * (sample.equity - invested) / invested
    return Measure(value, basis=f"on {invested:,.2f}")


@defined(Definition(label="CAGR", formula="100 · (Π(1 + daily return)^(365 ÷ days) - 1)",
                    unit="pct", minimum=DAYS30))  # fmt: skip
def cagr(sample: Sample) -> Measure:
    """Return the yearly rate that compounds to the same growth, in %."""
    if reason := _too_short(sample):
        return none(reason)
    growth = Decimal(1)
    for value in sample.returns:
        growth *= 1 + value
    if growth <= 0:
        return Measure(-HUNDRED, basis="everything was lost")
    power = YEAR_DAYS / len(sample.returns)
    return Measure(HUNDRED * (growth**power - 1), basis=counted(len(sample.returns), "day"))


@defined(Definition(label="Volatility", formula="100 · deviation of daily returns · √365",
                    unit="pct", minimum=DAYS30))  # fmt: skip
def volatility(sample: Sample) -> Measure:
    """Return the deviation of daily returns, brought to a year, in %."""
    if reason := _too_short(sample):
        return none(reason)
    value = HUNDRED * deviation(sample.returns) * YEAR_DAYS.sqrt()
    return Measure(value, basis=counted(len(sample.returns), "day"))


@defined(Definition(label="Sharpe", formula="mean daily return ÷ deviation of daily returns · √365",
                    unit="ratio", minimum=DAYS30, source=SHARPE))  # fmt: skip
def sharpe(sample: Sample) -> Measure:
    """Return the mean return for each unit of its deviation, brought to a year."""
    if reason := _too_short(sample):
        return none(reason)
    spread = deviation(sample.returns)
    if not spread:
        return none("equity did not move" if not any(sample.returns) else "every day was the same")
    value = mean(sample.returns) / spread * YEAR_DAYS.sqrt()
    return Measure(value, basis=counted(len(sample.returns), "day"))


@defined(Definition(label="Sortino", formula="mean daily return ÷ √mean(min(return, 0)²) · √365, "
                    "over all days", unit="ratio", minimum=f"{DAYS30}, one of them lost",
                    source=SORTINO))  # fmt: skip
def sortino(sample: Sample) -> Measure:
    """Return the mean return for each unit of its deviation below zero, brought to a year."""
    if reason := _too_short(sample):
        return none(reason)
    downside = mean([min(value, ZERO) ** 2 for value in sample.returns]).sqrt()
    if not downside:
        return none("no day was lost yet")
    value = mean(sample.returns) / downside * YEAR_DAYS.sqrt()
    return Measure(value, basis=counted(len(sample.returns), "day"))


@defined(Definition(label="Calmar", formula="CAGR ÷ largest relative drawdown", unit="ratio",
                    minimum=f"{DAYS30} and a drawdown", source=CALMAR))  # fmt: skip
def calmar(sample: Sample) -> Measure:
    """Return the yearly growth for each unit of the deepest fall."""
    growth = cagr(sample)
    if growth.value is None:
        return growth
    if not sample.fall.pct:
        return none("equity never fell")
    return Measure(growth.value / sample.fall.pct, basis="CAGR ÷ max drawdown")


@defined(Definition(label="Max drawdown", formula="100 · largest (peak - equity) ÷ peak, the start "
                    "being the first peak", unit="pct", minimum="equity"))  # fmt: skip
def max_drawdown_pct(sample: Sample) -> Measure:
    """Return the deepest fall from a peak, in % of that peak (zero or below), and when it was."""
    if not sample.points:
        return none(NO_EQUITY)
    fall = sample.fall
    basis = "of the peak before it"
    if not fall.is_dated:
        basis = "seen between two points of the curve; its date is of the deepest point"
    return Measure(-fall.pct, at=fall.pct_at, basis=basis)


@defined(Definition(label="Max drawdown, money", formula="largest peak - equity", unit="money",
                    minimum="equity"))  # fmt: skip
def max_drawdown(sample: Sample) -> Measure:
    """Return the deepest fall from a peak in quote (zero or below), and when it was."""
    if not sample.points:
        return none(NO_EQUITY)
    return Measure(-sample.fall.absolute, at=sample.fall.absolute_at, basis="from its peak")


@defined(Definition(label="Longest drawdown", unit="duration_ms", minimum="equity",
                    formula="longest time from a peak until equity is back at it"))  # fmt: skip
def max_drawdown_duration(sample: Sample) -> Measure:
    """Return the longest time from a peak until equity was back at it, or now, in ms."""
    if not sample.points:
        return none(NO_EQUITY)
    basis = "it was made good" if sample.fall.is_over else "it still lasts"
    return Measure(Decimal(sample.fall.longest_ms), basis=basis)


@defined(Definition(label="Recovery factor", unit="ratio", minimum="a drawdown",
                    formula="(equity - transfers in) ÷ largest drawdown in money"))  # fmt: skip
def recovery_factor(sample: Sample) -> Measure:
    """Return how many times the deepest fall was earned."""
    if not sample.points:
        return none(NO_EQUITY)
    if not sample.fall.absolute:
        return none("equity never fell")
    return Measure((sample.equity - sample.transferred) / sample.fall.absolute, basis="all in all")


@defined(Definition(label="Exposure", formula="100 · time with a position open ÷ time", unit="pct",
                    minimum="some time"))  # fmt: skip
def exposure(sample: Sample) -> Measure:
    """Return the share of the time in which at least one position was open, in %."""
    whole = sample.until - sample.since
    if whole <= 0:
        return none("no time has passed yet")
    spans = [(trade.opened_at, trade.closed_at) for trade in sample.trades]
    spans += [(at, sample.until) for at in sample.open_since]
    held, reached = 0, sample.since
    for begun, ended in sorted(spans):
        start, end = max(begun, reached), min(ended, sample.until)
        if end > start:
            held += end - start
            reached = end
    return Measure(HUNDRED * held / whole, basis="at least one position")


@defined(Definition(label="Turnover", unit="ratio", minimum="1 closed trade and equity",
                    formula="Σ (entry + exit notional) ÷ mean equity at 00:00 UTC"))  # fmt: skip
def turnover(sample: Sample) -> Measure:
    """Return how many times the account was traded over."""
    if not sample.trades:
        return none("no closed trade yet")
    traded = sum((t.entry_notional + t.exit_notional for t in sample.trades), ZERO)
    level = mean(sample.levels)
    if level <= 0:
        return none("there is no equity")
    return Measure(traded / level, basis=counted(len(sample.trades)))


def mean(values: Sequence[Decimal]) -> Decimal:
    """Return the mean of at least one value."""
    return sum(values, ZERO) / len(values)
