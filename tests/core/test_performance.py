"""The summary that page, API, bot and report share."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.market import DAY_MS
from core.performance import (
    CHART_POINTS,
    MOST_BINS,
    Scope,
    encode,
    histogram,
    plain,
    since_of,
    summarize,
    thinned,
)
from core.trades import PositionSide
from tests.core.samples import HOUR, MONEY, NETS, START, trade

SPLITS = ("by_strategy", "by_symbol", "by_side", "by_exit", "by_hour", "by_weekday")


def summary(nets: list[Decimal], points: int = 0) -> dict[str, object]:
    trades = [trade(n, net) for n, net in enumerate(nets, 1)]
    curve = [(START + n * HOUR, 10_000 + sum(nets[:n], Decimal(0))) for n in range(points)]
    scope = Scope(since=START, until=START + 60 * DAY_MS)
    return summarize(trades, curve, scope, initial=Decimal(10_000))


@given(NETS)
@settings(max_examples=50, deadline=None)
def test_every_split_adds_up_to_the_whole(nets: list[Decimal]) -> None:
    found = plain(summary(nets))

    for name in SPLITS:
        groups = found[name]
        for figure in ("trades", "wins", "losses", "breakevens"):
            assert sum(g[figure] for g in groups) == found["counts"][figure], name
        assert sum(g["net_pnl"] for g in groups) == pytest.approx(float(sum(nets)), abs=1e-6)


@given(NETS, st.integers(0, 50))
@settings(max_examples=50, deadline=None)
def test_its_json_is_numbers_of_at_most_eight_decimals_and_never_nan(
    nets: list[Decimal], points: int
) -> None:
    text = encode(summary(nets, points)).decode()

    found = json.loads(text, parse_constant=pytest.fail, parse_float=Decimal)
    numbers = [found["measures"][name]["value"] for name in found["measures"]]
    for number in numbers:
        if isinstance(number, Decimal):
            assert number == round(number, 8)
            assert not (number.is_zero() and number.is_signed())


@given(st.lists(MONEY, max_size=80))
def test_bins_hold_every_result_once_and_zero_is_an_edge(nets: list[Decimal]) -> None:
    found = histogram(nets)

    assert sum(count for _, count in found["bins"]) == len(nets)
    assert len(found["bins"]) <= MOST_BINS
    for start, count in found["bins"]:
        inside = [net for net in nets if start <= net < start + found["width"]]
        assert len(inside) == count
        assert start % found["width"] == 0


@given(st.lists(MONEY, min_size=1, max_size=3000))
@settings(max_examples=30, deadline=None)
def test_a_thinned_curve_keeps_its_ends_and_its_extremes(values: list[Decimal]) -> None:
    points = list(enumerate(values))

    shown = thinned(points)

    assert len(shown) <= CHART_POINTS
    assert (shown[0], shown[-1]) == (points[0], points[-1])
    assert [at for at, _ in shown] == sorted({at for at, _ in shown})
    assert {min(v for _, v in shown), max(v for _, v in shown)} == {min(values), max(values)}
    assert set(shown) <= set(points)


@given(st.lists(st.decimals(1, 200, places=1), min_size=1, max_size=1500))
@settings(max_examples=30, deadline=None)
def test_depths_that_are_shown_are_exact_and_the_deepest_is_among_them(
    values: list[Decimal],
) -> None:
    curve = [(START + n * HOUR, value) for n, value in enumerate(values, 1)]
    scope = Scope(since=START, until=START + 60 * DAY_MS)

    found = plain(summarize([], curve, scope, initial=Decimal(100)))

    depths, peak = {}, Decimal(100)
    for at, value in curve:
        depths[at] = min(Decimal(0), 100 * (value - peak) / peak)
        peak = max(peak, value)
    assert len(found["equity"]) <= CHART_POINTS
    assert len(found["underwater"]) <= CHART_POINTS
    for at, pct in found["underwater"]:
        assert pct == pytest.approx(float(depths[at]), abs=1e-8)
    deepest = found["measures"]["max_drawdown_pct"]
    assert min(pct for _, pct in found["underwater"]) == deepest["value"]


def test_the_range_today_is_the_utc_day_and_seven_days_are_seven() -> None:
    now = START + 100 * DAY_MS + 5 * HOUR

    assert since_of("today", now, START) == START + 100 * DAY_MS
    assert since_of("7d", now, START) == START + 94 * DAY_MS
    assert since_of("30d", now, START) == START + 71 * DAY_MS
    assert since_of("all", now, START) == START
    assert since_of("30d", now, now - HOUR) == now - HOUR


def test_of_one_symbol_there_is_no_equity_and_the_reason_is_given() -> None:
    scope = Scope(since=START, until=START + DAY_MS, symbol="BTC/USDT")

    found = plain(summarize([trade(1, "5")], [], scope, initial=Decimal(10_000)))

    assert found["measures"]["sharpe"]["value"] is None
    assert found["measures"]["roi"]["reason"] == "equity is known of the whole account alone"
    assert found["measures"]["net_pnl"]["value"] == 5
    assert found["equity"] == []


def test_months_compound_their_days() -> None:
    curve = [(START + DAY_MS * n, Decimal(100) * (Decimal("1.1") ** n)) for n in (1, 2)]
    scope = Scope(since=START, until=START + 2 * DAY_MS)

    found = plain(summarize([], curve, scope, initial=Decimal(100)))

    assert [day[1] for day in found["daily"]] == [10, 10]
    assert [(round(pct, 6), round(pnl, 6)) for _, pct, pnl in found["monthly"]] == [(21, 21)]


def test_a_group_has_the_figures_of_its_own_trades_and_the_largest_is_first() -> None:
    results = (("ETH", "8"), ("BTC", "6"), ("BTC", "-4"), ("BTC", "0"), ("BTC", "-1"))
    trades = [trade(n, net, symbol=symbol) for n, (symbol, net) in enumerate(results, 1)]
    scope = Scope(since=START, until=START + DAY_MS)

    found = plain(summarize(trades, [], scope, initial=Decimal(1)))["by_symbol"]

    assert found == [
        {"key": "BTC", "trades": 4, "wins": 1, "losses": 2, "breakevens": 1, "net_pnl": 1,
         "win_rate_pct": 25, "profit_factor": 1.2, "avg_pnl": 0.25},
        {"key": "ETH", "trades": 1, "wins": 1, "losses": 0, "breakevens": 0, "net_pnl": 8,
         "win_rate_pct": 100, "profit_factor": None, "avg_pnl": 8},
    ]  # fmt: skip


def test_hours_and_weekdays_are_of_the_close_in_utc_and_in_their_order() -> None:
    trades = [trade(1, "1"), trade(23, "2"), trade(24, "3", side=PositionSide.SHORT)]
    scope = Scope(since=START, until=START + 2 * DAY_MS)

    found = plain(summarize(trades, [], scope, initial=Decimal(1)))

    assert [group["key"] for group in found["by_hour"]] == ["00", "01", "23"]
    assert len(found["by_weekday"]) == 2
    assert {group["key"] for group in found["by_side"]} == {"long", "short"}
