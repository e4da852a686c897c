"""Figures by their definitions, and none where there is nothing to tell."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.metrics import Drawdown, win_rate_pct


def test_breakeven_trades_count_in_the_win_rate() -> None:
    assert win_rate_pct(wins=2, closed=5).value == 40


def test_without_a_trade_there_is_no_win_rate_but_a_reason() -> None:
    rate = win_rate_pct(wins=0, closed=0)

    assert rate.value is None
    assert rate.reason == "no closed trade yet"


def test_the_start_is_the_first_peak() -> None:
    drawdown = Drawdown(Decimal(1000))
    drawdown.update(Decimal(900))

    assert drawdown.max_absolute == 100
    assert drawdown.max_pct == 10


def test_the_deepest_fall_in_money_and_in_percent_may_be_different_falls() -> None:
    drawdown = Drawdown(Decimal(1000))
    for equity in (500, 4000, 3000):
        drawdown.update(Decimal(equity))

    assert drawdown.max_absolute == 1000
    assert drawdown.max_pct == 50


def test_an_account_that_began_with_nothing_has_no_relative_drawdown() -> None:
    drawdown = Drawdown(Decimal(0))
    drawdown.update(Decimal(-5))

    assert drawdown.max_absolute == 5
    assert drawdown.max_pct == 0


@given(st.lists(st.decimals(1, 10**6, places=2), min_size=1))
def test_it_agrees_with_the_definition_over_the_whole_history(history: list[Decimal]) -> None:
    drawdown = Drawdown(history[0])
    for equity in history:
        drawdown.update(equity)

    peaks = [max(history[: i + 1]) for i in range(len(history))]
    falls = [peak - equity for peak, equity in zip(peaks, history, strict=True)]
    assert drawdown.max_absolute == max(falls)
    shares = [100 * fall / peak for fall, peak in zip(falls, peaks, strict=True)]
    assert drawdown.max_pct == max(shares)


@given(st.lists(st.decimals(1, 10**6, places=2), min_size=2))
def test_saving_and_loading_changes_nothing(history: list[Decimal]) -> None:
    through = Drawdown(history[0])
    whole = Drawdown(history[0])
    for equity in history:
        whole.update(equity)
        through.update(equity)
        through = Drawdown.load(through.save())

    assert through.save() == whole.save()
