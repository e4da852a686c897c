from decimal import Decimal

from core.orders import OrderStatus
from store import recovery
from store.accounts import Account
from store.database import Database
from store.writer import Batch, Writer
from tests.store import samples


def test_a_long_journal_is_read_in_order_across_its_chunks(
    database: Database, account: Account, writer: Writer
) -> None:
    entries = [samples.entry(number) for number in range(recovery.JOURNAL_CHUNK + 10)]
    writer.commit(Batch(journal=entries))

    assert list(recovery.journal(database, account.id)) == entries


def test_the_journal_goes_on_after_the_entry_last_seen(
    database: Database, account: Account, writer: Writer
) -> None:
    writer.commit(Batch(journal=[samples.entry(1), samples.entry(2)]))
    *_, (seen, _) = recovery.journal_after(database, account.id, 0)
    assert list(recovery.journal_after(database, account.id, seen)) == []

    writer.commit(Batch(journal=[samples.entry(3)]))

    assert [e for _, e in recovery.journal_after(database, account.id, seen)] == [samples.entry(3)]


def test_only_orders_that_rest_are_restored_oldest_first(
    database: Database, account: Account, writer: Writer
) -> None:
    by_status = [samples.order(n, status=status) for n, status in enumerate(OrderStatus)]
    older = samples.order(100, created_at=-1)
    writer.commit(Batch(orders=[*by_status, older]))

    resting = recovery.open_orders(database, account.id)

    assert resting == [older, *[o for o in by_status if not o.status.is_final]]


def test_facts_are_numbered_on_from_the_last_one(
    database: Database, account: Account, writer: Writer
) -> None:
    assert recovery.next_fact_number(database, account.id) == 1

    writer.commit(Batch(facts=[samples.fact(1), samples.fact(2)]))

    assert recovery.next_fact_number(database, account.id) == 3


def test_the_checkpoint_is_the_one_committed_last(
    database: Database, account: Account, writer: Writer
) -> None:
    assert recovery.checkpoint(database, account.id) is None

    writer.commit(Batch(checkpoint={"at": 1, "feed": {"step": [1, 2]}}))
    writer.commit(Batch(journal=[samples.entry(1)]))
    assert recovery.checkpoint(database, account.id) == {"at": 1, "feed": {"step": [1, 2]}}

    writer.commit(Batch(checkpoint={"at": 2}))
    assert recovery.checkpoint(database, account.id) == {"at": 2}


def test_the_last_candles_come_back_exact_and_oldest_first(
    database: Database, account: Account, writer: Writer
) -> None:
    prices = ["0.00000123", "123456789.012345", "60123.4", "1e-7", "99999.99999999"]
    bars = [samples.bar(n, close=price) for n, price in enumerate(prices)]
    writer.commit(Batch(candles=[*bars, samples.bar(1, symbol="ETH/USDT")]))

    assert recovery.last_candles(database, account.id, "BTC/USDT", 3) == bars[2:]
    shown = recovery.last_candles(database, account.id, "BTC/USDT", 100)
    assert [bar.close for bar in shown] == [Decimal(price) for price in prices]
