"""Reading the ledger's database: of the account that trades now, off the event loop."""

from collections.abc import Callable
from typing import TypeVar

from store.accounts import current_account
from store.database import Database
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem

Result = TypeVar("Result")


class Archive:
    """The history of the account that the engine opened last.

    Promise: it never writes, makes or upgrades a database.
    """

    def __init__(self, url: str) -> None:
        """Prepare to read the database at *url*; nothing is opened yet.

        Raises:
            ConfigError: the URL is not one of a database.
        """
        self._database = Database(url)
        self._is_checked = False

    def ask(self, query: Callable[[Database, int], Result]) -> Result:
        """Return *query* of the database and the account's id.

        Raises:
            ConfigError: the database is not there, damaged or of another version.
            Problem: there is no account yet.
            StoreError: the database refused.
        """
        return in_thread(self._ask, query)

    def _ask(self, query: Callable[[Database, int], Result]) -> Result:
        if not self._is_checked:
            self._database.check_version()
            self._is_checked = True
        account = current_account(self._database)
        if account is None:
            raise Problem(503, "no_account", "there is no account yet: the engine has not started")
        return query(self._database, account.id)
