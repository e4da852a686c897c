from random import Random

from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from utils.backoff import Backoff

SECONDS = st.floats(0.001, 1000)


class Highest(Random):
    """Draws the highest number every time."""

    @override
    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


@given(SECONDS, SECONDS, st.integers(), st.integers(1, 40))
def test_a_wait_is_never_negative_and_never_above_the_cap(
    base_s: float, cap_s: float, seed: int, tries: int
) -> None:
    backoff = Backoff(base_s, cap_s, Random(seed))

    for number in range(tries):
        assert 0 <= backoff.next() <= min(cap_s, base_s * 2**number)


def test_the_ceiling_doubles_until_the_cap_and_begins_anew_after_a_reset() -> None:
    backoff = Backoff(0.5, 3, Highest())

    assert [backoff.next() for _ in range(5)] == [0.5, 1, 2, 3, 3]
    backoff.reset()
    assert backoff.next() == 0.5


def test_a_thousand_failures_do_not_overflow() -> None:
    backoff = Backoff(0.5, 30, Random(1))

    assert max(backoff.next() for _ in range(5000)) <= 30
