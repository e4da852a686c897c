"""Lets go of history that is older than somebody wants it whole, a little at a time.

Trades, orders and the journal are never touched. What is old is measured from the account's own
newest point of equity, so that a replay of years ago keeps what a person would look at.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, select, tuple_

from core.market import DAY_MS, MINUTE_MS
from store import tables
from store.accounts import all_accounts
from store.database import Database

# deleting that many takes hundredths of a second: no commit of the engine waits longer
ROWS_AT_ONCE: Final = 1000
KEPT_EVERY_MS: Final = 15 * MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """For how many days history stays whole; 0 for ever."""

    equity_minute_days: int
    candle_days: int
    hold_signal_days: int
    prediction_days: int
    fact_days: int


@dataclass(slots=True)
class Sweep:
    """One pass over every account, archived ones too, in steps of bounded size.

    Promise: what is younger than its limit is untouched; of older equity the last point of each
    quarter of an hour stays, a quarter being what is after its beginning up to its end, and so
    does each curve's first point. A second sweep finds nothing to do.
    """

    database: Database
    limits: Limits
    rows_at_once: int = ROWS_AT_ONCE
    done: bool = False
    removed: Counter[str] = field(default_factory=Counter)
    _steps: Iterator[None] | None = field(default=None, init=False)

    def step(self) -> None:
        """Do a little; afterwards ``done`` says whether there is more.

        Raises:
            StoreError: the database refused; the next call begins the sweep again.
        """
        if self._steps is None:
            self._steps = self._sweep()
        try:
            next(self._steps)
        except StopIteration:
            self.done = True
        except BaseException:
            self._steps = None
            raise

    def run(self) -> None:
        """Do it all.

        Raises:
            StoreError: the database refused; what was removed before stays so.
        """
        while not self.done:
            self.step()

    def _sweep(self) -> Iterator[None]:
        for account in all_accounts(self.database):
            newest = self._newest(account.id)
            if newest is not None:
                yield from self._account(account.id, newest)

    def _newest(self, owner: int) -> int | None:
        table = tables.equity
        mine = (table.c.account_id == owner) & (table.c.strategy == "")
        with self.database.read() as connection:
            return connection.execute(select(func.max(table.c.at)).where(mine)).scalar()

    def _account(self, owner: int, newest: int) -> Iterator[None]:
        limits = self.limits
        if limits.equity_minute_days:
            before = newest - limits.equity_minute_days * DAY_MS
            for strategy in self._values(tables.equity, "strategy", owner):
                yield from self._thin(owner, strategy, before)
        if limits.candle_days:
            before = newest - limits.candle_days * DAY_MS
            for symbol in self._values(tables.candles, "symbol", owner):
                mine = {"account_id": owner, "symbol": symbol}
                yield from self._drop(tables.candles, mine, ("open_time",), before)
                yield from self._drop(tables.funding_rates, mine, ("at",), before)
        mine = {"account_id": owner}
        if limits.prediction_days:
            before = newest - limits.prediction_days * DAY_MS
            yield from self._drop(tables.signal_predictions, mine, ("due_at", "id"), before)
        if limits.hold_signal_days:
            before = newest - limits.hold_signal_days * DAY_MS
            held = tables.signals.c.decision == "held"
            yield from self._drop(tables.signals, mine, ("at", "id"), before, only=held)
        if limits.fact_days:
            before = newest - limits.fact_days * DAY_MS
            last = select(func.max(tables.facts.c.number)).where(_are(tables.facts, mine))
            not_last = tables.facts.c.number < last.scalar_subquery()  # the next counts on from it
            yield from self._drop(tables.facts, mine, ("at", "number"), before, only=not_last)
            yield from self._drop(tables.outbox, mine, ("at", "id"), before)
            yield from self._drop(tables.anomalies, mine, ("at", "id"), before)
            seen_to = tables.alert_acknowledgements  # each is later than its alert
            yield from self._drop(seen_to, mine, ("at", "alert_id"), before)

    def _values(self, table: Table, name: str, owner: int) -> list[str]:
        """Return the values of the second column of a key, each found by one look-up."""
        column, found = table.c[name], list[str]()
        least = select(func.min(column)).where(table.c.account_id == owner)
        with self.database.read() as connection:
            value = connection.execute(least).scalar()
            while value is not None:
                found.append(value)
                value = connection.execute(least.where(column > value)).scalar()
        return found

    def _drop(
        self, table: Table, mine: dict[str, Any], key: Sequence[str], before: int,
        *, only: ColumnElement[bool] | None = None,
    ) -> Iterator[None]:  # fmt: skip
        """Delete rows of *mine* that are before a time, oldest first; *key* begins with the time.

        Those that *only* leaves in place are passed over once a sweep.
        """
        columns = [table.c[name] for name in key]
        wanted = (only if only is not None else columns[0].is_not(None)).label("wanted")
        query = select(*columns, wanted).where(_are(table, mine), columns[0] < before)
        query = query.order_by(*columns).limit(self.rows_at_once)
        rows = self._read(query)
        while rows:
            keys = [tuple(row[:-1]) for row in rows if row.wanted]
            self._delete(table, mine, key, keys)
            yield
            after = tuple_(*columns) > tuple(rows[-1][:-1])
            rows = self._read(query.where(after)) if len(rows) == self.rows_at_once else []

    def _thin(self, owner: int, strategy: str, before: int) -> Iterator[None]:
        """Keep of a curve before a time its first point and the last of each quarter."""
        table = tables.equity
        mine = {"account_id": owner, "strategy": strategy}
        end = before // KEPT_EVERY_MS * KEPT_EVERY_MS  # no quarter is thinned in parts
        query = select(table.c.at).where(_are(table, mine), table.c.at <= end).order_by(table.c.at)
        (first,) = self._read(select(func.min(table.c.at)).where(_are(table, mine)))[0]
        last = first - 1
        while True:
            rows = self._read(query.where(table.c.at > last).limit(self.rows_at_once + 1))
            times = [row.at for row in rows]
            # the one that follows tells that a point is not its quarter's last
            gone = [
                (at,)
                for at, following in pairwise(times)
                if _quarter(at) == _quarter(following) and at != first
            ]
            self._delete(table, mine, ("at",), gone)
            yield
            if len(rows) <= self.rows_at_once:
                return
            last = times[-2]

    def _read(self, query: Any) -> Sequence[Any]:
        with self.database.read() as connection:
            return connection.execute(query).all()

    def _delete(
        self, table: Table, mine: dict[str, Any], key: Sequence[str], gone: Sequence[Any]
    ) -> None:
        if not gone:
            return
        with self.database.write(durable=False) as connection:
            self.removed[table.name] += _deleted(connection, table, mine, key, gone)


def _quarter(at: int) -> int:
    """Return the number of the quarter of an hour that ends at or after *at*."""
    return -(-at // KEPT_EVERY_MS)


def _are(table: Table, values: dict[str, Any]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in values.items()))


def _deleted(
    connection: Connection, table: Table, mine: dict[str, Any], key: Sequence[str], gone: Any
) -> int:
    identity = key[-1]  # what names a row of theirs; a time before it only orders them
    values = [row[-1] for row in gone]
    found = connection.execute(
        delete(table).where(_are(table, mine), table.c[identity].in_(values))
    )
    return int(found.rowcount)
