"""The chance to win, learned from closed trades."""

from decimal import Decimal
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.market import DAY_MS
from core.orders import OrderRole
from core.trades import Trade
from strategy.theories.bayes import HALF_LIFE_MS, PRIOR, Belief, Record, part
from tests.exchange.paper_desk import START
from tests.strategy.trades import closed_trade

GAIN, LOSS = 1.4, 1.1
earned = st.floats(-3, 3).map(lambda r: round(r, 2))


def belief_of(results: list[float], at: int = START) -> Belief:
    """Return the belief after trades that all closed at once, with these results in R."""
    record = Record()
    for result in results:
        record.add(closed_trade(result, at=START))
    return record.belief(at, GAIN, LOSS)


def test_without_a_record_nothing_is_claimed() -> None:
    belief = belief_of([])

    assert belief.breakeven == pytest.approx(LOSS / (GAIN + LOSS))
    assert belief.mean == pytest.approx(belief.breakeven)
    assert part(belief, 1) == part(belief, -1)
    assert (part(belief, 1).score, part(belief, 1).weight) == (0, 0)


@given(st.lists(earned, max_size=40))
def test_the_posterior_is_the_closed_form(results: list[float]) -> None:
    wins = [r for r in results if r > 0]
    losses = [-r for r in results if r <= 0]
    gain = (sum(wins) + PRIOR / 2 * GAIN) / (len(wins) + PRIOR / 2)
    loss = (sum(losses) + PRIOR / 2 * LOSS) / (len(losses) + PRIOR / 2)
    needed = loss / (gain + loss)
    a, b = len(wins) + PRIOR * needed, len(losses) + PRIOR * (1 - needed)

    belief = belief_of(results)

    assert belief.breakeven == pytest.approx(needed)
    assert belief.mean == pytest.approx(stats.beta(a, b).mean())
    assert belief.deviation == pytest.approx(stats.beta(a, b).std())
    assert belief.trades == pytest.approx(len(results))


@given(st.lists(st.tuples(st.integers(0, 40 * DAY_MS), earned), min_size=1, max_size=20))
def test_old_trades_fade_by_half_every_thirty_days(steps: list[tuple[int, float]]) -> None:
    times = list(accumulate(step for step, _ in steps))
    record = Record()
    for at, (_, result) in zip(times, steps, strict=True):
        record.add(closed_trade(result, at=START + at))
    now = times[-1] + 10 * DAY_MS

    faded = sum(0.5 ** ((now - at) / HALF_LIFE_MS) for at in times)
    assert record.belief(START + now, GAIN, LOSS).trades == pytest.approx(faded)


@given(st.lists(earned, max_size=30), earned.filter(lambda r: r > 0))
def test_a_win_makes_it_hope_more_and_a_loss_less(results: list[float], by: float) -> None:
    def edge(more: list[float]) -> float:
        belief = belief_of([*results, *more])
        return belief.mean - belief.breakeven

    assert edge([by]) >= edge([-by])


@given(st.lists(earned, max_size=60), st.sampled_from([1, -1]))
def test_it_speaks_for_its_side_when_the_record_is_good(results: list[float], side: int) -> None:
    belief = belief_of(results)
    said = part(belief, side)

    assert -1 <= said.score <= 1
    assert 0 <= said.weight < 1
    assert said.score * side * (belief.mean - belief.breakeven) >= 0
    assert belief.mean <= belief.hopeful <= 1


def test_a_record_of_losses_leaves_no_hope_and_time_brings_it_back() -> None:
    lost = [-1.1] * 15

    assert belief_of(lost).hopeful < belief_of(lost).breakeven
    later = belief_of(lost, at=START + 365 * DAY_MS)
    assert later.hopeful > later.breakeven


def test_its_words_have_the_numbers() -> None:
    assert part(belief_of([1.4, 1.4, -1.1]), 1).text == (
        "wins 49% by a record that counts as 3.0 trades, 44% needed"
    )


def test_a_trade_without_a_stop_counts_as_one_risk() -> None:
    record = Record()
    record.add(closed_trade(-2.5, at=START, risk=None))
    belief = record.belief(START, GAIN, LOSS)

    lost = (1 + PRIOR / 2 * LOSS) / (1 + PRIOR / 2)
    assert belief.trades == 1
    assert belief.breakeven == pytest.approx(lost / (lost + GAIN))


def test_a_trade_that_came_to_nothing_won_nothing() -> None:
    trade: Trade = closed_trade(0.0, at=START, risk=Decimal(0), reason=OrderRole.TIMEOUT)
    record = Record()
    record.add(trade)

    assert record.belief(START, GAIN, LOSS).mean < belief_of([]).mean
