"""How often strangers are answered."""

from telegram_bot.flood import MOST, Flood
from utils.clock import SetClock


def test_each_is_answered_so_often_and_again_after_a_while() -> None:
    clock = SetClock(0)
    flood = Flood(each=2, all_together=10, per_s=60, clock=clock)

    assert [flood.lets(1) for _ in range(4)] == [True, True, False, False]
    assert flood.lets(2)
    clock.at = 60_000
    assert flood.lets(1)


def test_all_together_are_answered_so_often() -> None:
    flood = Flood(each=2, all_together=10, per_s=60, clock=SetClock(0))

    assert sum(flood.lets(number) for number in range(100)) == 10


def test_it_does_not_remember_more_and_more_people() -> None:
    flood = Flood(each=1, all_together=10**9, per_s=60, clock=SetClock(0))
    for number in range(3 * MOST):
        flood.lets(number)

    assert len(flood._times) == MOST
