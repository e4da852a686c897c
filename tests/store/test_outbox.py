import itertools
from decimal import Decimal

import msgspec
import pytest

from store.accounts import Account, archive_account, find_or_create_account
from store.database import Database
from store.outbox import OutboxRow, newest_outbox_id, read_outbox
from store.writer import Batch, Writer
from tests.store import samples

numbers = itertools.count(100)


def plain(rows: list[OutboxRow]) -> list[OutboxRow]:
    return [msgspec.structs.replace(row, id=0, account_id=0) for row in rows]


def test_rows_read_back_the_same_in_the_order_they_were_written(
    database: Database, account: Account, writer: Writer
) -> None:
    before = newest_outbox_id(database)
    told = [samples.told(next(numbers)) for _ in range(5)]
    told.append(samples.told(1, owner="", amount=None, symbol=""))

    writer.commit(Batch(outbox=told[:3]))
    writer.commit(Batch(outbox=told[3:]))

    rows = read_outbox(database, before, 100)
    assert plain(rows) == told
    assert {row.account_id for row in rows} == {account.id}
    assert [row.id for row in rows] == sorted(row.id for row in rows)
    assert rows[-1].id == newest_outbox_id(database)


def test_a_reader_goes_on_after_the_last_row_it_dealt_with(
    database: Database, writer: Writer
) -> None:
    before = newest_outbox_id(database)
    told = [samples.told(next(numbers)) for _ in range(5)]
    writer.commit(Batch(outbox=told))

    first = read_outbox(database, before, 2)
    rest = read_outbox(database, first[-1].id, 100)

    assert plain([*first, *rest]) == told
    assert read_outbox(database, rest[-1].id, 100) == []


def test_a_fact_is_told_once_however_often_it_is_committed(
    database: Database, writer: Writer
) -> None:
    before = newest_outbox_id(database)
    again = samples.told(7, title="something else")

    for batch in (Batch(outbox=[samples.told(7)]), Batch(outbox=[again, samples.told(8)])):
        writer.commit(batch)
        writer.commit(batch)

    assert plain(read_outbox(database, before, 10)) == [samples.told(7), samples.told(8)]


def test_an_archived_account_is_not_heard_any_more(database: Database) -> None:
    before = newest_outbox_id(database)
    gone = find_or_create_account(database, f"outbox:{before}", Decimal(1), now=1)
    Writer(database, gone.id).commit(Batch(outbox=[samples.told(1)]))
    assert len(read_outbox(database, before, 10)) == 1

    archive_account(database, gone.id, 2)

    assert read_outbox(database, before, 10) == []


def test_a_row_and_its_fact_are_stored_together_or_not_at_all(
    database: Database, writer: Writer
) -> None:
    before = newest_outbox_id(database)
    bad = Batch(facts=[samples.fact(1)], outbox=[samples.told(1, amount=Decimal("1e-19"))])

    with pytest.raises(ValueError, match="money must"):
        writer.commit(bad)

    assert newest_outbox_id(database) == before
