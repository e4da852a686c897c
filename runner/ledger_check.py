"""The journal's fold, built a second time from what is stored, against the one in memory."""

from core.errors import LedgerError
from core.ledger import Portfolio
from store.database import Database
from store.recovery import journal_after


class LedgerCheck:
    """Reads only the entries that are new since its last run.

    Promise: `run` raises `LedgerError`, saying what differs, unless memory is exactly the fold
    of the stored journal. Call it when everything in memory is committed; `catch_up` before
    that, at any time, keeps it short.
    """

    def __init__(self, database: Database, account_id: int, portfolio: Portfolio) -> None:
        self._database = database
        self._account_id = account_id
        self._portfolio = portfolio
        self._shadow = Portfolio()
        self._last = 0
        self.told = False

    def catch_up(self) -> None:
        """Fold what was stored since the last time.

        Raises:
            LedgerError: the stored entries contradict each other.
            StoreError: the journal cannot be read now.
        """
        for number, entry in journal_after(self._database, self._account_id, self._last):
            self._shadow.apply(entry)
            self._last = number

    def run(self) -> None:
        """Compare.

        Raises:
            LedgerError: stored and remembered money or positions differ.
            StoreError: the journal cannot be read now.
        """
        self.catch_up()
        if self._shadow == self._portfolio:
            return
        stored, memory = self._shadow, self._portfolio
        held = {key: p.qty for key, p in stored.positions.items()}
        ours = {key: p.qty for key, p in memory.positions.items()}
        raise LedgerError(
            f"the stored journal comes to cash {stored.balance} and positions {held}, "
            f"memory holds {memory.balance} and {ours}"
        )
