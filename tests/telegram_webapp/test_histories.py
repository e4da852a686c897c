"""Closed trades in memory are those that are stored."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.trades import Trade
from store.accounts import find_or_create_account
from store.database import Database
from store.results import closed_trades
from store.writer import Batch, Writer
from telegram_webapp.histories import MOST_ACCOUNTS, Histories
from tests.store import samples


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path: Path = tmp_path_factory.mktemp("histories") / "quarterdeck.db"
    with closing(Database(f"sqlite:///{path}")) as database:
        database.migrate()
        yield database


def account(database: Database, market: str) -> int:
    return find_or_create_account(database, market, Decimal(1), now=1).id


def store(database: Database, account_id: int, *trades: Trade) -> None:
    Writer(database, account_id, durable=False).commit(Batch(trades=list(trades)))


closes = st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=6)


@settings(max_examples=40, deadline=None)
@given(steps=closes, run=st.integers(0, 2**40))
def test_whatever_is_added_when_what_is_held_is_what_is_stored(
    database: Database, steps: list[list[int]], run: int
) -> None:
    held, mine = Histories(), account(database, f"market {run}")
    number = 0
    for step in steps:
        for close in step:
            number += 1
            at = samples.START + close * 1000
            store(
                database,
                mine,
                samples.trade(number, id=f"{number * 7 % 11}-{number}", closed_at=at),
            )

        assert held.trades(database, mine) == closed_trades(database, mine)


def test_of_too_many_none_are_held(database: Database) -> None:
    mine = account(database, "many")
    held = Histories(most_trades=3)
    store(database, mine, *(samples.trade(number) for number in range(3)))
    assert len(held.trades(database, mine) or ()) == 3

    store(database, mine, samples.trade(3))

    assert held.trades(database, mine) is None
    assert not held._held


def test_accounts_that_were_not_asked_for_lately_are_forgotten(database: Database) -> None:
    held = Histories()

    for number in range(MOST_ACCOUNTS + 1):
        held.trades(database, account(database, f"one of several {number}"))

    assert len(held._held) == MOST_ACCOUNTS
