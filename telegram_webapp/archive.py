"""Reading the ledger's database: of the account that trades now or another, off the event loop."""

from collections.abc import Callable
from typing import TypeVar

from store.accounts import Account, all_accounts, current_account
from store.database import CheckedDatabase, Database
from store.hasty import HastyDatabase
from telegram_webapp.meter import Meter
from telegram_webapp.patience import Patience
from telegram_webapp.problems import Problem
from utils.clock import Clock

Result = TypeVar("Result")
Query = Callable[[Database, int], Result]


class Archive:
    """The history of the account that the engine opened last, and of those set aside or imported.

    Promise: it never writes, makes or upgrades a database. ``meter`` counts what is asked.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        """Prepare to read the database at *url*; nothing is opened yet.

        Raises:
            ConfigError: the URL is not one of a database.
        """
        database = HastyDatabase(url)
        self._checked = CheckedDatabase(url, database)
        self._patience = Patience(database, clock)
        self.meter = Meter()

    def ask(self, query: Query[Result], account_id: int | None = None) -> Result:
        """Return *query* of the database and an account's id: the engine's unless given.

        Raises:
            ConfigError: the database is not there, damaged or of another version.
            Problem: there is no such account, or none yet.
            StoreError: the database refused.
        """
        with self.meter.query():
            return self._patience.ask(self._ask, query, account_id)

    def account(self, account_id: int | None) -> Account:
        """Return an account: the engine's unless an id is given.

        Raises:
            ConfigError: the database is not there, damaged or of another version.
            Problem: there is no such account, or none yet.
            StoreError: the database refused.
        """
        return self._patience.ask(self._account, account_id)

    def accounts(self) -> list[Account]:
        """Return every account there ever was, the one that was opened last first.

        Raises:
            ConfigError: the database is not there, damaged or of another version.
            StoreError: the database refused.
        """
        return self._patience.ask(lambda: all_accounts(self._checked()))

    def pool(self) -> tuple[int, int]:
        """Return how many connections are kept open at most, and how many are in use."""
        return self._checked.database.pool()

    def _ask(self, query: Query[Result], account_id: int | None) -> Result:
        return query(self._checked(), self._account(account_id).id)

    def _account(self, account_id: int | None) -> Account:
        if account_id is None:
            account = current_account(self._checked())
            if account is None:
                detail = "there is no account yet: the engine has not started"
                raise Problem(503, "no_account", detail)
            return account
        known = {account.id: account for account in all_accounts(self._checked())}
        if account_id not in known:
            numbers = ", ".join(str(number) for number in sorted(known)) or "none"
            detail = f"account must be one of {numbers}, was {account_id}"
            raise Problem(404, "unknown_account", detail)
        return known[account_id]
