"""Turns what happened into messages for chats: outbox rows and notices, each exactly once."""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from core.errors import ConfigError, StoreError
from store.access import AccessStore
from store.database import Database
from store.delivery import Delivery
from store.fan_out import Cursor, fan_out, prune_deliveries, read_cursor, set_cursor
from store.notices import NEW_SESSION, Notice, came_so_before, newest_notice_id, read_notices
from store.outbox import newest_outbox_id, read_outbox
from telegram_bot.delivery.people import read_people, settle_people
from telegram_bot.delivery.sources import of_notice, of_outbox
from telegram_bot.delivery.told import Person, Told, rows_for
from utils.clock import Clock

BATCH: Final = 200
PRUNE_EVERY_MS: Final = 3_600_000
USUAL_MS: Final = 7 * 24 * 3_600_000

log = logging.getLogger(__name__)

Read = Callable[[int, int], Sequence[tuple[int, Told | None]]]


class Expander:
    """Writes a row for each person who is to be told; its method blocks, and runs in a thread.

    Promise: each thing becomes one row a chat, however often and whenever this is killed. Who is
    allowed later is told what happens from then on.
    """

    def __init__(self, access: AccessStore, database: Callable[[], Database], clock: Clock) -> None:
        self._access = access
        self._trading = database
        self._clock = clock
        self._is_trading_told = False
        self._looked_at: dict[str, int] = {}
        self._pruned_at = 0

    def step(self) -> int:
        """Write what is new; return how many things that was.

        Raises:
            StoreError: the database of access refused; what was not written is written later.
        """
        now = self._clock.now()
        settle_people(self._access, now)
        count = self._outbox() + self._all("notice", self._notices, self._newest_notice)
        if now - self._pruned_at >= PRUNE_EVERY_MS:
            self._pruned_at = now
            prune_deliveries(self._access.database, now)
        return count

    def _outbox(self) -> int:
        """Return how many rows of the outbox were dealt with, none while it cannot be read.

        Raises:
            StoreError: the database of access refused.
        """
        try:
            trading = self._trading()
            newest = newest_outbox_id(trading)
        except (ConfigError, StoreError) as error:
            if not self._is_trading_told:
                log.warning("What happens in trading cannot be read yet: %s", error)
            self._is_trading_told = True
            return 0
        self._is_trading_told = False

        def read(after_id: int, limit: int) -> list[tuple[int, Told | None]]:
            rows = read_outbox(trading, after_id, limit)
            return [(row.id, of_outbox(row)) for row in rows]

        return self._all("outbox", read, lambda: newest)

    def _notices(self, after_id: int, limit: int) -> list[tuple[int, Told | None]]:
        notices = read_notices(self._access.database, after_id, limit)
        return [(one.id, None if self._is_usual(one) else of_notice(one)) for one in notices]

    def _is_usual(self, notice: Notice) -> bool:
        # Telegram vouches for its page again and again, each time by a session of its own.
        if notice.kind != NEW_SESSION or notice.data.get("via") != "telegram":
            return False
        return came_so_before(self._access.database, notice, notice.at - USUAL_MS)

    def _newest_notice(self) -> int:
        return newest_notice_id(self._access.database)

    def _all(self, name: str, read: Read, newest: Callable[[], int]) -> int:
        """Deal with all that *read* has after *name*'s cursor; return how many that was.

        Raises:
            StoreError: a database refused.
        """
        began_at = self._clock.now()
        cursor, last = read_cursor(self._access.database, name), newest()
        if cursor is None or last < cursor.after_id:
            if cursor is not None:
                log.warning("The %s began anew: telling what happens from now on", name)
            set_cursor(self._access.database, name, last, self._clock.now())
            return 0
        count = 0
        while found := read(cursor.after_id, BATCH):
            now = self._clock.now()
            to = Cursor(found[-1][0], now)
            looked_at = max(cursor.at, self._looked_at.get(name, 0))
            rows = self._rows([told for _, told in found if told], looked_at, now)
            if not fan_out(self._access.database, name, cursor, to, rows):
                return count  # another process did it
            count, cursor = count + len(found), to
        self._looked_at[name] = began_at
        return count

    def _rows(self, tolds: Sequence[Told], looked_at: int, now: int) -> list[Delivery]:
        people = read_people(self._access)
        rows = []
        for told in tolds:
            there = [one for one in people if not _came_later(one, told, looked_at)]
            rows += rows_for(told, there, now)
        return rows


def _came_later(person: Person, told: Told, looked_at: int) -> bool:
    """Return whether *told*, which nobody knew of at *looked_at*, was before *person* was allowed.

    A market's clock may be behind ours; it matters only for who came since.
    """
    return person.since > looked_at and told.at < person.since
