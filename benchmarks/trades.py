"""How long any page of closed trades takes when a million of them are stored.

On SQLite and, where a server is found, on PostgreSQL: the newest page, pages far back, and pages
narrowed by symbol, strategy and time. What is measured is `store.history.trades`, which is all
that ``/api/trades`` does beside writing JSON.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest

from benchmarks.report import Result
from store import tables
from store.accounts import find_or_create_account
from store.database import Database
from store.history import Page, Wanted, trades
from tests.services import postgres_server

STORED: Final = 1_000_000
AT_ONCE: Final = 50_000
PAGES: Final = 200
TRIES: Final = 3  # so that what else the machine did is not counted
AT_MOST_MS: Final = 20.0
FIRST_AT: Final = 1_600_000_000_000
EVERY_MS: Final = 60_000
SYMBOLS: Final = tuple(f"COIN{number}/USDT" for number in range(20))
STRATEGIES: Final = ("full_math", "trend", "gru", "deepseek")
RARE: Final = "RARE/USDT"  # traded once in ten thousand times, and only by the first strategy

Row = tuple[Any, ...]


def run() -> list[Result]:
    """Measure."""
    with TemporaryDirectory(prefix="qd-trades-") as folder:
        results = _measured("SQLite", f"sqlite:///{Path(folder)}/quarterdeck.db", _insert)
    try:
        with postgres_server() as server, _database_of_ours(server) as url:
            results += _measured("PostgreSQL", url, _copy)
    except pytest.skip.Exception as missing:
        sys.stderr.write(f"Trades on PostgreSQL were not measured: it {missing}\n")
    return results


def _measured(name: str, url: str, fill: Callable[[Database, Iterator[Row]], None]) -> list[Result]:
    database = Database(url)
    try:
        database.migrate()
        account = find_or_create_account(database, "benchmark", Decimal(10_000), now=1)
        fill(database, _rows(account.id))
        return [
            _slowest(f"{name}: {kind}", database, account.id, list(wanted))
            for kind, wanted in _kinds(database, account.id)
        ]
    finally:
        database.close()


def _slowest(name: str, database: Database, account_id: int, pages: list[Wanted]) -> Result:
    spent = [min(_spent_ms(database, account_id, wanted) for _ in range(TRIES)) for wanted in pages]
    note = (
        f"slowest of {len(spent)} pages of 100 among {STORED:,}, "
        f"best of {TRIES} times each; the median {median(spent):.2g}"
    )
    return Result(f"trades on {name}", max(spent), "ms", at_most=AT_MOST_MS, note=note)


def _spent_ms(database: Database, account_id: int, wanted: Wanted) -> float:
    began = time.perf_counter()
    trades(database, account_id, wanted)
    return (time.perf_counter() - began) * 1000


def _kinds(database: Database, account_id: int) -> Iterator[tuple[str, Iterator[Wanted]]]:
    """Yield each kind of page with some of it; the same ones in every run."""
    chance = random.Random(7)  # noqa: S311 - any pages will do
    symbols, strategies = (*SYMBOLS, RARE, "NONE/USDT"), (*STRATEGIES, "none")

    def anywhere() -> str | None:
        until = FIRST_AT + chance.randrange(STORED) * EVERY_MS
        page: Page[Any] = trades(database, account_id, Wanted(until=until, limit=1))
        return page.next_cursor

    def span() -> dict[str, Any]:
        since = FIRST_AT + chance.randrange(STORED) * EVERY_MS
        return {"since": since, "until": since + chance.choice((60, 1440, 525_600)) * EVERY_MS}

    def symbol() -> str:
        return chance.choice(symbols)

    def strategy() -> str:
        return chance.choice(strategies)

    yield "the newest", (Wanted() for _ in range(PAGES))
    yield "far back", (Wanted(cursor=anywhere()) for _ in range(PAGES))
    yield "of a symbol", (Wanted(symbol=symbol(), cursor=anywhere()) for _ in range(PAGES))
    yield "of a strategy", (Wanted(strategy=strategy(), cursor=anywhere()) for _ in range(PAGES))
    yield "of a time", (Wanted(**span()) for _ in range(PAGES))
    both = ((strategy(), symbol(), anywhere()) for _ in range(PAGES))
    yield (
        "of a strategy and a symbol",
        (Wanted(strategy=one, symbol=other, cursor=at) for one, other, at in both),
    )
    yield (
        "of a strategy and a symbol in a time",
        (Wanted(strategy=strategy(), symbol=symbol(), **span()) for _ in range(PAGES)),
    )


def _rows(account_id: int) -> Iterator[Row]:
    """Yield trades as their table's columns, oldest first; made up, the same in every run."""
    chance = random.Random(1)  # noqa: S311 - any trades will do
    for number in range(STORED):
        rare = number % 10_000 == 0
        symbol = RARE if rare else chance.choice(SYMBOLS)
        strategy = STRATEGIES[0] if rare else chance.choice(STRATEGIES)
        at = FIRST_AT + number * EVERY_MS
        gross = f"{chance.uniform(-50, 60):.8f}"
        yield (
            account_id, f"position-{number}", symbol, strategy, chance.choice(("long", "short")),
            5, "0.015", "60123.45678901", "61000.5", at - 1_800_000, at, gross, "0.91", "-0.04",
            gross, "6.7", "target", "-2.5", "14.2", "901.85185184", "915.0075", "0.12", "9.5",
        )  # fmt: skip


def _insert(database: Database, rows: Iterator[Row]) -> None:
    marks = ", ".join("?" * len(tables.trades.c))
    with database.write(durable=False) as connection:
        while chunk := list(islice(rows, AT_ONCE)):
            connection.exec_driver_sql(f"INSERT INTO trades VALUES ({marks})", chunk)  # noqa: S608


def _copy(database: Database, rows: Iterator[Row]) -> None:
    copied = "COPY trades FROM STDIN"
    with database.write(durable=False) as ours, ours.connection.cursor().copy(copied) as copy:
        for row in rows:
            copy.write_row(row)
    with database.write() as connection:  # the server does so by itself, some time later
        connection.exec_driver_sql("ANALYZE trades")


@contextmanager
def _database_of_ours(server: str) -> Iterator[str]:
    """Yield the URL of a new database, dropped in the end."""
    name = f"qd_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
