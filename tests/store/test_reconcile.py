"""An account that an engine left adds up; one wrong number anywhere is named."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from core.ledger import EntryKind
from core.orders import OrderStatus
from store import tables
from store.accounts import Account, all_accounts, archive_account, find_or_create_account
from store.database import Database
from store.imported import add_trades, imported_account
from store.reconcile import Verdict, reconcile
from store.writer import Batch, EquityPoint, Writer
from tests.runner.engines import played
from tests.store import samples

CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger of an engine that traded for three simulated days."""
    folder = tmp_path_factory.mktemp("traded")
    played(folder, hours=1, warmup_days=3, tick_ms=60_000)[1].close()
    return folder / "quarterdeck.db"


@pytest.fixture
def ledger(traded: Path, tmp_path: Path) -> Iterator[Database]:
    """A copy of that ledger to spoil."""
    path = tmp_path / "quarterdeck.db"
    shutil.copy(traded, path)
    with closing(Database(f"sqlite:///{path}")) as database:
        yield database


def only(ledger: Database) -> Verdict:
    (account,) = all_accounts(ledger)
    return reconcile(ledger, account)


def spoil(ledger: Database, statement: Any) -> None:
    with ledger.write() as connection:
        assert connection.execute(statement).rowcount == 1


def first(ledger: Database, table: Any, *where: Any) -> Any:
    with ledger.read() as connection:
        return connection.execute(select(table).where(*where).limit(1)).one()


def test_what_an_engine_left_adds_up(ledger: Database) -> None:
    verdict = only(ledger)

    assert verdict.differences == []
    assert verdict.trades >= 5
    assert verdict.entries > 4 * verdict.trades  # a fill and a fee, in and out


def test_an_archived_account_adds_up_too(ledger: Database) -> None:
    archive_account(ledger, 1, now=2)

    assert only(ledger).differences == []


@pytest.mark.parametrize("column", ["gross_pnl", "fees", "funding"])
def test_a_trade_whose_money_is_not_its_journals_is_named(ledger: Database, column: str) -> None:
    trade = first(ledger, tables.trades)
    wrong = {column: getattr(trade, column) + CENT}
    spoil(ledger, update(tables.trades).where(tables.trades.c.id == trade.id).values(wrong))

    told, net = only(ledger).differences

    what = column.removesuffix("_pnl")
    assert told.startswith("account 1 (simulated:")
    assert f"trade {trade.id} has {what} " in told
    assert f"trade {trade.id} has net " in net


def test_a_stored_net_result_that_is_not_the_sum_is_named(ledger: Database) -> None:
    trade = first(ledger, tables.trades)
    wrong = {"net_pnl": trade.net_pnl + CENT}
    spoil(ledger, update(tables.trades).where(tables.trades.c.id == trade.id).values(wrong))

    (told,) = only(ledger).differences

    assert f"trade {trade.id} has net " in told


def test_a_closed_position_without_a_trade_is_named(ledger: Database) -> None:
    trade = first(ledger, tables.trades)
    spoil(ledger, delete(tables.trades).where(tables.trades.c.id == trade.id))

    (told,) = only(ledger).differences

    assert told.endswith(f"position {trade.id} is closed but has no trade")


def test_a_trade_that_the_journal_does_not_know_is_named(ledger: Database) -> None:
    Writer(ledger, 1).commit(Batch(trades=[samples.trade(7)]))

    assert any(
        "trade position-7 has no entry in the journal" in t for t in only(ledger).differences
    )


def test_an_order_that_is_filled_otherwise_than_its_fills_is_named(ledger: Database) -> None:
    table = tables.orders
    order = first(ledger, table, table.c.status == "filled")
    wrong = {"filled_qty": order.filled_qty / 2}
    spoil(ledger, update(table).where(table.c.id == order.id).values(wrong))

    fills, status = only(ledger).differences

    assert f"order {order.id} is filled " in fills
    assert f"order {order.id} is filled, filled " in status


def test_an_order_that_is_missing_is_named(ledger: Database) -> None:
    table = tables.orders
    order = first(ledger, table, table.c.status == "filled")
    spoil(ledger, delete(table).where(table.c.id == order.id))

    (told,) = only(ledger).differences

    assert f"order {order.id} is not stored" in told


def test_a_resting_order_without_its_position_is_named(ledger: Database) -> None:
    left = samples.order(1, position_id="long-gone", status=OrderStatus.OPEN)
    Writer(ledger, 1).commit(Batch(orders=[left]))

    (told,) = only(ledger).differences

    assert told.endswith("order order-1 rests for position long-gone, which is not open")


@pytest.mark.parametrize("kind", [EntryKind.FILL, EntryKind.FEE])
def test_a_journal_that_lost_an_entry_is_named(ledger: Database, kind: EntryKind) -> None:
    table = tables.journal
    entry = first(ledger, table, table.c.kind == kind.value)
    spoil(ledger, delete(table).where(table.c.id == entry.id))

    assert only(ledger).differences


