"""Closed trades held in memory, so that only new ones are read."""

from collections import OrderedDict
from typing import Final

from core.trades import Trade
from store.database import Database
from store.results import closed_trades, count_trades

MOST_TRADES: Final = 20_000  # about 35 MB
MOST_ACCOUNTS: Final = 2


class Histories:
    """The closed trades of the accounts that were asked for last.

    Promise: what is returned is what is stored; no more of an account are held
    than may be. Not to be used by two threads at once.
    """

    def __init__(self, most_trades: int = MOST_TRADES) -> None:
        self._most_trades = most_trades
        self._held: OrderedDict[int, list[Trade]] = OrderedDict()

    def trades(self, database: Database, account_id: int) -> list[Trade] | None:
        """Return the closed trades of an account, oldest first; None when they are too many.

        Raises:
            StoreError: the database refused.
        """
        count = count_trades(database, account_id)
        if count > self._most_trades:
            self._held.pop(account_id, None)
            return None
        trades = _gone_on(database, account_id, self._held.get(account_id, []))
        if len(trades) < count:  # older ones came, as an import brings them
            trades = closed_trades(database, account_id)
        self._held[account_id] = trades
        self._held.move_to_end(account_id)
        while len(self._held) > MOST_ACCOUNTS:
            self._held.popitem(last=False)
        return trades


def _gone_on(database: Database, account_id: int, known: list[Trade]) -> list[Trade]:
    """Return *known* with those that closed since; several may close at one moment."""
    if not known:
        return closed_trades(database, account_id)
    last = known[-1].closed_at
    newest = closed_trades(database, account_id, since=last)
    before = len(known)
    while before and known[before - 1].closed_at == last:
        before -= 1
    return [*known[:before], *newest]
