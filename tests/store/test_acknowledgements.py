"""Who has seen to which alert, on both databases."""

import msgspec

from store.accounts import Account, find_or_create_account
from store.acknowledgements import AlertRow, alerts, read_alert
from store.database import Database
from store.history import Wanted
from store.records import AlertAcknowledgement
from store.writer import Batch, Writer
from tests.store import samples


def found(database: Database, account: Account, **how: object) -> list[AlertRow]:
    return alerts(database, account.id, **how).items  # type: ignore[arg-type]


def test_what_waits_is_a_warning_that_nobody_has_seen_to(
    database: Database, account: Account, writer: Writer
) -> None:
    levels = ["info", "warn", "error", "warn"]
    rows = [samples.told(n, level=level, owner="") for n, level in enumerate(levels)]
    writer.commit(Batch(outbox=[*rows, samples.told(9, level="warn", owner="telegram:17")]))
    told = found(database, account)
    assert [row.acknowledged_at for row in told] == [None] * 4
    third, second, first = found(database, account, only_open=True)
    assert (third.fact_id, second.fact_id, first.fact_id) == ("f3", "f2", "f1")
    assert len(found(database, account, only_open=True, owner="telegram:17")) == 4

    seen = AlertAcknowledgement(alert_id=second.id, at=samples.START, actor="page")
    writer.commit(Batch(acknowledgements=[seen]))
    later = msgspec.structs.replace(seen, at=seen.at + 1, actor="somebody else")
    writer.commit(Batch(acknowledgements=[later]))

    assert found(database, account, only_open=True) == [third, first]
    page = alerts(database, account.id, Wanted(limit=1), only_open=True)
    assert page.items == [third]
    assert page.next_cursor is not None
    known = read_alert(database, account.id, second.id)
    assert known == found(database, account)[1]
    assert known is not None
    assert (known.acknowledged_at, known.acknowledged_by) == (samples.START, "page")


def test_an_alert_of_another_account_is_none(
    database: Database, account: Account, writer: Writer
) -> None:
    writer.commit(Batch(outbox=[samples.told(1, owner="")]))
    (row,) = found(database, account)
    other = find_or_create_account(database, "acknowledgements:other", account.initial_balance, 2)

    assert read_alert(database, account.id, row.id) == row
    assert read_alert(database, other.id, row.id) is None
    assert read_alert(database, account.id, row.id + 1) is None
