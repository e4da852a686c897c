"""Every figure by its definition, against another opinion, and on histories that have none."""

import math
import warnings
from decimal import Decimal
from typing import Any

import empyrical
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.market import DAY_MS
from core.metrics import DEFINITIONS, METRICS, Measure, Sample, return_pct, win_rate_pct
from core.metrics.trades import deviation
from tests.core.samples import HOUR, MONEY, NETS, START, curve, curves, sample, trade

NEVER_NEEDS = {"total_trades", "wins", "losses", "breakevens"}


def measured(name: str, of: Sample) -> Measure:
    return METRICS[name](of)


def value(name: str, of: Sample) -> Decimal:
    found = measured(name, of).value
    assert found is not None, measured(name, of).reason
    return found


def other(function: Any, returns: list[Decimal], **more: Any) -> float:
    """Return what empyrical says of daily *returns* over 365 days a year."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it divides by zero where we have a reason
        return float(function(np.array([float(r) for r in returns]), annualization=365, **more))


def agree(mine: Decimal, theirs: float) -> None:
    assert float(mine) == pytest.approx(theirs, rel=1e-9, abs=1e-9)


@given(curves())
@settings(max_examples=60, deadline=None)
def test_yearly_figures_agree_with_empyrical(history: Sample) -> None:
    returns = history.returns
    for name, function, scale in (
        ("sharpe", empyrical.sharpe_ratio, 1), ("sortino", empyrical.sortino_ratio, 1),
        ("volatility", empyrical.annual_volatility, 100), ("cagr", empyrical.cagr, 100),
    ):  # fmt: skip
        found = measured(name, history)
        theirs = scale * other(function, returns)
        if found.value is None:
            assert found.reason
            continue
        agree(found.value, theirs)


@given(curves())
@settings(max_examples=40, deadline=None)
def test_daily_drawdown_and_calmar_agree_with_empyrical(history: Sample) -> None:
    floats = np.array([float(r) for r in history.returns])
    agree(value("max_drawdown_pct", history), 100 * float(empyrical.max_drawdown(floats)))
    found = measured("calmar", history)
    if found.value is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            agree(found.value, float(empyrical.calmar_ratio(floats, annualization=365)))


@pytest.mark.parametrize(
    ("name", "closes", "reason"),
    [
        ("sharpe", ["10001"] * 29, "needs 30 days, has 29"),
        ("cagr", [], "needs 30 days, has 0"),
        ("sharpe", ["10000"] * 30, "equity did not move"),
        ("sortino", ["10000"] * 30, "no day was lost yet"),
        ("calmar", ["10000"] * 30, "equity never fell"),
        ("max_drawdown", [], "no equity recorded yet"),
        ("recovery_factor", ["10001"], "equity never fell"),
    ],
)
def test_where_there_is_no_figure_there_is_a_reason(
    name: str, closes: list[str], reason: str
) -> None:
    found = measured(name, curve([Decimal(c) for c in closes]))

    assert found.value is None
    assert found.reason == reason


@pytest.mark.parametrize("growth", ["0.0001", "0.01", "-0.003"])
@pytest.mark.parametrize("decimals", [8, 20])
def test_days_that_differ_by_rounding_alone_have_no_sharpe_ratio(
    growth: str, decimals: int
) -> None:
    equity, closes = Decimal(10_000), []
    for _ in range(40):
        equity = round(equity * (1 + Decimal(growth)), decimals)
        closes.append(equity)

    assert len(set(curve(closes).returns)) > 1
    assert measured("sharpe", curve(closes)) == Measure(None, "every day was the same")
    assert value("volatility", curve(closes)) == 0


@given(NETS)
def test_counts_and_sums_are_those_of_the_trades(nets: list[Decimal]) -> None:
    of = sample(nets)

    parts = sum((value(n, of) for n in ("wins", "losses", "breakevens")), Decimal(0))
    assert parts == value("total_trades", of) == len(nets)
    if not nets:
        return
    assert value("net_pnl", of) == sum(nets)
    costs = value("fees", of) + value("funding", of)
    assert value("gross_pnl", of) + costs == value("net_pnl", of)
    assert value("expectancy", of) * len(nets) == pytest.approx(sum(nets))
    assert value("best_trade", of) == max(nets)
    assert value("worst_trade", of) == min(nets)


@given(NETS)
def test_profit_factor_and_payoff_follow_from_wins_and_losses(nets: list[Decimal]) -> None:
    of = sample(nets)
    won, lost = [n for n in nets if n > 0], [n for n in nets if n < 0]

    factor, payoff = measured("profit_factor", of), measured("payoff_ratio", of)

    if lost:
        assert factor.value == sum(won, Decimal(0)) / -sum(lost)
    else:
        assert factor.value is None
        assert factor.reason == ("no losing trade yet" if nets else "no closed trade yet")
    if won and lost:
        assert payoff.value is not None
        assert payoff.value == pytest.approx(value("avg_win", of) / -value("avg_loss", of))
    else:
        assert payoff.value is None
        assert payoff.reason


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_win_rate_lies_in_its_wilson_interval(wins: int, others: int) -> None:
    rate = win_rate_pct(wins, wins + others)
    if not wins + others:
        assert (rate.value, rate.reason) == (None, "no closed trade yet")
        return
    assert rate.value is not None
    assert rate.low is not None
    assert rate.high is not None
    assert 0 <= rate.low <= rate.value <= rate.high <= 100
    n, p, z = wins + others, wins / (wins + others), 1.959963984540054
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    agree(rate.low, 100 * max(0, middle - reach))
    agree(rate.high, 100 * min(1, middle + reach))


def test_breakeven_trades_stay_in_the_denominator() -> None:
    of = sample(["10", "0", "0", "-5"])

    assert value("win_rate", of) == 25
    assert value("breakevens", of) == 2


def test_streaks_are_broken_by_a_breakeven() -> None:
    of = sample(["1", "1", "0", "1", "-1", "-1", "-1", "1"])

    assert value("longest_winning_streak", of) == 2
    assert value("longest_losing_streak", of) == 3


def test_the_average_return_is_what_a_comparison_compares() -> None:
    old = trade(2, "-5", entry_notional=Decimal(0), qty=Decimal(2))  # its notional was not kept
    trades = [trade(1, "20"), old]
    of = Sample(trades, [], initial=Decimal(1), span=(START, START + DAY_MS))

    assert [return_pct(t) for t in trades] == [Decimal(2), Decimal("-0.25")]
    assert value("avg_return", of) == Decimal("0.875")


def test_expectancy_in_r_counts_only_trades_that_had_a_stop() -> None:
    trades = [trade(1, "20"), trade(2, "-10"), trade(3, "500", risk=None)]
    of = Sample(trades, [], initial=Decimal(1), span=(START, START + DAY_MS))

    assert value("expectancy_r", of) == Decimal("0.5")
    assert measured("expectancy_r", of).basis == "2 trades"
    assert measured("sqn", of).reason == "needs 30 trades with a stop, has 2"


@given(st.lists(MONEY, min_size=30, max_size=150))
def test_sqn_is_the_mean_over_the_deviation_times_the_root_of_at_most_a_hundred(
    nets: list[Decimal],
) -> None:
    found = measured("sqn", sample(nets))
    multiples = np.array([float(n) / 10 for n in nets])
    if found.value is None:
        assert len(set(nets)) == 1
        return
    root = math.sqrt(min(100, len(nets)))
    expected = root * multiples.mean() / multiples.std(ddof=1)
    assert float(found.value) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_exposure_counts_time_once_however_many_positions_were_open() -> None:
    trades = [
        trade(2, "1"), trade(2, "1", id="x"),  # hour 1 to 2, twice
        trade(4, "1", opened_at=START + HOUR + HOUR // 2),  # from half past one to four
    ]  # fmt: skip
    of = Sample(
        trades, [], initial=Decimal(1), span=(START, START + 10 * HOUR),
        open_since=[START + 9 * HOUR],
    )  # fmt: skip

    assert value("exposure", of) == 40  # 1 to 4, and 9 to 10


def test_drawdown_counts_every_point_and_dates_the_deepest() -> None:
    points = [(START + n, Decimal(e)) for n, e in enumerate((110, 90, 120, 100, 125), 1)]
    of = Sample([], points, initial=Decimal(100), span=(START, START + 10))

    deepest = measured("max_drawdown_pct", of)
    assert (deepest.value, deepest.at) == (-100 * Decimal(20) / 110, START + 2)
    in_money = measured("max_drawdown", of)
    assert (in_money.value, in_money.at) == (Decimal(-20), START + 2)
    assert measured("max_drawdown_duration", of).basis == "it was made good"
    assert value("recovery_factor", of) == Decimal(25) / 20


def test_a_fall_lasts_from_its_peak_until_equity_is_back() -> None:
    points = [(START + at, Decimal(e)) for at, e in ((1, 110), (2, 90), (7, 110), (9, 80))]
    of = Sample([], points, initial=Decimal(100), span=(START, START + 10))

    assert measured("max_drawdown_duration", of) == Measure(Decimal(6), basis="it was made good")


@pytest.mark.parametrize(
    ("initial", "taken", "reason"),
    [("0", [], "nothing was put in"), ("100", ["-150"], "more was taken out than put in")],
)
def test_on_nothing_there_is_no_return(initial: str, taken: list[str], reason: str) -> None:
    transfers = [(START + 1, Decimal(amount)) for amount in taken]
    of = Sample(
        [], [(START + 2, Decimal(5))], initial=Decimal(initial), span=(START, START + 3),
        transfers=transfers,
    )  # fmt: skip

    assert measured("roi", of) == Measure(None, reason)


def test_turnover_rests_on_equity_a_day_however_many_points_a_day_has() -> None:
    dense = [(START + n, Decimal(50)) for n in range(1, 500)]
    points = [*dense, (START + DAY_MS, Decimal(300)), (START + 2 * DAY_MS, Decimal(200))]
    of = Sample([trade(1, "0")], points, initial=Decimal(100), span=(START, START + 2 * DAY_MS))

    assert value("turnover", of) == 10  # 2 000 traded on (100 + 300 + 200) / 3


def test_the_start_is_the_first_peak() -> None:
    of = Sample([], [(START + 1, Decimal(80))], initial=Decimal(100), span=(START, START + 2))

    assert value("max_drawdown_pct", of) == -20
    assert measured("max_drawdown_duration", of).basis == "it still lasts"


def test_a_transfer_is_neither_a_gain_nor_the_end_of_a_fall() -> None:
    points = [(START + DAY_MS, Decimal(90)), (START + 2 * DAY_MS, Decimal(190))]
    transfers = [(START + DAY_MS + 1, Decimal(100))]
    of = Sample(
        [], points, initial=Decimal(100), span=(START, START + 2 * DAY_MS), transfers=transfers
    )

    assert of.returns == [Decimal("-0.1"), Decimal(0)]
    assert value("roi", of) == -5
    assert value("max_drawdown", of) == -10
    assert measured("max_drawdown_duration", of).basis == "it still lasts"


def test_what_the_engine_saw_between_two_points_counts() -> None:
    points = [(START + 1, Decimal(99))]
    of = Sample(
        [], points, initial=Decimal(100), span=(START, START + 2), deepest_pct=Decimal("7.5")
    )

    found = measured("max_drawdown_pct", of)
    assert found.value == Decimal("-7.5")
    assert "between two points" in found.basis


def test_days_are_utc_forward_filled_and_whole() -> None:
    noon = START + DAY_MS // 2
    points = [
        (noon, Decimal(101)), (START + DAY_MS, Decimal(102)),
        (START + 3 * DAY_MS + HOUR, Decimal(51)),  # nothing on the third day; the fourth runs
    ]  # fmt: skip
    of = Sample([], points, initial=Decimal(100), span=(noon, START + 4 * DAY_MS))

    assert [pnl for _, _, pnl in of.days] == [2, 0, 0]
    assert of.returns == [Decimal("0.02"), 0, 0]


@given(st.lists(MONEY, min_size=2, max_size=40), MONEY)
def test_a_deviation_is_zero_of_equals_and_moves_with_nothing(
    values: list[Decimal], shift: Decimal
) -> None:
    moved = [v + shift for v in values]

    assert deviation(values) >= 0
    assert float(deviation(moved)) == pytest.approx(float(deviation(values)), abs=1e-9)
    assert deviation([values[0]] * 5) == 0


@given(NETS, st.randoms(use_true_random=False))
def test_the_order_of_trades_matters_to_streaks_alone(nets: list[Decimal], rng: Any) -> None:
    shuffled = list(nets)
    rng.shuffle(shuffled)
    one, two = sample(nets), sample(shuffled)

    for name in set(METRICS) - {"longest_winning_streak", "longest_losing_streak"}:
        first, second = measured(name, one), measured(name, two)
        if first.value is None or second.value is None:
            assert first.reason == second.reason, name
        else:
            assert float(first.value) == pytest.approx(float(second.value), abs=1e-12), name


@given(NETS, st.one_of(st.none(), curves(1, 5)))
@settings(max_examples=60, deadline=None)
def test_no_figure_is_ever_infinite_or_no_number(nets: list[Decimal], held: Sample | None) -> None:
    of = sample(nets) if held is None else held
    for name, metric in METRICS.items():
        found = metric(of)
        assert (found.value is None) == bool(found.reason), name
        for number in (found.value, found.low, found.high):
            assert number is None or number.is_finite(), name


@pytest.mark.parametrize("name", METRICS)
def test_every_figure_says_its_formula_its_unit_and_what_it_needs(name: str) -> None:
    definition = DEFINITIONS[name]

    assert definition.label
    assert definition.formula
    assert definition.minimum
    told = METRICS[name].__doc__ or ""
    for part in (definition.formula, definition.unit, definition.minimum, definition.source):
        assert part in told
    empty = Sample([], [], initial=Decimal(0), span=(START, START))
    assert (measured(name, empty).value is None) is (name not in NEVER_NEEDS)
