"""History from files: into an account of its own, once."""

from decimal import Decimal
from pathlib import Path

import pytest

from runner.import_history import main
from store import history, series
from store.accounts import current_account, find_or_create_account
from store.database import Database
from store.imported import imported_account

EQUITY = "time,equity\n2026-05-01 00:00,1000\n2026-05-01 00:15,1001\n2026-05-01 00:30,999\n"
HEADER = "symbol,side,qty,entry_price,exit_price,opened_at,closed_at,fees,pnl\n"
LONG = "BTCUSDT,long,0.5,60000,61000,2026-05-01 10:00,2026-05-01 12:00,30,470\n"
SHORT = "ETH/USDT:USDT,sell,2,3000,3100,2026-05-01 11:00,2026-05-01 11:30,6,-206\n"


def imported(folder: Path, label: str) -> tuple[Database, int]:
    database = Database(f"sqlite:///{folder}/quarterdeck.db")
    return database, imported_account(database, label, Decimal(0), 1).id


def bring(folder: Path, equity: str = "", trades: str = "", *more: str) -> int:
    argv = ["--data-dir", str(folder), "--label", "mine", *more]
    for name, text in (("equity", equity), ("trades", trades)):
        if text:
            path = folder / f"{name}.csv"
            path.write_text(text, encoding="utf-8")
            argv += [f"--{name}", str(path)]
    return main(argv)


def test_equity_and_trades_are_stored_once_however_often_they_are_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bring(tmp_path, EQUITY, HEADER + LONG + SHORT) == 0
    first = capsys.readouterr().out

    assert bring(tmp_path, EQUITY, HEADER + LONG + SHORT) == 0

    again = capsys.readouterr().out
    assert "equity.csv: 3 rows stored, 0 were there already, 0 refused" in first
    assert "trades.csv: 0 rows stored, 2 were there already, 0 refused" in again
    database, account = imported(tmp_path, "mine")
    assert [p.equity for p in series.equity(database, account)] == [1000, 1001, 999]
    newest, oldest = history.trades(database, account).items
    assert (newest.symbol, newest.net_pnl) == ("BTC/USDT", Decimal(470))
    assert (oldest.symbol, oldest.side, oldest.net_pnl) == ("ETH/USDT", "short", Decimal(-206))
    assert newest.entry_notional == 30_000
    database.close()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (LONG.replace("470", "500"), "net_pnl says 500, but prices, fees and funding come to 470"),
        (LONG.replace("0.5", "0"), "qty must be above 0, was 0"),
        (LONG.replace("60000", "NaN"), "entry_price must be a finite number"),
        (LONG.replace("61000", "-1"), "exit_price must be above 0, was -1"),
        (LONG.replace("long", "up"), "side must be long or short"),
        (LONG.replace("12:00", "09:00"), "it closed"),
        (LONG.replace("BTCUSDT", "??"), "symbol must be like BTC/USDT"),
    ],
)
def test_a_trade_that_does_not_add_up_is_refused_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str, reason: str
) -> None:
    assert bring(tmp_path, "", HEADER + SHORT + row) == 1

    told = capsys.readouterr().out
    assert f"trades.csv:3: refused, {reason}" in told
    assert "trades.csv: 1 rows stored, 0 were there already, 1 refused" in told


def test_a_row_that_says_something_else_than_what_is_stored_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(tmp_path, EQUITY)
    capsys.readouterr()

    assert bring(tmp_path, EQUITY.replace(",999", ",998")) == 1

    assert "equity.csv:4: refused, 999 is stored for that time already" in capsys.readouterr().out


def test_imported_history_does_not_take_the_place_of_the_engines(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/quarterdeck.db")
    database.migrate()
    mine = find_or_create_account(database, "simulated:7:BTC/USDT", Decimal(1), now=5)

    bring(tmp_path, EQUITY)

    assert current_account(database) == mine
    database.close()


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ([], "name a file with --equity or --trades"),
        (["--demo", "0"], "--demo must be from 1 to 3650 days, was 0"),
        (["--equity", "nowhere.csv"], "cannot be read: No such file"),
        (["--equity", "x.csv", "--zone", "Mars/Base"], "--zone must be a zone like UTC"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], sentence: str
) -> None:
    assert main(["--data-dir", str(tmp_path), *argv]) == 2

    assert sentence in capsys.readouterr().err


def test_a_demonstration_is_the_engines_own_history_and_is_made_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--data-dir", str(tmp_path), "--demo", "1"]
    assert main(asked) == 0
    assert "1 simulated days" in capsys.readouterr().out

    assert main(asked) == 2

    assert "this account has traded already" in capsys.readouterr().err
    database = Database(f"sqlite:///{tmp_path}/quarterdeck.db")
    account = current_account(database)
    assert account is not None
    assert account.market_id.startswith("simulated:")
    assert len(series.equity(database, account.id)) > 500
    database.close()
