from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from infra.llm.base import Usage
from runner.model_budget import ModelBudget, QuestionPurse
from utils.clock import SetClock

DAY_MS = 86_400_000
CENTS = st.integers(0, 60).map(lambda n: Decimal(n) / 100)


def budget(limit: str = "1", spent: str = "0") -> tuple[ModelBudget, SetClock]:
    clock = SetClock(20 * DAY_MS + 5)
    return ModelBudget.of_today(Decimal(limit), clock, Decimal(spent)), clock


@given(steps=st.lists(st.tuples(CENTS, CENTS, st.booleans()), max_size=30))
def test_what_is_spent_and_held_never_passes_the_limit(
    steps: list[tuple[Decimal, Decimal, bool]],
) -> None:
    """However questions overlap, each costing at most what was held for it."""
    ours, _ = budget()
    held: list[Decimal] = []
    for worst, used, answered in steps:
        if ours.hold(worst):
            held.append(worst)
        if held and answered:
            oldest = held.pop(0)
            ours.settle(oldest, min(used, oldest))
        assert ours.spent_usd + sum(held) <= ours.limit_usd


def test_a_new_utc_day_gives_the_whole_limit_again_but_for_what_is_on_its_way() -> None:
    ours, clock = budget(spent="0.9")
    assert not ours.hold(Decimal("0.2"))
    assert ours.hold(Decimal("0.1"))

    clock.at = 21 * DAY_MS
    assert ours.spent_usd == 0
    assert not ours.hold(Decimal("0.95"))
    ours.settle(Decimal("0.1"), Decimal("0.05"))
    assert ours.spent_usd == Decimal("0.05")
    assert ours.hold(Decimal("0.95"))


def test_that_it_is_near_its_limit_is_said_once_a_day_and_not_again_after_a_restart() -> None:
    ours, clock = budget()
    ours.settle(Decimal(0), Decimal("0.79"))
    assert not ours.is_near()
    ours.settle(Decimal(0), Decimal("0.01"))
    assert [ours.is_near(), ours.is_near()] == [True, False]

    again, _ = budget(spent="0.8")
    assert not again.is_near()

    clock.at = 21 * DAY_MS
    ours.settle(Decimal(0), Decimal("0.9"))
    assert ours.is_near()


def test_a_purse_knows_what_its_question_came_to() -> None:
    ours, _ = budget()
    purse = QuestionPurse(ours)
    worst = Usage(10, 20, Decimal("0.6"))

    assert purse.hold(worst)
    assert not purse.hold(worst)
    purse.settle(worst, Usage(1, 2, Decimal("0.1")))
    assert purse.hold(worst)
    purse.settle(worst, Usage(3, 4, Decimal("0.2")))
    assert purse.used == Usage(4, 6, Decimal("0.3"))
    assert ours.spent_usd == Decimal("0.3")
