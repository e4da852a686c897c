"""Figures of closed trades.

Net P&L of a trade is gross - fees + funding; a win is above zero, a loss below, anything else
breaks even and stays in every denominator.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Final

from core.metrics.measure import Definition, Measure, defined, none
from core.metrics.sample import Sample
from core.trades import Trade

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
Z95: Final = Decimal("1.959963984540054")
NO_TRADE: Final = "no closed trade yet"
SQN_FROM: Final = 30
ROUNDING: Final = Decimal("1e-9")


def win_rate_pct(wins: int, closed: int) -> Measure:
    """Return 100 · wins ÷ all closed trades, breakevens included in the denominator, in %.

    With its Wilson interval at 95 %: (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) ÷ (1 + z²/n).
    Source: Wilson, "Probable inference", J. Am. Stat. Assoc. 22 (1927).
    """
    if closed == 0:
        return none(NO_TRADE)
    n, p = Decimal(closed), Decimal(wins) / closed
    square = Z95 * Z95
    middle = p + square / (2 * n)
    reach = Z95 * (p * (1 - p) / n + square / (4 * n * n)).sqrt()
    # rounding of 28 digits must not push a bound past the share itself
    low = max(ZERO, min(p, (middle - reach) / (1 + square / n)))
    high = min(ONE, max(p, (middle + reach) / (1 + square / n)))
    return Measure(
        HUNDRED * wins / closed, low=HUNDRED * low, high=HUNDRED * high,
        basis=f"95% interval {HUNDRED * low:.0f} to {HUNDRED * high:.0f}%",
    )  # fmt: skip


def counted(count: int, noun: str = "trade") -> str:
    """Return a number with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def return_pct(trade: Trade) -> Decimal:
    """Return net P&L in % of what was entered, which was not kept of the oldest trades."""
    return HUNDRED * trade.net_pnl / _entered(trade)


def _entered(trade: Trade) -> Decimal:
    return trade.entry_notional or trade.qty * trade.entry_price


def _of_trades(value: Decimal, sample: Sample) -> Measure:
    if not sample.trades:
        return none(NO_TRADE)
    return Measure(value, basis=counted(len(sample.trades)))


@defined(Definition(label="Closed trades", formula="positions that are flat again", unit="count",
                    minimum="none"))  # fmt: skip
def total_trades(sample: Sample) -> Measure:
    """Return the number of closed trades."""
    return Measure(Decimal(len(sample.trades)), basis=_split(sample))


def _split(sample: Sample) -> str:
    even = len(sample.nets) - len(sample.won) - len(sample.lost)
    return f"{len(sample.won)} won, {len(sample.lost)} lost, {even} even"


@defined(Definition(label="Wins", formula="trades with net P&L > 0", unit="count", minimum="none"))
def wins(sample: Sample) -> Measure:
    """Return the number of trades that made money after all costs."""
    return Measure(Decimal(len(sample.won)))


@defined(Definition(label="Losses", formula="trades with net P&L < 0", unit="count",
                    minimum="none"))  # fmt: skip
def losses(sample: Sample) -> Measure:
    """Return the number of trades that lost money after all costs."""
    return Measure(Decimal(len(sample.lost)))


@defined(Definition(label="Breakeven", formula="trades with net P&L = 0", unit="count",
                    minimum="none"))  # fmt: skip
def breakevens(sample: Sample) -> Measure:
    """Return the number of trades that neither won nor lost."""
    return Measure(Decimal(len(sample.nets) - len(sample.won) - len(sample.lost)))


@defined(Definition(label="Win rate", formula="100 · wins ÷ all closed trades, breakeven included; "
                    "95% Wilson interval", unit="pct",
                    source="Wilson, Probable inference, JASA 22 (1927)"))  # fmt: skip
def win_rate(sample: Sample) -> Measure:
    """Return `win_rate_pct` of the sample."""
    return win_rate_pct(len(sample.won), len(sample.trades))


@defined(Definition(label="Average win", formula="Σ net of wins ÷ wins", unit="money",
                    minimum="1 winning trade"))  # fmt: skip
