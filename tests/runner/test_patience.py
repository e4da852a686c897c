"""A call that takes too long is ended, and nothing else ever is."""

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.patience import OutOfTimeError, Patience

SOON_S = 0.02
NOBODY_CAME_S = 20.0


def spin() -> None:
    # A test whose timer does not work fails here, and ends.
    until = time.monotonic() + NOBODY_CAME_S
    while time.monotonic() < until:
        pass
    raise AssertionError("nobody interrupted it")


def tick(patience: Patience) -> None:
    patience._tick(signal.SIGALRM, None)


def test_what_is_called_gets_its_arguments_and_its_answer_comes_back() -> None:
    assert Patience(1).call(max, 3, 7, 5) == 7


def test_what_it_raises_comes_out() -> None:
    with pytest.raises(ZeroDivisionError):
        Patience(1).call(divmod, 1, 0)


def test_a_loop_without_end_is_ended_and_says_how_long_it_may_take() -> None:
    patience = Patience(SOON_S)

    with patience.ticking(), pytest.raises(OutOfTimeError, match=r"longer than 0\.02 s"):
        patience.call(spin)


def swallowing() -> None:
    while True:
        try:
            spin()
        except Exception as error:
            if isinstance(error, AssertionError):
                raise


def swallowing_even_the_interruption() -> None:
    with contextlib.suppress(BaseException):
        spin()
    spin()


def in_its_own_cleaning_up() -> None:
    try:
        spin()
    finally:
        spin()


@pytest.mark.parametrize(
    "method", [swallowing, swallowing_even_the_interruption, in_its_own_cleaning_up]
)
def test_one_that_defends_itself_is_ended_too(method: Callable[[], None]) -> None:
    patience = Patience(SOON_S)

    with patience.ticking(), pytest.raises(OutOfTimeError):
        patience.call(method)


@given(plan=st.lists(st.one_of(st.none(), st.integers(0, 4)), max_size=30))
def test_only_a_call_that_lives_through_two_ticks_is_interrupted(plan: list[int | None]) -> None:
    """None is a tick outside of calls, which never raises; a number is a call with so many."""
    patience = Patience(1)

    def living(ticks: int) -> str:
        for _ in range(ticks):
            tick(patience)
        return "done"

    for step in plan:
        if step is None:
            tick(patience)
        elif step < 2:
            assert patience.call(living, step) == "done"
        else:
            with pytest.raises(OutOfTimeError):
                patience.call(living, step)


def test_each_tick_after_the_first_interruption_interrupts_again() -> None:
    patience = Patience(1)
    interrupted = []

    def stubborn() -> None:
        for _ in range(5):
            try:
                tick(patience)
            except OutOfTimeError:
                interrupted.append(1)

    patience.call(stubborn)
    tick(patience)

    assert len(interrupted) == 4


def test_thousands_of_short_calls_under_a_fast_timer_end_only_by_themselves() -> None:
    """Ticks fall into every place there is: inside, between, and at the edges of calls."""
    patience = Patience(0.0002)
    wanted, calls = 20_000, 0

    def work(number: int) -> int:
        if number % 3 == 0:
            raise KeyError(number)
        return sum(range(number % 50))

    with patience.ticking():
        for number in range(wanted):
            try:
                patience.call(work, number)
            except KeyError:
                pass
            except OutOfTimeError:  # on a machine that stands still for a moment
                assert patience._busy is False
            calls += 1
            sum(range(50))  # outside of a call: an interruption here would fail the test

    assert calls == wanted


def test_what_ticked_before_ticks_again_afterwards() -> None:
    outer, inner = Patience(SOON_S), Patience(5)
    before = signal.getsignal(signal.SIGALRM)

    with outer.ticking():
        with inner.ticking():
            assert signal.getitimer(signal.ITIMER_REAL)[1] == 5
        with pytest.raises(OutOfTimeError):
            outer.call(spin)

    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == before


def test_off_the_main_thread_calls_work_without_a_limit() -> None:
    patience, answers = Patience(SOON_S), list[int]()

    def elsewhere() -> None:
        with patience.ticking():
            answers.append(patience.call(max, 1, 2))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()

    assert answers == [2]
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_loop_its_other_signals_and_threads_go_on_beside_it() -> None:
    patience = Patience(0.005)
    heard: list[str] = []

    async def scenario() -> None:
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, news.set)

        async def ticker() -> None:
            for _ in range(20):
                await asyncio.sleep(0.002)
            heard.append("loop")

        beside = asyncio.create_task(ticker())
        worked = asyncio.create_task(asyncio.to_thread(time.sleep, 0.03))
        for _ in range(3):
            with pytest.raises(OutOfTimeError):
                patience.call(spin)
            heard.append("ended")
            await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGUSR1)
        await news.wait()
        heard.append("signal")
        await asyncio.gather(beside, worked)
        loop.remove_signal_handler(signal.SIGUSR1)

    with patience.ticking():
        asyncio.run(scenario())

    assert sorted(heard) == ["ended"] * 3 + ["loop", "signal"]
