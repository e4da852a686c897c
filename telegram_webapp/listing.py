"""Lists of what is stored: a page as JSON, or all that match as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

import msgspec
from flask import Response

from store.database import Database
from store.history import Page, Wanted
from telegram_webapp.archive import Archive
from telegram_webapp.query import ACCOUNT, choice
from telegram_webapp.replies import reply, shown
from telegram_webapp.spreadsheet import FILES, file_response

EXPORTED_AT_ONCE: Final = 1000
FORMATS: Final = ("json", *FILES)
FORMAT: Final = choice("format", "a page, or all that match as a file", FORMATS, "json")


class Query(Protocol):
    """A list that `store.history` can read."""

    def __call__(self, database: Database, account_id: int, wanted: Wanted) -> Page[Any]:
        """Return a page of it."""
        ...


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: its name, where it is read, and which fields of an item are shown."""

    name: str
    query: Query
    columns: tuple[str, ...]

    def reply(self, archive: Archive, wanted: Wanted) -> Response:
        """Answer with a page of it, or with all that match as the file that is asked for.

        Raises:
            BadParameter: the format is none of `FORMATS`.
            DataError: the cursor is not one of ours.
            Problem: there is no such account.
            StoreError: the database refused.
        """
        kind = FORMAT.read()
        if kind != "json":
            return file_response(kind, self.name, self.columns, self._all(archive, wanted))
        page = archive.ask(partial(self.query, wanted=wanted), ACCOUNT.read())
        items = [self.shown(item) for item in page.items]
        return reply({self.name: items, "next_cursor": page.next_cursor})

    def shown(self, item: object) -> dict[str, Any]:
        """Return *item* as its event tells it: amounts are numbers."""
        return shown(item, self.columns)

    def _all(self, archive: Archive, wanted: Wanted) -> Iterator[list[Any]]:
        """Return the rows of every page; the first is read now, so that its errors can be told."""
        account_id = archive.account(ACCOUNT.read()).id  # another may begin meanwhile
        wanted = msgspec.structs.replace(wanted, limit=EXPORTED_AT_ONCE)
        first = archive.ask(partial(self.query, wanted=wanted), account_id)
        return self._rows(archive, account_id, wanted, first)

    def _rows(
        self, archive: Archive, account_id: int, wanted: Wanted, page: Page[Any]
    ) -> Iterator[list[Any]]:
        while True:
            for item in page.items:
                yield [getattr(item, column) for column in self.columns]
            if page.next_cursor is None:
                return
            wanted = msgspec.structs.replace(wanted, cursor=page.next_cursor)
            page = archive.ask(partial(self.query, wanted=wanted), account_id)
