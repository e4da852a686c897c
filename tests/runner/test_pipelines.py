import pytest

from runner.pipelines import MOST_WAITING, Pipelines, Run
from store.pipelines import PipelineStatus
from utils.clock import SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock(1_000_000)


@pytest.fixture
def pipelines(clock: SetClock) -> Pipelines:
    return Pipelines(clock)


def test_a_run_is_told_with_its_time_and_when_the_next_is_due(
    pipelines: Pipelines, clock: SetClock
) -> None:
    pipelines.add("retention", "Retention", every_s=60)
    assert pipelines.listed()[0].status == "idle"

    with pipelines.run("retention") as run:
        clock.at += 250
        run.rows = 7

    (told,) = pipelines.listed()
    assert (told.status, told.duration_ms, told.rows, told.runs) == ("ok", 250, 7, 1)
    assert told.next_due_at == clock.at + 60_000
    (kept,) = pipelines.take_runs()
    assert (kept.at, kept.rows, kept.runs) == (clock.at, 7, 1)
    assert pipelines.take_runs() == []


def test_a_run_that_fails_says_why_until_the_next_goes_well(pipelines: Pipelines) -> None:
    pipelines.add("backups", "Backups")

    with pytest.raises(ValueError, match="bad"), pipelines.run("backups"):
        raise ValueError("bad\nluck")

    (told,) = pipelines.listed()
    assert (told.status, told.error, told.failures) == ("failed", "ValueError: bad luck", 1)
    pipelines.note("backups", Run())
    (told,) = pipelines.listed()
    assert (told.status, told.error, told.runs, told.failures) == ("ok", "", 2, 1)


def test_what_is_not_done_in_time_is_late_and_what_is_off_is_not(
    pipelines: Pipelines, clock: SetClock
) -> None:
    pipelines.add("sampler", "Sampler", every_s=5)
    pipelines.add("training", "Training", off="The strategy gru is not among the strategies.")
    pipelines.note("sampler", Run(rows=1))

    clock.at += 14_000
    assert [told.status for told in pipelines.listed()] == ["ok", "off"]
    clock.at += 2_000
    assert [told.status for told in pipelines.listed()] == ["late", "off"]
    assert pipelines.listed()[1].error.startswith("The strategy gru")


def test_what_goes_on_all_the_time_is_summed_up(pipelines: Pipelines) -> None:
    pipelines.add("ledger", "Ledger", is_summed=True)

    pipelines.note("ledger", Run(rows=3), 2.0)
    pipelines.note("ledger", Run(rows=4, error="locked"), 9.0)
    pipelines.note("ledger", Run(rows=1), 1.0)
    (minute,) = pipelines.take_runs()

    assert (minute.rows, minute.runs, minute.failures) == (8, 3, 1)
    assert (minute.duration_ms, minute.error) == (9.0, "locked")
    assert pipelines.listed()[0].duration_ms == 1.0
    assert pipelines.take_runs() == []


def test_runs_that_are_not_taken_wait_the_newest_of_them(pipelines: Pipelines) -> None:
    pipelines.add("a", "A")
    for rows in range(MOST_WAITING + 5):
        pipelines.note("a", Run(rows=rows))

    runs = pipelines.take_runs()
    pipelines.note("a", Run(rows=-1))
    pipelines.put_back(runs)
    again = pipelines.take_runs()

    assert len(runs) == len(again) == MOST_WAITING
    assert again[-1].rows == -1


def test_a_new_start_goes_on_counting_and_forgets_what_nobody_does_any_more(
    pipelines: Pipelines,
) -> None:
    pipelines.add("a", "A")
    stored = PipelineStatus(
        name="a", title="Old", status="failed", last_run_at=5, error="x", runs=9, failures=2
    )

    pipelines.recall([stored, PipelineStatus(name="gone", title="Gone", status="ok")])

    (told,) = pipelines.listed()
    assert (told.title, told.status, told.runs, told.failures, told.last_run_at) == (
        "A", "ok", 9, 2, 5,
    )  # fmt: skip
    pipelines.note("nobody", Run())
    pipelines.due("nobody", 1)
    pipelines.due("a", None)
