"""What language models have cost."""

from decimal import Decimal

from sqlalchemy import select

from store import tables
from store.database import Database


def spent_usd(database: Database, strategy: str, since: int) -> Decimal:
    """Return what *strategy* spent on models from *since* (ms) on, in USD.

    Every account counts, the archived ones too: a new paper account gives no money back.

    Raises:
        StoreError: the database refused.
    """
    table = tables.model_usage
    costs = select(table.c.cost_usd).where(
        table.c.account_id.in_(select(tables.accounts.c.id)),
        table.c.strategy == strategy,
        table.c.at >= since,
    )
    with database.read() as connection:
        return sum((row.cost_usd for row in connection.execute(costs)), Decimal(0))
