"""Accounts whose history came from files: beside the engine's, never current, without a journal."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from core.errors import StoreError
from core.trades import Trade
from store import tables
from store.accounts import FIELDS, Account
from store.database import Database
from store.rows import read_as
from store.writer import Batch, EquityPoint, Writer

PREFIX: Final = "imported:"
ROWS_AT_ONCE: Final = 2000


def imported_account(database: Database, label: str, initial_balance: Decimal, now: int) -> Account:
    """Return the account of imported history *label*, made if there is none.

    Raises:
        StoreError: the database refused.
    """
    table = tables.accounts
    mine = table.c.market_id == PREFIX + label
    with database.write() as connection:
        if connection.execute(select(table.c.id).where(mine)).scalar() is None:
            connection.execute(
                table.insert().values(
                    market_id=PREFIX + label, initial_balance=initial_balance, created_at=now,
                    used_at=0,
                )
            )  # fmt: skip
        if initial_balance:  # trades may have come first, without one
            unknown = mine & (table.c.initial_balance == Decimal(0))
            connection.execute(
                table.update().where(unknown).values(initial_balance=initial_balance)
            )
        row = connection.execute(select(*FIELDS).where(mine)).first()
    if row is None:
        raise StoreError(f"account {PREFIX + label} vanished while it was opened")
    return read_as(Account, row)


def stored_points(database: Database, account_id: int) -> dict[int, Decimal]:
    """Return the equity stored so far by its time.

    Raises:
        StoreError: the database refused.
    """
    table = tables.equity
    query = select(table.c.at, table.c.equity).where(
        table.c.account_id == account_id, table.c.strategy == ""
    )
    with database.read() as connection:
        return {row.at: row.equity for row in connection.execute(query)}


def stored_results(database: Database, account_id: int) -> dict[str, Decimal]:
    """Return the net result of each trade stored so far by its id.

    Raises:
        StoreError: the database refused.
    """
    table = tables.trades
    query = select(table.c.id, table.c.net_pnl).where(table.c.account_id == account_id)
    with database.read() as connection:
        return {row.id: row.net_pnl for row in connection.execute(query)}


def add_points(database: Database, account_id: int, points: Sequence[EquityPoint]) -> None:
    """Store equity of the account.

    Raises:
        StoreError: the database refused; what was stored before it stays.
    """
    writer = Writer(database, account_id)
    for start in range(0, len(points), ROWS_AT_ONCE):
        writer.commit(Batch(equity=list(points[start : start + ROWS_AT_ONCE])))


def add_trades(database: Database, account_id: int, trades: Sequence[Trade]) -> None:
    """Store closed trades of the account.

    Raises:
        StoreError: the database refused; what was stored before it stays.
    """
    writer = Writer(database, account_id)
    for start in range(0, len(trades), ROWS_AT_ONCE):
        writer.commit(Batch(trades=list(trades[start : start + ROWS_AT_ONCE])))
