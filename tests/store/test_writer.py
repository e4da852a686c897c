import secrets
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.errors import StoreError
from core.ledger import Entry, EntryKind
from core.orders import OrderRole, OrderStatus, Side
from store import recovery, tables
from store.accounts import Account, find_or_create_account
from store.alert_rules import list_rules
from store.database import Database
from store.history import facts, orders, signals, trades
from store.learning import live_scores, model_scores
from store.series import equity, performance
from store.story import find_story
from store.usage import spent_usd
from store.writer import COUNTED, Batch, Writer
from tests.store import samples

money = st.decimals(min_value="-1e12", max_value="1e12", places=8)
entries = st.builds(
    Entry,
    at=st.integers(0, 2**45),
    kind=st.sampled_from(EntryKind),
    strategy=st.text(st.characters(exclude_characters="\x00", codec="utf-8")),
    amount=money,
    source=st.just("drawn"),
    source_id=st.just("numbered below"),
    symbol=st.sampled_from(["", "BTC/USDT"]),
    side=st.none() | st.sampled_from(Side),
    qty=money,
    price=money,
    leverage=st.integers(1, 125),
    role=st.none() | st.sampled_from(OrderRole),
)


def everything(database: Database, account_id: int) -> dict[str, list[Any]]:
    shown: dict[str, list[Any]] = {}
    with database.read() as connection:
        for table in tables.metadata.sorted_tables:
            if "account_id" in table.c:
                columns = [c for c in table.c if c.name != "account_id"]
                columns = [c for c in columns if c not in COUNTED]
                rows = connection.execute(select(*columns).where(table.c.account_id == account_id))
                shown[table.name] = sorted(map(repr, rows))
    return shown


def test_what_was_committed_reads_back_the_same(
    database: Database, account: Account, writer: Writer
) -> None:
    batch, before = samples.batch(7), spent_usd(database, "deepseek", 0)

    writer.commit(batch)

    assert list(recovery.journal(database, account.id)) == batch.journal
    assert recovery.open_orders(database, account.id) == batch.orders
    assert trades(database, account.id).items == batch.trades
    assert facts(database, account.id).items == batch.facts
    assert recovery.last_candles(database, account.id, "BTC/USDT", 10) == batch.candles
    assert equity(database, account.id) == batch.equity[:1]
    assert equity(database, account.id, strategy="trend") == batch.equity[1:]
    assert signals(database, account.id).items == batch.signals
    story = find_story(database, account.id, batch.trades[0].id)
    assert story is not None
    assert (story.signal, story.theories) == (batch.signals[0], batch.theories)
    assert recovery.open_predictions(database, account.id) == batch.predictions
    assert model_scores(database, account.id) == batch.scores
    assert performance(database, account.id, "trend") == batch.performance
    assert spent_usd(database, "deepseek", 0) == before + batch.usage[0].cost_usd
    assert list_rules(database, account_id=account.id) == batch.rules
    assert all(everything(database, account.id).values()), "a batch of samples fills every table"
    assert recovery.checkpoint(database, account.id) == batch.checkpoint


def test_committing_twice_changes_nothing(
    database: Database, account: Account, writer: Writer
) -> None:
    writer.commit(samples.batch(1))
    once = everything(database, account.id)

    writer.commit(samples.batch(1))

    assert everything(database, account.id) == once
    assert len(once["journal"]) == 3


def test_an_entry_of_the_same_source_is_stored_once_whatever_else_it_says(
    database: Database, account: Account, writer: Writer
) -> None:
    first = samples.entry(1)
    writer.commit(Batch(journal=[first]))

    writer.commit(Batch(journal=[samples.entry(1, amount=Decimal(99)), samples.entry(2)]))

    assert list(recovery.journal(database, account.id)) == [first, samples.entry(2)]


def test_an_order_is_kept_as_it_last_was(
    database: Database, account: Account, writer: Writer
) -> None:
    moved = samples.order(1, trigger_price=Decimal("58000.5"), filled_qty=Decimal("0.005"))
    filled = samples.order(1, status=OrderStatus.FILLED, reason="stop reached")

    writer.commit(Batch(orders=[samples.order(1), samples.order(2)]))
    writer.commit(Batch(orders=[moved]))
    assert recovery.open_orders(database, account.id) == [moved, samples.order(2)]

    writer.commit(Batch(orders=[filled]))
    assert recovery.open_orders(database, account.id) == [samples.order(2)]
    assert orders(database, account.id).items == [samples.order(2), filled]


