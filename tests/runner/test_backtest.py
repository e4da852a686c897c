"""A backtest is the engine itself on another tape: same trades, its own database, one report."""

from decimal import Decimal
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.trades import Trade
from infra.settings import Settings
from runner import backtest
from runner.demo import make_demo
from store import history, recovery, tables
from store.accounts import current_account
from store.database import Database
from tests.runner.engines import settings
from utils.clock import SetClock

pytestmark = pytest.mark.usefixtures("own_strategies")

MIDNIGHT = 1_789_948_800_000  # eight hours before the first funding
ENOUGH = history.Wanted(limit=1000)


def played_again(wanted: Settings, folder: Path, *argv: str) -> tuple[Database, int]:
    """Run a backtest with the settings *wanted*; return its database and account."""
    outcome = backtest.run(wanted, backtest.parser().parse_args([*argv, "--out", str(folder)]))
    return Database(f"sqlite:///{folder}/quarterdeck.db"), outcome.account_id


def results(database: Database, account: int) -> list[tuple[str, int, int, Decimal]]:
    trades: list[Trade] = history.trades(database, account, ENOUGH).items
    return [(t.symbol, t.opened_at, t.closed_at, t.net_pnl) for t in trades]


def demo(folder: Path, **changes: object) -> tuple[Settings, Database, int]:
    """Let an engine trade through two simulated days; return its settings and ledger."""
    wanted = settings(folder, strategies=["churn"], **changes)
    make_demo(wanted, 2, SetClock(MIDNIGHT))
    database = Database(wanted.database)
    account = current_account(database)
    assert account is not None
    return wanted, database, account.id


def test_over_the_candles_an_engine_stored_it_trades_as_that_engine_did(tmp_path: Path) -> None:
    wanted, ledger, account = demo(tmp_path / "engine")

    database, tested_account = played_again(wanted, tmp_path / "out")

    traded, again = results(ledger, account), results(database, tested_account)
    assert len(again) > 50
    assert again == traded


def test_it_leaves_the_account_it_reads_as_it_was(tmp_path: Path) -> None:
    wanted, ledger, account = demo(tmp_path / "engine")
    before = list(recovery.journal(ledger, account))

    played_again(wanted, tmp_path / "out")

    assert list(recovery.journal(ledger, account)) == before
    current = current_account(ledger)
    assert current is not None
    assert current.id == account


def test_the_same_tape_gives_the_same_result_each_time(tmp_path: Path) -> None:
    wanted, _, _ = demo(tmp_path / "engine")

    first = results(*played_again(wanted, tmp_path / "one"))
    second = results(*played_again(wanted, tmp_path / "two"))

    assert first == second


def test_its_ledger_adds_up_and_keeps_no_candles_twice(tmp_path: Path) -> None:
    wanted, _, _ = demo(tmp_path / "engine")

    database, account = played_again(wanted, tmp_path / "out")

    entries = list(recovery.journal(database, account))
    last = history.trades(database, account, ENOUGH).items
    assert sum((e.amount for e in entries), Decimal(0)) > 0
    assert len(last) > 50
    with database.read() as connection:
        assert connection.execute(tables.candles.select().limit(1)).first() is None
        points = connection.execute(tables.equity.select()).all()
    first = min(point.at for point in points)
    assert {point.at % 900_000 for point in points if point.at > first} == {0}


def test_a_simulated_market_can_be_tested_without_any_account(tmp_path: Path) -> None:
    wanted = settings(tmp_path / "none", strategies=["churn"])

    database, account = played_again(wanted, tmp_path / "out", "--days", "1")

    assert len(results(database, account)) > 10


def test_part_of_what_is_stored_can_be_chosen_by_day(tmp_path: Path) -> None:
    wanted, ledger, account = demo(tmp_path / "engine")
    oldest = recovery.last_candles(ledger, account, "BTC/USDT", 10_000)[0].open_time
    tomorrow = (oldest // 86_400_000 + 1) * 86_400_000

    day = backtest.day_of(tomorrow)
    database, tested_account = played_again(wanted, tmp_path / "out", "--from", day)

    assert min(opened for _, opened, _, _ in results(database, tested_account)) >= tomorrow


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--from", "yesterday"], "--from must be a day like 2026-05-31, was 'yesterday'"),
        (["--from", "2099-01-01"], "has no candles of BTC/USDT, ETH/USDT, SOL/USDT in that time"),
    ],
)
def test_what_cannot_be_tested_is_said_in_one_sentence(
    tmp_path: Path, argv: list[str], sentence: str
) -> None:
    wanted, _, _ = demo(tmp_path / "engine")

    with pytest.raises(ConfigError, match=sentence):
        played_again(wanted, tmp_path / "out", *argv)


def test_a_folder_that_holds_something_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious").touch()

    with pytest.raises(ConfigError, match="is not empty: name a new one with --out"):
        played_again(settings(tmp_path / "none"), tmp_path / "out", "--days", "1")


def test_without_an_account_it_says_where_a_tape_comes_from(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no tables yet|run the engine"):
        played_again(settings(tmp_path / "none"), tmp_path / "out")
