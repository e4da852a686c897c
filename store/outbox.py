"""What people are to be told, in the order it happened: written with its fact, read by the bot.

A reader keeps the id of the last row it has dealt with and asks for those after it.
"""

from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import func, select

from store import tables
from store.database import Database
from store.rows import columns_of, read_as


class OutboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alert for people; the database gives it ``id`` and ``account_id``.

    ``owner`` is whose rule it was, empty when it concerns everybody; ``type`` and ``level`` are
    those of `core.alerts`. ``link`` is the word that opens its place on the page. ``data`` is the
    fact's payload with the market's ``badge`` and the account's ``currency``.
    """

    id: int = 0
    account_id: int = 0
    fact_id: str
    at: int
    type: str
    level: str
    owner: str = ""
    symbol: str = ""
    strategy: str = ""
    title: str
    detail: str = ""
    amount: Decimal | None = None
    link: str = ""
    data: dict[str, Any]


def read_outbox(database: Database, after_id: int, limit: int) -> list[OutboxRow]:
    """Return the first *limit* rows after *after_id* of all living accounts, by id.

    Raises:
        StoreError: the database refused.
    """
    table, accounts = tables.outbox, tables.accounts
    query = (
        select(*columns_of(OutboxRow, table))
        .join(accounts, accounts.c.id == table.c.account_id)
        .where(table.c.id > after_id, accounts.c.archived_at.is_(None))
        .order_by(table.c.id)
        .limit(limit)
    )
    with database.read() as connection:
        rows = connection.execute(query).all()
    return [read_as(OutboxRow, row) for row in rows]


def newest_outbox_id(database: Database) -> int:
    """Return the id of the newest row, 0 without any: where somebody new begins to listen.

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        return connection.execute(select(func.max(tables.outbox.c.id))).scalar() or 0
