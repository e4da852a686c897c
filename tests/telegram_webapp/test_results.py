"""Answers that take work are made once for each state of the history."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from core.market import DAY_MS
from runner.publisher import Builder
from store.database import Database
from store.writer import Batch
from telegram_webapp.results import KEPT, Results
from tests.services import PATIENCE_S
from tests.store import samples
from tests.telegram_webapp.house import NOW, House, house
from tests.telegram_webapp.rig import until


class Work:
    """Counts how often it is done."""

    def __init__(self) -> None:
        self.done: list[tuple[int, int]] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, _: Database, account_id: int, now: int) -> dict[str, int]:
        self.go_on.wait(PATIENCE_S)
        self.done.append((account_id, now))
        return {"number": len(self.done)}


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as built:
        tell_account(built, closed=7)
        yield built


@pytest.fixture
def results(open_house: House) -> Results:
    return Results(open_house.archive, open_house.link, open_house.clock)


def tell_account(house: House, closed: int) -> None:
    """Have the engine say how many trades closed, and wait until the web process knows."""
    engine = house.engine
    assert engine is not None

    def tell() -> None:
        account: Builder = partial(dict, at=NOW, closed_trades=closed)
        engine.publisher.touch("account", "", account)
        engine.publisher.flush()

    engine.call(tell)
    until(
        lambda: (house.link.snapshot().data or {}).get("state", {}).get("account", {}),
        lambda account: account.get("closed_trades") == closed,
    )


def test_an_answer_is_made_once_while_nothing_happens(results: Results) -> None:
    work = Work()

    first, second = results.made("x", work), results.made("x", work)

    assert first is second
    assert first == {"number": 1}
    assert work.done == [(1, NOW)]
    assert results.made("another scope", work) == {"number": 2}


def test_a_closed_trade_makes_it_anew(open_house: House, results: Results) -> None:
    work = Work()
    first = results.made("x", work)

    tell_account(open_house, closed=8)

    assert results.made("x", work) != first


def test_a_point_of_equity_makes_it_anew(open_house: House, results: Results) -> None:
    work = Work()
    results.made("x", work)
    engine = open_house.engine
    assert engine is not None

    seq = engine.facts(1)
    until(lambda: (open_house.link.snapshot().data or {})["seq"], lambda told: told >= seq)

    results.made("x", work)
    assert len(work.done) == 2


def test_the_engine_going_away_changes_nothing(open_house: House, results: Results) -> None:
    work = Work()
    results.made("x", work)

    open_house.stop_engine()

    results.made("x", work)
    assert len(work.done) == 1


def test_many_who_ask_at_once_cause_one_computation(results: Results) -> None:
    work = Work()
    work.go_on.clear()

    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(results.made, "x", work) for _ in range(5)]
        work.go_on.set()
        made = [future.result() for future in asked]

    assert made == [{"number": 1}] * 5


def test_another_account_is_read_again_after_a_moment(open_house: House, results: Results) -> None:
    at = samples.START - DAY_MS
    account = open_house.bring_in("else", Batch(trades=[samples.trade(1, closed_at=at)]))
    work = Work()

    results.made("x", work, account)
    results.made("x", work, account)

    assert work.done == [(account, at)]


def test_old_answers_are_forgotten(results: Results) -> None:
    work = Work()

    for number in range(KEPT + 1):
        results.made(number, work)
    results.made(KEPT, work)
    results.made(1, work)
    assert len(work.done) == KEPT + 1

    results.made(0, work)
    assert len(work.done) == KEPT + 2


def test_a_failure_is_told_and_not_kept(results: Results) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            results.made("x", fail)
    assert results.made("x", Work()) == {"number": 1}
