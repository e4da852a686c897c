"""While you were away: what an account did since a moment, in a handful of numbers."""

from decimal import Decimal
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from core.ledger import ZERO
from store import tables
from store.database import Database
from store.writer import EquityPoint

REFUSED: Final = "order_refused"
ALERT: Final = "alert_raised"


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """Counts since a moment (ms); ``net_pnl`` is of the trades closed since then.

    ``equity_then`` is the last point at or before the moment (None: the account is younger),
    ``equity_now`` the newest.
    """

    since: int
    closed_trades: int
    wins: int
    losses: int
    net_pnl: Decimal
    refused: int
    alerts: int
    equity_then: EquityPoint | None
    equity_now: EquityPoint | None

    @property
    def breakevens(self) -> int:
        """Return the closed trades that neither won nor lost."""
        return self.closed_trades - self.wins - self.losses


def digest(database: Database, account_id: int, since: int) -> Digest:
    """Sum up what happened to the account after *since* (ms).

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        results = _results(connection, account_id, since)
        facts = _counts(connection, account_id, since)
        return Digest(
            since=since,
            closed_trades=len(results),
            wins=sum(net > 0 for net in results),
            losses=sum(net < 0 for net in results),
            net_pnl=sum(results, ZERO),
            refused=facts.get(REFUSED, 0),
            alerts=facts.get(ALERT, 0),
            equity_then=_last_point(connection, account_id, since),
            equity_now=_last_point(connection, account_id, None),
        )


def _results(connection: Connection, account_id: int, since: int) -> list[Decimal]:
    table = tables.trades
    query = select(table.c.net_pnl).where(
        table.c.account_id == account_id, table.c.closed_at > since
    )
    return list(connection.execute(query).scalars())


def _counts(connection: Connection, account_id: int, since: int) -> dict[str, int]:
    table = tables.facts
    query = (
        select(table.c.type, func.count().label("counted"))
        .where(table.c.account_id == account_id, table.c.at > since)
        .where(table.c.type.in_([REFUSED, ALERT]))
        .group_by(table.c.type)
    )
    return {row.type: row.counted for row in connection.execute(query)}


def _last_point(connection: Connection, account_id: int, until: int | None) -> EquityPoint | None:
    table = tables.equity
    query = select(table).where(table.c.account_id == account_id, table.c.strategy == "")
    if until is not None:
        query = query.where(table.c.at <= until)
    row = connection.execute(query.order_by(table.c.at.desc()).limit(1)).one_or_none()
    return None if row is None else EquityPoint(row.at, row.equity, row.balance)
