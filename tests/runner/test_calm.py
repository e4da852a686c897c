from collections.abc import Sequence

from runner.calm import Calm


def told(calm: Calm, states: Sequence[tuple[float, bool]], end: float) -> list[tuple[float, bool]]:
    """Return what of *states*, each from its second on, is told and when, before *end*."""
    found = []
    for tenth in range(int(states[0][0] * 10), int(end * 10)):
        now_s = tenth / 10
        is_so = [is_so for begin, is_so in states if begin <= now_s][-1]
        if calm.turned(now_s, is_so=is_so):
            found.append((now_s, is_so))
    return found


def test_the_first_change_is_told_at_once_and_its_end_soon() -> None:
    assert told(Calm(), [(0, False), (5, True), (9, False)], 60) == [(5, True), (11, False)]


def test_what_goes_to_and_fro_is_told_once() -> None:
    flaps = [(second, second % 2 == 0) for second in range(2, 600)]

    assert told(Calm(), flaps, 600) == [(2, True)]


def test_slow_flaps_are_told_ever_more_seldom() -> None:
    flaps = [(20 * number, number % 2 == 0) for number in range(60)]

    assert len(told(Calm(), flaps, 1200)) <= 4


def test_what_lasts_is_told_however_often_it_flapped() -> None:
    calm = Calm()
    told(calm, [(second, second % 4 < 2) for second in range(2, 300)], 300)

    found = told(calm, [(300, True)], 700)

    assert calm.told
    assert len(found) <= 1


def test_after_a_quiet_while_it_is_told_at_once_again() -> None:
    calm = Calm()
    told(calm, [(0, True), (10, False)], 2000)

    assert told(calm, [(2000, True)], 2010) == [(2000, True)]
