"""Answers that take work, kept for as long as nothing happened that could change them."""

import gc
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar, cast

import msgspec

from core.market import DAY_MS
from store import series
from store.database import Database
from telegram_webapp.archive import Archive
from telegram_webapp.link import EngineLink
from telegram_webapp.mirror import Snapshot
from utils.clock import Clock

KEPT: Final = 64
FRESH_S: Final = 2.0

Made = TypeVar("Made")
Compute = Callable[[Database, int, int], Made]


class Answer(NamedTuple):
    """JSON that was made once, and what changes whenever it does."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, body: bytes) -> "Answer":
        """Return *body* with a digest of it."""
        return cls(body, hashlib.blake2b(body, digest_size=12).hexdigest())


@dataclass(frozen=True, slots=True)
class _Kept:
    mark: Hashable
    until: float  # of the monotonic clock; what an engine tells of holds until it tells more
    made: Any


class Results:
    """Makes answers of an account's history and keeps the newest ones.

    Promise: an answer is made anew when the account's trades, equity or day went on, and only
    then; one at a time is made, on a native thread; no more than `KEPT` are held. Of an account
    that no engine tells of, it may be `FRESH_S` late.
    """

    def __init__(self, archive: Archive, link: EngineLink, clock: Clock) -> None:
        self._archive = archive
        self._link = link
        self._clock = clock
        self._making = threading.Lock()
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    def made(self, key: Hashable, compute: Compute[Made], account_id: int | None = None) -> Made:
        """Return what *compute* makes of the database, the account's id and its now (ms).

        Args:
            key: names what is computed and of which scope.
            compute: runs on a native thread, while no other does.
            account_id: the engine's unless given.

        Raises:
            ConfigError: the database is not there, damaged or of another version.
            Problem: there is no such account, or none yet.
            StoreError: the database refused.
        """
        whole = (key, account_id)
        mark = self._mark(account_id)
        found, meter = self._found(whole, mark), self._archive.meter
        if found is not None:
            meter.hits += 1
        else:
            meter.misses += 1
            with self._making:
                found = self._found(whole, mark)  # somebody else asked for the same
                if found is None:
                    query = _at(self._now(account_id), compute)
                    made = self._archive.ask(query, account_id)
                    found = _Kept(mark, self._clock.monotonic() + FRESH_S, made)
                    self._keep(whole, found)
        return cast("Made", found.made)

    def _found(self, whole: Hashable, mark: Hashable) -> _Kept | None:
        kept = self._kept.get(whole)
        if kept is None or kept.mark != mark:
            return None
        if mark is None and self._clock.monotonic() >= kept.until:
            return None
        self._kept.move_to_end(whole)
        return kept

    def _keep(self, whole: Hashable, kept: _Kept) -> None:
        self._kept[whole] = kept
        self._kept.move_to_end(whole)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _mark(self, account_id: int | None) -> Hashable:
        """Return what changes when the account's history does; None when nobody tells."""
        data = self._told(account_id)
        if data is None:
            return None
        state = data["state"]
        newest = state["equity"][-1]["at"] if state["equity"] else None
        return data["epoch"], state["account"]["closed_trades"], newest, data["at"] // DAY_MS

    def _now(self, account_id: int | None) -> int | None:
        data = self._told(account_id)
        return None if data is None else data["at"]

    def _told(self, account_id: int | None) -> dict[str, Any] | None:
        """Return what the engine says, if it is of this account."""
        if account_id is not None:
            return None
        data = self._link.snapshot().data
        return data if data is not None and data["state"]["account"] else None


def aged(snapshot: Snapshot, body: bytes) -> bytes:
    """Return *body*, a JSON object, with how stale it is while the engine is away."""
    if not snapshot.stale:
        return body
    staleness = {
        "stale": True,
        "age_ms": snapshot.engine_age_ms,
        "away_since": snapshot.away_since,
    }
    return body[:-1] + b"," + msgspec.json.encode(staleness)[1:]


def _at(now: int | None, compute: Compute[Made]) -> Callable[[Database, int], Made]:
    def query(database: Database, account_id: int) -> Made:
        at = now if now is not None else series.last_moment(database, account_id) or 0
        gc.disable()  # it would look at a long history again and again while that is read
        try:
            return compute(database, account_id, at)
        finally:
            gc.enable()

    return query
