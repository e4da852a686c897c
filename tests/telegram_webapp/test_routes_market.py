"""What the market room shows beside its charts."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
import numpy as np
import pytest

from core.ledger import EntryKind
from core.market import DAY_MS, HOUR_MS, MINUTE_MS, Bar, Funding
from infra.bus.base import CommandReply, CommandRequest
from runner.publisher import Builder
from store.writer import Batch
from tests.store import samples
from tests.telegram_webapp.house import NOW, House, house, problem

BTC, ETH = "BTC/USDT", "ETH/USDT"
HOURS = 40
LAST_HOUR = NOW // HOUR_MS
RATE = 0.0001
BOOK = {
    "symbol": BTC, "at": NOW, "bids": [[60_000.0, 2.0]], "asks": [[60_001.0, 1.0]],
    "imbalance_pct": 33.33, "spread_bps": 0.17, "stale": False, "reason": None,
}  # fmt: skip


def closes(symbol: str) -> list[float]:
    """Return closes of hours that end with the last whole one."""
    turn = 7 if symbol == BTC else 5
    return [1000.0 + (n * n) % turn * 3 + n for n in range(HOURS)]


def bars() -> list[Bar]:
    """Return the last minute of each of those hours."""
    found = []
    for symbol in (BTC, ETH):
        for n, close in enumerate(closes(symbol)):
            price = Decimal(str(close))
            opened = (LAST_HOUR - HOURS + n + 1) * HOUR_MS - MINUTE_MS
            found.append(Bar(symbol, opened, price, price, price, price, Decimal(1)))
    return found


def funded(number: int, at: int, amount: str, symbol: str = BTC) -> Any:
    return samples.entry(
        9000 + number, at=at, kind=EntryKind.FUNDING, amount=Decimal(amount), symbol=symbol
    )


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house"), own_history=False) as built:
        built.remember(
            Batch(
                anomalies=[
                    samples.anomaly(1), samples.anomaly(2, symbol=ETH),
                    samples.anomaly(3, measure="spread", title="=1+1"),
                    samples.anomaly(4, severity="mild"),
                ],
                predictions=[
                    samples.prediction(1, rose=True, outcome_price=Decimal(61000)),
                    samples.prediction(2, model="other-1", symbol=ETH),
                ],
                candles=bars(),
                equity=[samples.point(120)],
                funding=[
                    Funding(BTC, NOW - ago * HOUR_MS, Decimal(str(RATE)), Decimal(60_000))
                    for ago in (12, 8, 4)
                ],
                journal=[
                    funded(1, NOW - HOUR_MS, "-1.5"), funded(2, NOW - 9 * DAY_MS, "0.25"),
                    funded(3, NOW - 31 * DAY_MS, "-70"), funded(4, NOW - HOUR_MS, "-9", ETH),
                ],
            )
        )  # fmt: skip
        engine = built.engine
        assert engine is not None
        stats: Builder = partial(
            dict, at=NOW, symbol=BTC, funding_rate=RATE, next_funding_at=NOW + HOUR_MS
        )
        position: Builder = partial(
            dict, at=NOW, id="p0", symbol=BTC, side="long", strategy="trend", opened_at=NOW - 1,
            notional=12_000.0, funding=-1.5,
        )  # fmt: skip

        def tell() -> None:
            engine.publisher.touch("stats", BTC, stats)
            engine.publisher.touch("position", "p0", position)
            engine.publisher.flush()

        engine.call(tell)
        yield built


def body(house: House, path: str) -> dict[str, Any]:
    answer = house.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = msgspec.json.decode(answer.data)
    return found


def numbers(house: House, query: str = "") -> list[str]:
    items = body(house, f"/api/anomalies{query}")["anomalies"]
    return [item["id"].rpartition(":")[2] for item in items]


def test_anomalies_are_narrowed_and_paged(open_house: House) -> None:
    assert numbers(open_house) == ["4", "3", "2", "1"]
    assert numbers(open_house, "?symbol=BTC/USDT") == ["4", "3", "1"]
    assert numbers(open_house, "?measure=spread") == ["3"]
    assert numbers(open_house, "?severity=mild") == ["4"]
    assert numbers(open_house, f"?since={samples.START + 3000}") == ["4", "3"]
    first = body(open_house, "/api/anomalies?limit=3")
    assert numbers(open_house, f"?limit=3&cursor={first['next_cursor']}") == ["1"]
    fault = problem(open_house.get("/api/anomalies?measure=colour"))
    assert "measure must be one of return, volume, spread" in fault["detail"]


def test_anomalies_come_as_a_file_too(open_house: House) -> None:
    answer = open_house.get("/api/anomalies?format=csv&measure=spread")

    head, row = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert head[:4] == ["id", "at", "symbol", "measure"]
    assert row[head.index("title")] == "'=1+1"


def test_predictions_are_listed_with_what_came_true(open_house: House) -> None:
    found = body(open_house, "/api/predictions")["predictions"]
    assert [one["model"] for one in found] == ["other-1", "gru-1"]
    assert (found[0]["rose"], found[1]["rose"], found[1]["outcome_price"]) == (None, True, 61000.0)
    of_one = body(open_house, "/api/predictions?model=gru-1&symbol=BTC/USDT&strategy=gru")
    assert of_one["predictions"] == found[1:]


def test_funding_tells_what_it_costs_the_positions(open_house: House) -> None:
    found = body(open_house, "/api/funding?symbol=BTC")

    (held,) = found.pop("positions")
    assert held == {
        "id": "p0", "strategy": "trend", "side": "long", "notional": 12_000.0,
        "next_payment": -1.2, "paid": -1.5,
    }  # fmt: skip
    assert found == {
        "symbol": BTC, "at": NOW, "rate": RATE, "next_funding_at": NOW + HOUR_MS, "interval_h": 4,
        "annualised_pct": 21.9, "next_payment": -1.2, "paid_30d": -1.25, "settled_30d": 2,
    }  # fmt: skip
    other = body(open_house, "/api/funding?symbol=ETHUSDT")
    assert (other["rate"], other["annualised_pct"], other["next_payment"]) == (None, None, None)


def test_the_book_is_what_the_engine_answers(open_house: House) -> None:
    before = open_house.answer

    def answer(request: CommandRequest) -> CommandReply:
        assert (request.name, request.args) == ("depth", {"symbol": BTC, "levels": 5})
        return CommandReply(ok=True, result=BOOK)

    open_house.answer = answer
    try:
        assert body(open_house, "/api/depth?symbol=BTCUSDT&levels=5") == BOOK
    finally:
        open_house.answer = before
    assert problem(open_house.get("/api/depth?symbol=BTC"))["code"] == "engine_away"
    assert problem(open_house.get("/api/depth?symbol=NO"))["code"] == "unknown_symbol"


def test_correlations_are_numpys(open_house: House) -> None:
    found = body(open_house, "/api/correlations?hours=24")

    returns = [np.diff(closes(symbol)) / closes(symbol)[:-1] for symbol in (BTC, ETH)]
    expected = float(np.corrcoef([one[-24:] for one in returns])[0, 1])
    assert found["symbols"] == [BTC, ETH]
    assert found["matrix"] == [[1.0, round(expected, 4)], [round(expected, 4), 1.0]]
    assert (found["samples"], found["hours"], found["reason"]) == (24, 24, None)
    first = found["volatility"][0]
    day = 100 * float(np.std(returns[0][-24:], ddof=1)) * 24**0.5
    assert first["day_pct"] == pytest.approx(day, abs=1e-4)
    assert (first["week_pct"], first["month_pct"]) == (None, None)
    year = 100 * float(np.std(returns[0], ddof=1)) * 8760**0.5
    assert first["annualised_pct"] == pytest.approx(year, abs=1e-3)
