"""Messages that stand in chats: what is remembered of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.access import AccessStore
from store.database import Database
from store.standing import (
    Kind,
    Standing,
    end_standing,
    list_standing,
    note_standing,
    switch,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    store = AccessStore(tmp_path / "access.db")
    store.migrate()
    yield store.database
    store.close()


def test_a_wish_is_remembered_and_what_stands_stays(database: Database) -> None:
    assert switch(database, 7, Kind.LIVE, is_on=True, now=1)
    (row,) = list_standing(database, Kind.LIVE)
    note_standing(database, row, 99, now=2)
    assert switch(database, 7, Kind.LIVE, is_on=False, now=3)
    assert not switch(database, 7, Kind.LIVE, is_on=False, now=3)

    expected = Standing(
        chat_id=7, kind=Kind.LIVE, is_on=False, message_id=99, sent_at=2, changed_at=3
    )
    assert list_standing(database, Kind.LIVE) == [expected]
    assert list_standing(database, Kind.SUMMARY) == []


def test_what_was_sent_unasked_is_remembered_too(database: Database) -> None:
    row = Standing(chat_id=7, kind=Kind.SUMMARY, is_on=True, changed_at=1)
    note_standing(database, row, 5, now=2)
    note_standing(database, row, 6, now=3)

    (kept,) = list_standing(database, Kind.SUMMARY)
    assert (kept.message_id, kept.sent_at) == (6, 3)


def test_ending_loses_no_wish_that_came_meanwhile(database: Database) -> None:
    switch(database, 7, Kind.LIVE, is_on=False, now=1)
    (row,) = list_standing(database, Kind.LIVE)
    switch(database, 7, Kind.LIVE, is_on=True, now=2)
    end_standing(database, row)
    (newer,) = list_standing(database, Kind.LIVE)
    assert newer.is_on

    end_standing(database, newer)
    assert list_standing(database, Kind.LIVE) == []