def avg_win(sample: Sample) -> Measure:
    """Return the mean result of the winning trades, in quote."""
    if not sample.won:
        return none("no winning trade yet" if sample.trades else NO_TRADE)
    return Measure(sum(sample.won, ZERO) / len(sample.won), basis=counted(len(sample.won), "win"))


@defined(Definition(label="Average loss", formula="Σ net of losses ÷ losses", unit="money",
                    minimum="1 losing trade"))  # fmt: skip
def avg_loss(sample: Sample) -> Measure:
    """Return the mean result of the losing trades, in quote (negative)."""
    if not sample.lost:
        return none("no losing trade yet" if sample.trades else NO_TRADE)
    count = len(sample.lost)
    return Measure(sum(sample.lost, ZERO) / count, basis=f"{count} loss{'es' * (count > 1)}")


@defined(Definition(label="Payoff ratio", formula="average win ÷ |average loss|", unit="ratio",
                    minimum="1 win and 1 loss"))  # fmt: skip
def payoff_ratio(sample: Sample) -> Measure:
    """Return how many times the average loss the average win is."""
    win, loss = avg_win(sample), avg_loss(sample)
    if win.value is None or loss.value is None:
        return none(win.reason or loss.reason)
    return Measure(win.value / -loss.value, basis="average win ÷ average loss")


@defined(Definition(label="Profit factor", formula="Σ net of wins ÷ |Σ net of losses|",
                    unit="ratio", minimum="1 losing trade"))  # fmt: skip
def profit_factor(sample: Sample) -> Measure:
    """Return what was won for each unit lost."""
    if not sample.lost:
        return none("no losing trade yet" if sample.trades else NO_TRADE)
    value = sum(sample.won, ZERO) / -sum(sample.lost, ZERO)
    return Measure(value, basis="net wins ÷ net losses")


@defined(Definition(label="Expectancy", formula="Σ net ÷ closed trades", unit="money"))
def expectancy(sample: Sample) -> Measure:
    """Return the mean result of a trade, in quote."""
    if not sample.trades:
        return none(NO_TRADE)
    return _of_trades(sample.total / len(sample.trades), sample)


@defined(Definition(label="Average return", formula="100 · mean of net ÷ entry notional",
                    unit="pct"))  # fmt: skip
def avg_return(sample: Sample) -> Measure:
    """Return the mean result of a trade in % of what was entered: what comparisons compare."""
    if not sample.trades:
        return none(NO_TRADE)
    paired = zip(sample.nets, sample.trades, strict=True)
    total = sum((net / _entered(trade) for net, trade in paired), ZERO)
    return Measure(HUNDRED * total / len(sample.trades), basis="of the notional, a trade")


@defined(Definition(label="Expectancy, R", formula="mean of net ÷ what the first stop risked",
                    unit="ratio", minimum="1 trade that had a stop",
                    source="Tharp, Trade Your Way to Financial Freedom (1998)"))  # fmt: skip
def expectancy_r(sample: Sample) -> Measure:
    """Return the mean result in units of the risk taken, over trades that had a stop."""
    multiples = r_multiples(sample)
    if not multiples:
        return none("no closed trade with a stop yet")
    return Measure(sum(multiples, ZERO) / len(multiples), basis=counted(len(multiples)))


def r_multiples(sample: Sample) -> list[Decimal]:
    """Return net ÷ risk of each trade whose entry had a stop."""
    paired = zip(sample.nets, sample.trades, strict=True)
    return [net / trade.risk for net, trade in paired if trade.risk]


@defined(Definition(label="SQN", formula="√min(n, 100) · mean(R) ÷ deviation(R), n - 1 in the "
                    "deviation", unit="ratio", minimum="30 trades that had a stop",
                    source="Tharp, Definitive Guide to Position Sizing (2008)"))  # fmt: skip
def sqn(sample: Sample) -> Measure:
    """Return the system quality number."""
    multiples = r_multiples(sample)
    if len(multiples) < SQN_FROM:
        return none(f"needs {SQN_FROM} trades with a stop, has {len(multiples)}")
    spread = deviation(multiples)
    if not spread:
        return none("every trade ended the same")
    mean = sum(multiples, ZERO) / len(multiples)
    root = Decimal(min(len(multiples), 100)).sqrt()
    return Measure(root * mean / spread, basis=counted(len(multiples)))