def test_a_prediction_that_came_due_is_kept_with_its_outcome(
    database: Database, account: Account, writer: Writer
) -> None:
    settled = samples.prediction(1, outcome_price=Decimal("60500.25"), rose=True)

    writer.commit(Batch(predictions=[samples.prediction(1), samples.prediction(2)]))
    assert live_scores(database, account.id) == []

    writer.commit(Batch(predictions=[settled]))
    assert recovery.open_predictions(database, account.id) == [samples.prediction(2)]
    (told,) = live_scores(database, account.id)
    assert (told.samples, told.rose) == (1, 1)


@pytest.mark.parametrize(
    "bad",
    [
        Batch(signals=[samples.signal(2, price=Decimal("1e-19"))]),
        Batch(theories=[samples.theory(2, net_pnl=Decimal("1e-19"))]),
        Batch(predictions=[samples.prediction(2, price=Decimal("1e20"))]),
        Batch(usage=[samples.usage(2, cost_usd=Decimal("1e-19"))]),
        Batch(performance=[samples.figures(2, equity=Decimal("NaN"))]),
    ],
    ids=["signals", "theories", "predictions", "usage", "performance"],
)
def test_what_cannot_be_kept_exactly_takes_its_whole_batch_along(
    database: Database, account: Account, writer: Writer, bad: Batch
) -> None:
    bad.journal.append(samples.entry(1))

    with pytest.raises(ValueError, match="money must"):
        writer.commit(bad)

    assert list(recovery.journal(database, account.id)) == []


def test_a_signal_is_kept_as_it_was_first_told(
    database: Database, account: Account, writer: Writer
) -> None:
    writer.commit(Batch(signals=[samples.signal(1)]))

    writer.commit(Batch(signals=[samples.signal(1, decision="refused"), samples.signal(2)]))

    assert signals(database, account.id).items == [samples.signal(2), samples.signal(1)]


def test_accounts_do_not_see_each_other(
    database: Database, account: Account, writer: Writer
) -> None:
    other = find_or_create_account(database, f"{account.market_id}:other", Decimal(1), now=1)

    writer.commit(samples.batch(1))
    Writer(database, other.id).commit(samples.batch(1))

    assert everything(database, other.id) == everything(database, account.id)
    assert len(list(recovery.journal(database, other.id))) == 3


def test_a_batch_with_one_bad_row_leaves_nothing(
    database: Database, account: Account, writer: Writer
) -> None:
    before = everything(database, account.id)
    unkept = samples.batch(1)
    unkept.trades.append(samples.trade(2, gross_pnl=Decimal("1e-19")))
    hourly = samples.batch(1)
    hourly.candles.append(msgspec.structs.replace(samples.bar(5), interval_ms=3_600_000))
    for batch, reason in ((unkept, "18 decimals"), (hourly, "by the minute")):
        with pytest.raises(ValueError, match=reason):
            writer.commit(batch)

    assert everything(database, account.id) == before


def test_a_batch_the_database_refuses_leaves_nothing_and_says_so(database: Database) -> None:
    nobody = Writer(database, account_id=987_654)

    with pytest.raises(StoreError, match="refused"):
        nobody.commit(samples.batch(1))

    assert list(recovery.journal(database, 987_654)) == []


def test_an_empty_batch_opens_no_transaction(tmp_path: Path) -> None:
    nowhere = Database(f"sqlite:///{tmp_path}/missing/never.db")

    Writer(nowhere, 1).commit(Batch())

    assert len(Batch()) == 0
    assert len(samples.batch(1)) == 22


@settings(max_examples=25, deadline=None)
@given(drawn=st.lists(entries, min_size=1, max_size=20))
def test_any_journal_reads_back_in_the_order_it_was_written(
    database: Database, drawn: list[Entry]
) -> None:
    account = find_or_create_account(database, secrets.token_hex(8), Decimal(1), now=1)
    written = [msgspec.structs.replace(e, source_id=str(n)) for n, e in enumerate(drawn)]

    Writer(database, account.id).commit(Batch(journal=written))

    assert list(recovery.journal(database, account.id)) == written
    after = recovery.journal_after(database, account.id, 0)
    first, _ = next(after)
    assert [e for _, e in recovery.journal_after(database, account.id, first)] == written[1:]
