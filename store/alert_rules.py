"""People's own alert rules as they are stored; the engine alone changes them."""

from sqlalchemy import select, update

from store import tables
from store.database import Database
from store.records import AlertRule
from store.rows import columns_of, read_as


def list_rules(
    database: Database, owner: str | None = None, account_id: int | None = None
) -> list[AlertRule]:
    """Return the rules of living accounts, oldest first: all of them, or only *owner*'s.

    Args:
        database: where they are.
        owner: whose, None for everybody's.
        account_id: of one account, None for every living one.

    Raises:
        StoreError: the database refused.
    """
    table, accounts = tables.alert_rules, tables.accounts
    query = select(*columns_of(AlertRule, table)).order_by(table.c.created_at, table.c.id)
    query = query.join(accounts, accounts.c.id == table.c.account_id)
    query = query.where(accounts.c.archived_at.is_(None))
    if owner is not None:
        query = query.where(table.c.owner == owner)
    if account_id is not None:
        query = query.where(table.c.account_id == account_id)
    with database.read() as connection:
        rows = connection.execute(query).all()
    return [read_as(AlertRule, row) for row in rows]


def move_rules(database: Database, old: int, new: int) -> None:
    """Let the rules of account *old* go on in account *new*, which has none.

    Raises:
        StoreError: the database refused.
    """
    table = tables.alert_rules
    with database.write() as connection:
        connection.execute(update(table).where(table.c.account_id == old).values(account_id=new))
