"""The fall of what a market earned from its highest, as a chart of the server."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import msgspec
import pytest

from tests.telegram_webapp.house import House, house


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("falls")) as built:
        yield built


def told(home: House, path: str) -> Any:
    return msgspec.json.decode(home.get(f"/api/{path}").data)


def test_a_market_falls_in_money_from_the_highest_of_its_results(home: House) -> None:
    trades = told(home, "trades?symbol=BTC/USDT&limit=500")["trades"]
    sums = list(accumulate(trade["net_pnl"] for trade in reversed(trades)))
    highest = [max(0.0, *sums[: n + 1]) for n in range(len(sums))]
    expected = [total - peak for total, peak in zip(sums, highest, strict=True)]

    figure = told(home, "chart/drawdown?symbol=BTC/USDT&hours=1000")

    assert figure["data"][0]["y"] == pytest.approx(expected)
    assert figure["layout"]["meta"]["empty"] is None


def test_the_account_falls_in_percent_and_a_market_without_trades_says_so(home: House) -> None:
    account = told(home, "chart/drawdown?hours=1000")
    assert "%" in account["layout"]["meta"]["text"]

    empty = told(home, "chart/drawdown?symbol=ETH/USDT&since=1&until=2")
    assert empty["layout"]["meta"]["empty"] == "No trade was closed in this time."
