"""Paper accounts: one living account a market; resetting archives it, nothing is deleted."""

from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, func, select, update

from core.errors import StoreError
from store.database import Database
from store.rows import columns_of, read_as
from store.tables import accounts


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Who owns the rows; ``market_id`` names the tape it trades on. Times are ms, wall clock."""

    id: int
    market_id: str
    initial_balance: Decimal
    created_at: int
    used_at: int
    archived_at: int | None = None


FIELDS: Final = columns_of(Account, accounts)


def find_or_create_account(
    database: Database, market_id: str, initial_balance: Decimal, now: int
) -> Account:
    """Return the living account of *market_id*, made with *initial_balance* if there is none.

    It becomes the current account. One that exists keeps the balance it began with.

    Raises:
        StoreError: the database refused.
    """
    living = accounts.c.archived_at.is_(None) & (accounts.c.market_id == market_id)
    with database.write() as connection:
        if connection.execute(select(accounts.c.id).where(living)).scalar() is None:
            connection.execute(
                accounts.insert().values(
                    market_id=market_id,
                    initial_balance=initial_balance,
                    created_at=now,
                    used_at=now,
                )
            )
        # Later than every other account's, even if the clock was set back: it is current now.
        latest = connection.execute(select(func.max(accounts.c.used_at))).scalar_one()
        connection.execute(update(accounts).where(living).values(used_at=max(now, latest + 1)))
        account = _first(connection, select(*FIELDS).where(living))
    if account is None:
        raise StoreError(f"account of {market_id} vanished while it was opened")
    return account


def current_account(database: Database) -> Account | None:
    """Return the living account that was opened last, or None before the first start.

    Raises:
        StoreError: the database refused.
    """
    newest = (
        select(*FIELDS)
        .where(accounts.c.archived_at.is_(None), accounts.c.used_at > 0)  # imported ones never are
        .order_by(accounts.c.used_at.desc())
        .limit(1)
    )
    with database.read() as connection:
        return _first(connection, newest)


def all_accounts(database: Database) -> list[Account]:
    """Return every account there ever was, the one that was opened last first.

    Raises:
        StoreError: the database refused.
    """
    query = select(*FIELDS).order_by(accounts.c.used_at.desc(), accounts.c.id.desc())
    with database.read() as connection:
        return [read_as(Account, row) for row in connection.execute(query)]


def archive_account(database: Database, account_id: int, now: int) -> None:
    """Set an account aside: its rows stay, its market gets a new one at the next start.

    Raises:
        StoreError: the database refused.
    """
    aside = update(accounts).where(accounts.c.id == account_id, accounts.c.archived_at.is_(None))
    with database.write() as connection:
        connection.execute(aside.values(archived_at=now))


def _first(connection: Connection, query: Select[Any]) -> Account | None:
    row = connection.execute(query).first()
    return None if row is None else read_as(Account, row)
