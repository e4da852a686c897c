"""Charts that the server draws up: valid for Plotly, bounded, broken at gaps, kept until news."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import msgspec
import plotly.io
import pytest
from sqlalchemy import insert

from core.market import HOUR_MS, MINUTE_MS, Funding
from infra.bus.base import CommandReply, CommandRequest
from store import tables
from store.accounts import current_account
from store.database import Database
from store.records import AnomalyRow, PredictionRow, SignalRow
from store.writer import Batch
from telegram_webapp.figures.base import MOST_POINTS
from telegram_webapp.figures.registry import CHARTS
from tests.store import samples
from tests.telegram_webapp.house import NOW, House, house, problem

MANY = 100_000
GAP = range(50_000, 60_000)
BEGIN = NOW - MANY * MINUTE_MS
YEARS = 24 * 365
ASKED = {
    "candles": "symbol=BTC/USDT", "depth": "symbol=BTC/USDT", "funding": "symbol=BTC/USDT",
}  # fmt: skip
STORED = sorted(set(CHARTS) - {"depth", "system"})
DRAWN = [*STORED, "depth"]


def many() -> Batch:
    """Return something of everything that charts show but curves and candles."""
    return Batch(
        trades=[
            samples.trade(n, id=f"t{n}", closed_at=BEGIN + n * HOUR_MS,
                          gross_pnl=Decimal(n % 7 - 3)) for n in range(1200)
        ],
        funding=[
            Funding(
                "BTC/USDT", BEGIN + n * 8 * HOUR_MS, Decimal(n % 5 - 2) / 10_000, Decimal(60_000)
            )
            for n in range(200) if not 90 < n < 100
        ],
        anomalies=[anomaly(n) for n in range(2500)],
        signals=[signal(n) for n in range(2200)],
        predictions=[prediction(n) for n in range(500)],
    )  # fmt: skip


def anomaly(number: int) -> AnomalyRow:
    return AnomalyRow(
        id=f"a{number}", at=BEGIN + number * MINUTE_MS, symbol="BTC/USDT", measure="return",
        value=0.01, usual=0.0, deviation=0.001, z=4 + number / 500,
        severity=("mild", "strong", "extreme")[number % 3], title="BTC/USDT jumped",
        detail="It rose 1% in a minute.", did="Nothing was changed.",
    )  # fmt: skip


def signal(number: int) -> SignalRow:
    return SignalRow(
        id=f"s{number}", at=BEGIN + number * MINUTE_MS, strategy="trend", symbol="BTC/USDT",
        action="buy", confidence=0.5 + number % 5 / 10, price=Decimal(60_000), stop_price=None,
        target_price=None, expected_pct=0.4, expected_pnl=Decimal(number % 9 - 2),
        decision="traded" if number % 2 else "refused", gate="", value=None, threshold=None,
        why="", position_id=f"t{number % 1300}" if number % 2 else "", detail={},
    )  # fmt: skip


def prediction(number: int) -> PredictionRow:
    return PredictionRow(
        id=f"p{number}", at=BEGIN + number * HOUR_MS, strategy="trend", symbol="BTC/USDT",
        model="m1", horizon_ms=HOUR_MS, due_at=BEGIN + (number + 1) * HOUR_MS,
        up_probability=number % 10 / 10 + 0.05, price=Decimal(100), outcome_price=Decimal(101),
        rose=number % 10 > number % 7,
    )  # fmt: skip


def fill(database: Database, account_id: int) -> None:
    """Store a hundred thousand minutes, ten thousand of them missing in the middle."""
    kept = [n for n in range(MANY) if n not in GAP]
    spike = {70_001: Decimal(25_000), 80_003: Decimal(3000)}
    equity = [
        {"account_id": account_id, "strategy": "", "at": BEGIN + n * MINUTE_MS,
         "equity": spike.get(n, Decimal(10_000 + n % 50)), "balance": Decimal(10_000)}
        for n in kept
    ]  # fmt: skip
    candles = [
        {"account_id": account_id, "symbol": "BTC/USDT", "open_time": BEGIN + n * MINUTE_MS,
         "open": 60_000.0, "high": 60_010.0 + n % 9, "low": 59_990.0, "close": 60_000.0 + n % 5,
         "volume": 1.5}
        for n in kept
    ]  # fmt: skip
    with database.write(durable=False) as connection:
        connection.execute(tables.equity.delete())
        connection.execute(insert(tables.equity), equity)
        connection.execute(insert(tables.candles), candles)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("full"), own_history=False) as built:
        with closing(Database(built.settings.database)) as database:
            account = current_account(database)
            assert account is not None
            fill(database, account.id)
        built.remember(many())
        built.answer = book
        yield built


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("bare"), own_history=False) as built:
        yield built


def book(request: CommandRequest) -> CommandReply:
    """Answer as an engine that has an order book."""
    result: dict[str, Any] = {"symbol": request.args["symbol"], "at": NOW}
    result["bids"] = [[100.0 - n / 10, 1.0 + n] for n in range(20)]
    result["asks"] = [[100.1 + n / 10, 2.0 + n] for n in range(20)]
    return CommandReply(ok=True, result=result)


def chart(house: House, name: str, more: str = "") -> dict[str, Any]:
    """Return a figure, which Plotly takes."""
    answer = house.get(f"/api/chart/{name}?{'&'.join(filter(None, (ASKED.get(name), more)))}")
    assert answer.status_code == 200, answer.text
    plotly.io.from_json(answer.text)
    found: dict[str, Any] = msgspec.json.decode(answer.data)
    return found


def points(figure: dict[str, Any]) -> int:
    return max(len(trace["x"]) for trace in figure["data"])


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_of_nothing_says_why_in_words(bare: House, name: str) -> None:
    figure = chart(bare, name)

    meta = figure["layout"]["meta"]
    assert figure["data"] == []
    assert meta["type"] == name
    assert meta["empty"] == meta["text"]
    assert meta["empty"].endswith(".")


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_of_very_much_is_bounded_and_tells_what_it_shows(full: House, name: str) -> None:
    figure = chart(full, name, f"hours={YEARS}&points={MOST_POINTS}")

    meta = figure["layout"]["meta"]
    assert meta["empty"] is None
    assert 1 < points(figure) <= MOST_POINTS
    assert meta["text"].endswith((".", "!"))
    assert all(trace["meta"]["role"] for trace in figure["data"])
    assert points(chart(full, name, f"hours={YEARS}&points=100")) <= 100
    assert all(len(trace["x"]) == len(trace.get("y", trace["x"])) for trace in figure["data"])


def test_extremes_stay_however_few_points_there_are(full: House) -> None:
    (curve,) = chart(full, "equity", f"hours={YEARS}&points=50")["data"]
    (fall,) = chart(full, "drawdown", f"hours={YEARS}&points=50")["data"]

    assert {25_000, 3000} <= set(curve["y"])
    assert curve["x"][curve["y"].index(3000)] == BEGIN + 80_003 * MINUTE_MS
    assert min(value for value in fall["y"] if value is not None) == pytest.approx(-88)


@pytest.mark.parametrize("name", ["equity", "drawdown", "funding"])
def test_no_line_is_drawn_over_a_gap(full: House, name: str) -> None:
    (trace,) = chart(full, name, f"hours={YEARS}&points=1000")["data"]

    breaks = [at for at, value in zip(trace["x"], trace["y"], strict=True) if value is None]
    assert len(breaks) == 1
    assert trace["connectgaps"] is False
    assert trace["x"] == sorted(trace["x"])
    if name != "funding":
        assert BEGIN + GAP.start * MINUTE_MS <= breaks[0] < BEGIN + GAP.stop * MINUTE_MS


def test_candles_of_a_gap_are_not_there_and_a_closer_look_has_shorter_ones(full: House) -> None:
    figure = chart(full, "candles", f"hours={YEARS}")
    near = chart(full, "candles", f"since={BEGIN}&until={BEGIN + 2 * HOUR_MS}")

    length = figure["layout"]["meta"]["bucket_ms"]
    opened = figure["data"][0]["x"]
    missing = range(BEGIN + GAP.start * MINUTE_MS + length, BEGIN + GAP.stop * MINUTE_MS - length)
    assert not [at for at in opened if at in missing]
    assert near["layout"]["meta"]["bucket_ms"] == MINUTE_MS
    assert len(near["data"][0]["x"]) == 120
    assert near["layout"]["xaxis"]["range"] == [BEGIN, BEGIN + 2 * HOUR_MS]


def test_one_point_is_a_dot_and_not_a_line(bare: House) -> None:
    account = bare.bring_in(
        "one", Batch(equity=[samples.point(1)], candles=[samples.bar(1)], trades=[samples.trade(1)])
    )

    for name in ("equity", "drawdown", "candles", "performance"):
        figure = chart(bare, name, f"account={account}")
        assert points(figure) == 1, name
        if name != "candles":
            assert figure["data"][0]["mode"] == "markers"


def test_predictions_are_told_by_what_came_true(full: House) -> None:
    traces = {
        trace["name"]: trace for trace in chart(full, "predictions", f"hours={YEARS}")["data"]
    }

    assert set(traces) == {"Made money", "Lost money", "Still open", "Refused"}
    assert {trace["meta"]["role"] for trace in traces.values()} == {
        "gain", "loss", "accent", "text_3",
    }  # fmt: skip
    assert len({trace["marker"]["symbol"] for trace in traces.values()}) == 4


def test_calibration_counts_and_scores(full: House) -> None:
    figure = chart(full, "calibration", f"hours={YEARS}")

    (curve,) = figure["data"]
    assert curve["customdata"] == [50] * 10
    assert curve["x"] == pytest.approx([5 + 10 * n for n in range(10)])
    assert "Brier" in figure["layout"]["annotations"][0]["text"]
    assert figure["layout"]["meta"]["text"].startswith("500 predictions: Brier score 0.")


def test_of_too_many_anomalies_the_strongest_are_shown(full: House) -> None:
    (dots,) = chart(full, "anomalies", f"hours={YEARS}&points=100")["data"]

    assert len(dots["x"]) == 100
    assert min(dots["y"]) == pytest.approx(4 + 2400 / 500)
    assert set(dots["meta"]["roles"]) == {"text_3", "warn", "loss"}


def test_what_did_not_change_is_drawn_once(full: House) -> None:
    path = "/api/chart/equity?hours=48"
    first = full.get(path, headers={"Accept-Encoding": "br"})

    again = full.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Content-Encoding"] == "br"
    assert first.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("pie", 404, "type must be one of anomalies, calibration, candles, "),
        ("equity?hours=0", 400, "hours must be a whole number from 1 to 87840, was '0'"),
        ("equity?points=2001", 400, "points must be a whole number from 20 to 2000"),
        ("equity?since=9&until=5", 400, "until must be after since, by at most 87840 hours"),
        ("equity?since=9&hours=5", 400, "hours must be left out where since is given"),
        ("equity?symbol=BTC", 400, "symbol must be left out: equity is not of one symbol"),
        ("candles", 400, "symbol must be given: candles is of one symbol"),
        ("candles?symbol=DOGE", 404, "symbol must be one of BTC/USDT, ETH/USDT, was 'DOGE'"),
        ("equity?metric=cpu", 400, "metric must be left out of equity"),
        ("equity?span=2", 400, "parameters must be among these"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_limits(
    bare: House, path: str, status: int, words: str
) -> None:
    said = problem(bare.get(f"/api/chart/{path}"))

    assert (said["status"], said["detail"][: len(words)]) == (status, words)
