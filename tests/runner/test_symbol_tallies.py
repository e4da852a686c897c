"""What each symbol came to is stored each hour, and adds up to what the account came to."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from store import series
from store.history import Wanted, trades
from tests.runner.engines import HOUR_MS, follow, open_engine, played, settings

pytestmark = pytest.mark.usefixtures("own_strategies")


def test_symbols_add_up_to_the_account_before_and_after_a_restart(tmp_path: Path) -> None:
    _, wired = played(tmp_path, hours=0, strategies=["churn", "holder"])
    wired.close()
    wired = open_engine(settings(tmp_path, strategies=["churn", "holder"]), now=wired.engine.now())
    asyncio.run(follow(wired.engine, wired.engine.now() + HOUR_MS))
    database, account = wired.database, wired.engine.writer.account_id
    symbols = [*wired.engine.trader.board.markets]

    whole = series.performance(database, account)
    of_each = [series.performance(database, account, symbol=symbol) for symbol in symbols]

    initial = Decimal(10_000)
    for number in (-1, -2, len(whole) // 2):
        parts = [p for points in of_each for p in points if p.at == whole[number].at]
        assert sum(p.closed_trades for p in parts) == whole[number].closed_trades > 0
        assert sum(p.wins for p in parts) == whole[number].wins
        assert sum(p.net_pnl for p in parts) == whole[number].net_pnl
        assert sum(p.balance - initial for p in parts) == whole[number].balance - initial
        apart = sum(p.equity - initial for p in parts) - (whole[number].equity - initial)
        assert abs(apart) < Decimal("0.000001")
    assert {point.symbol for points in of_each for point in points} == set(symbols)
    last = of_each[0]
    falls = [point.drawdown_pct for point in last]
    assert falls == sorted(falls)
    assert falls[-1] > 0
    closed = trades(database, account, Wanted(symbol=symbols[0], limit=9999)).items
    assert last[-1].closed_trades in {len(closed), len(closed) - 1}
    wired.close()