def deviation(values: Sequence[Decimal]) -> Decimal:
    """Return the sample standard deviation (n - 1) of at least two returns or multiples.

    Zero when they are equal but for the rounding of what they were divided from: to divide by
    that rounding would make a Sharpe ratio of 10^24.
    """
    mean = sum(values, ZERO) / len(values)
    apart = [value - mean for value in values]
    found = (sum((a * a for a in apart), ZERO) / (len(values) - 1)).sqrt()
    return found if found > ROUNDING else ZERO


@defined(Definition(label="Gross P&L", formula="Σ quantity · (exit - entry), before costs",
                    unit="money"))  # fmt: skip
def gross_pnl(sample: Sample) -> Measure:
    """Return the results before fees and funding, in quote."""
    return _of_trades(sum((t.gross_pnl for t in sample.trades), ZERO), sample)


@defined(Definition(label="Net P&L", formula="gross - fees + funding, of closed trades",
                    unit="money"))  # fmt: skip
def net_pnl(sample: Sample) -> Measure:
    """Return the results after all costs, in quote."""
    return _of_trades(sample.total, sample)


@defined(Definition(label="Fees", formula="Σ fees of entries and exits", unit="money"))
def fees(sample: Sample) -> Measure:
    """Return what was paid in fees, in quote, as a loss (negative)."""
    return _of_trades(-sum((t.fees for t in sample.trades), ZERO), sample)


@defined(Definition(label="Funding", formula="Σ funding received - paid", unit="money"))
def funding(sample: Sample) -> Measure:
    """Return what funding came to, in quote; negative when paid."""
    return _of_trades(sum((t.funding for t in sample.trades), ZERO), sample)


@defined(Definition(label="Slippage", formula="Σ (price aimed at - price filled) · quantity, "
                    "signed; part of gross", unit="money"))  # fmt: skip
def slippage(sample: Sample) -> Measure:
    """Return what fills cost against the prices they aimed at, in quote; negative is a cost."""
    return _of_trades(-sum((t.slippage for t in sample.trades), ZERO), sample)


@defined(Definition(label="Best trade", formula="largest net P&L", unit="money"))
def best_trade(sample: Sample) -> Measure:
    """Return the best result, in quote, and when it was."""
    return _extreme(sample, largest=True)


@defined(Definition(label="Worst trade", formula="smallest net P&L", unit="money"))
def worst_trade(sample: Sample) -> Measure:
    """Return the worst result, in quote, and when it was."""
    return _extreme(sample, largest=False)


def _extreme(sample: Sample, *, largest: bool) -> Measure:
    if not sample.trades:
        return none(NO_TRADE)
    value = max(sample.nets) if largest else min(sample.nets)
    trade = sample.trades[sample.nets.index(value)]
    return Measure(value, at=trade.closed_at, basis=trade.symbol)


@defined(Definition(label="Longest winning streak", formula="most wins in a row, by their close",
                    unit="count"))  # fmt: skip
def longest_winning_streak(sample: Sample) -> Measure:
    """Return the most wins in a row; a breakeven ends a streak."""
    return _streak(sample, (net > 0 for net in sample.nets))


@defined(Definition(label="Longest losing streak", formula="most losses in a row, by their close",
                    unit="count"))  # fmt: skip
def longest_losing_streak(sample: Sample) -> Measure:
    """Return the most losses in a row; a breakeven ends a streak."""
    return _streak(sample, (net < 0 for net in sample.nets))


def _streak(sample: Sample, hits: Iterable[bool]) -> Measure:
    longest = max((sum(1 for _ in run) for hit, run in groupby(hits) if hit), default=0)
    return _of_trades(Decimal(longest), sample)


@defined(Definition(label="Average time held", formula="mean of close - open", unit="duration_ms"))
def avg_duration(sample: Sample) -> Measure:
    """Return how long a trade was held on average, in ms."""
    if not sample.trades:
        return none(NO_TRADE)
    held = sum(trade.closed_at - trade.opened_at for trade in sample.trades)
    return _of_trades(Decimal(held) / len(sample.trades), sample)
