"""A database of the first version, with rows, becomes one of today."""

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from store import history, recovery, results, series
from store.accounts import current_account
from store.database import TRADING_MIGRATIONS, Database
from store.writer import Batch, EquityPoint, Writer
from tests.store import samples

FIRST = "r0001_begin.py"
ROWS = """
INSERT INTO accounts VALUES (1, 'sim:7', '10000', 5, 5, NULL);
INSERT INTO accounts VALUES (2, 'replay:a', '500', 4, 4, 6);
INSERT INTO journal (account_id, at, kind, strategy, amount, source, source_id, symbol, position_id,
  order_id, side, qty, price, leverage, role)
  VALUES (1, 10, 'transfer', 'trend', '10000', 'transfer', 'trend', '', '', '', NULL, '0', '0', 1,
  NULL);
INSERT INTO trades VALUES (1, 'p-1', 'BTC/USDT', 'trend', 'long', 5, '0.015', '60123.45678901',
  '61000.5', 20, 30, '13.15', '0.91', '-0.04', '12.20', '6.7', 'target', '-2.5', '14.2');
INSERT INTO trades VALUES (2, 'p-1', 'ETH/USDT', 'trend', 'short', 3, '2', '3000', '2900.125',
  20, 30, '199.75', '0.5', '0', '199.25', '9.9', 'signal', '0', '200');
INSERT INTO equity VALUES (1, 60000, '10001.5', '10000');
INSERT INTO equity VALUES (1, 120000, '10002.25', '10000.5');
INSERT INTO equity VALUES (2, 60000, '501', '500');
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def first(request: pytest.FixtureRequest, tmp_path: Path, sqlite_path: Path) -> Iterator[Database]:
    """A database as the first version left it."""
    folder = tmp_path / "first"
    folder.mkdir()
    shutil.copy(TRADING_MIGRATIONS / FIRST, folder)
    url = f"sqlite:///{sqlite_path}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    old = Database(url, folder)
    old.migrate()
    with old.write() as connection:
        for statement in filter(str.strip, ROWS.split(";\n")):
            connection.exec_driver_sql(statement)
    old.close()
    database = Database(url)
    yield database
    database.close()


def test_what_was_stored_is_there_after_the_upgrade(first: Database) -> None:
    first.migrate()

    first.check_version()
    account = current_account(first)
    assert account is not None
    assert account.market_id == "sim:7"
    assert [entry.amount for entry in recovery.journal(first, 1)] == [Decimal(10000)]
    assert [(p.at, p.equity, p.balance) for p in series.equity(first, 1)] == [
        (60_000, Decimal("10001.5"), Decimal(10000)),
        (120_000, Decimal("10002.25"), Decimal("10000.5")),
    ]
    assert [p.equity for p in series.equity(first, 2)] == [Decimal(501)]
    assert series.equity(first, 1, strategy="trend") == []


def test_trades_get_what_was_entered_and_left(first: Database) -> None:
    first.migrate()

    (mine,) = history.trades(first, 1).items
    (other,) = results.closed_trades(first, 2)
    assert mine.entry_notional == Decimal("901.85185184")  # 0.015 · 60123.45678901
    assert mine.exit_notional == Decimal("915.0075")
    assert (other.entry_notional, other.exit_notional) == (Decimal(6000), Decimal("5800.25"))
    assert (mine.net_pnl, mine.slippage, mine.risk) == (Decimal("12.20"), Decimal(0), None)


def test_trading_goes_on_after_the_upgrade(first: Database) -> None:
    first.migrate()
    point = EquityPoint(120_000, Decimal(6000), Decimal(5000), "trend")

    Writer(first, 1).commit(Batch(trades=[samples.trade(2)], equity=[point]))

    assert [trade.id for trade in results.closed_trades(first, 1)] == ["p-1", "position-2"]
    assert series.equity(first, 1, strategy="trend") == [point]
    assert len(series.equity(first, 1)) == 2


@pytest.fixture(params=["sqlite", "postgresql"])
def fourth(request: pytest.FixtureRequest, tmp_path: Path, sqlite_path: Path) -> Iterator[Database]:
    """A database whose headline figures had no symbol yet."""
    folder = tmp_path / "fourth"
    folder.mkdir()
    for path in sorted(TRADING_MIGRATIONS.glob("r000[1-4]_*.py")):
        shutil.copy(path, folder)
    url = f"sqlite:///{sqlite_path}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    old = Database(url, folder)
    old.migrate()
    with old.write() as connection:
        connection.exec_driver_sql("INSERT INTO accounts VALUES (1, 'sim:7', '10000', 5, 5, NULL)")
        connection.exec_driver_sql(
            "INSERT INTO performance_metrics VALUES "
            "(1, 'trend', 3600000, '10012.5', '10000', 7, 4, 2, '12.5', 57.14, 1.8, 0.4)"
        )
    old.close()
    database = Database(url)
    yield database
    database.close()


def test_headline_figures_of_before_are_of_every_symbol(fourth: Database) -> None:
    fourth.migrate()

    (kept,) = series.performance(fourth, 1, "trend")
    assert (kept.symbol, kept.equity, kept.wins) == ("", Decimal("10012.5"), 4)