def test_a_journal_that_contradicts_itself_is_told_once(ledger: Database) -> None:
    table = tables.journal
    entry = first(ledger, table, table.c.kind == "fill", table.c.amount != Decimal(0))
    wrong = {"amount": entry.amount + CENT}
    spoil(ledger, update(table).where(table.c.id == entry.id).values(wrong))

    told = only(ledger).differences

    assert sum("the journal contradicts itself" in text for text in told) == 1
    assert any(f"trade {entry.position_id} has gross " in text for text in told)


def test_a_curve_that_ends_beside_the_cash_is_named(database: Database, account: Account) -> None:
    transfer = samples.entry(
        1, kind=EntryKind.TRANSFER, amount=Decimal(10000), source="transfer", source_id="trend",
        symbol="", position_id="", order_id="", side=None, role=None,
    )  # fmt: skip
    later = transfer.at + 60_000
    points = [
        EquityPoint(later, Decimal(10001), Decimal(10000)),
        EquityPoint(later, Decimal(10000), Decimal(9999), "trend"),
    ]
    Writer(database, account.id).commit(Batch(journal=[transfer], equity=points))

    whole, own = reconcile(database, account).differences

    assert whole.endswith("the account had 10000, its newest equity is 10001")
    assert own.endswith("sub-account trend had 10000, its newest balance is 9999")


def test_a_newest_balance_that_is_wrong_is_named_while_trading_goes_on(ledger: Database) -> None:
    table = tables.equity
    newest = select(func.max(table.c.at)).where(table.c.strategy == "").scalar_subquery()
    point = first(ledger, table, table.c.strategy == "", table.c.at == newest)
    later = samples.entry(
        1, at=point.at + 120_000, strategy="later", kind=EntryKind.TRANSFER, amount=Decimal(5),
        source="transfer", source_id="later", symbol="", position_id="", order_id="", side=None,
        role=None,
    )  # fmt: skip
    Writer(ledger, 1).commit(Batch(journal=[later]))
    assert only(ledger).differences == []
    wrong = {"balance": point.balance + CENT}
    mine = (table.c.strategy == "") & (table.c.at == point.at)
    spoil(ledger, update(table).where(mine).values(wrong))

    (told,) = only(ledger).differences

    assert f"its newest balance is {wrong['balance'].normalize():f}" in told


def test_transfers_that_are_not_what_was_deposited_are_named(
    database: Database, account: Account
) -> None:
    transfer = samples.entry(
        1, kind=EntryKind.TRANSFER, amount=Decimal(9000), source="transfer", source_id="trend",
        symbol="", position_id="", order_id="", side=None, role=None,
    )  # fmt: skip
    checkpoint = {"tallies": {"": {"initial": "9000"}, "trend": {"initial": "8000"}}}
    Writer(database, account.id).commit(Batch(journal=[transfer], checkpoint=checkpoint))

    began, tally = reconcile(database, account).differences

    assert began.endswith("the account began with 10000, its transfers come to 9000")
    assert tally.endswith("sub-account trend has deposits 8000, its transfers come to 9000")


def test_a_strategy_that_came_later_makes_no_difference(
    database: Database, account: Account
) -> None:
    transfers = [
        samples.entry(
            number, kind=EntryKind.TRANSFER, amount=Decimal(10000), source="transfer",
            source_id=name, strategy=name, symbol="", position_id="", order_id="", side=None,
            role=None,
        )
        for number, name in enumerate(("trend", "full_math"))
    ]  # fmt: skip
    Writer(database, account.id).commit(Batch(journal=transfers))

    assert reconcile(database, account).differences == []


def test_an_account_that_never_traded_adds_up(database: Database, account: Account) -> None:
    assert reconcile(database, account) == Verdict(0, 0, [])


def test_imported_trades_are_held_against_themselves(database: Database) -> None:
    account = imported_account(database, "books", Decimal(0), now=1)
    add_trades(database, account.id, [samples.trade(1), samples.trade(2)])
    assert reconcile(database, account) == Verdict(0, 2, [])

    table = tables.trades
    mine = (table.c.account_id == account.id) & (table.c.id == "position-2")
    spoil(database, update(table).where(mine).values(net_pnl=Decimal("99.5")))

    (told,) = reconcile(database, account).differences
    assert "(imported:books): trade position-2 has net 99.5, gross - fees + funding is" in told


def test_accounts_are_not_mixed_up(ledger: Database) -> None:
    other = find_or_create_account(ledger, "elsewhere", Decimal(10000), now=3)

    assert reconcile(ledger, other) == Verdict(0, 0, [])
    assert [reconcile(ledger, a).differences for a in all_accounts(ledger)] == [[], []]
