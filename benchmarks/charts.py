"""How long charts of the server take: to be drawn up, to be sent again, and on the page.

The web server runs as it does in production, over a SQLite file with a year of minutes of one
symbol and of equity, which is more than is kept by default; the engine is away. Times of the
server are of whole HTTP requests with Brotli. On the page they are of the script alone, in
Chromium: from the figure to the end of Plotly's drawing.
"""

import math
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import msgspec
from sqlalchemy import insert

from benchmarks.browsing import browser
from benchmarks.deck import free_port
from benchmarks.report import Result
from benchmarks.served import served
from core.dashboard import SCHEMA_VERSION, empty_state
from core.market import DAY_MS, HOUR_MS, MINUTE_MS, Funding
from core.orders import OrderRole
from core.trades import PositionSide, Trade
from infra.settings import Settings
from store import tables
from store.access import AccessStore, Role
from store.accounts import find_or_create_account
from store.database import Database
from store.records import AnomalyRow, PredictionRow, SignalRow
from store.writer import Batch, Writer
from telegram_webapp.figures.base import MOST_POINTS, Asked, Figure, Told, figure
from telegram_webapp.figures.candles import MOST_CANDLES, figure_of
from telegram_webapp.figures.lines import line
from telegram_webapp.figures.look import money_axis
from tests.chart_page import chart_page

YEAR: Final = 365
MONTH: Final = 30
START: Final = 1_700_006_400_000  # 2023-11-15
NOW: Final = START + YEAR * DAY_MS
SYMBOL: Final = "BTC/USDT"
TYPES: Final = {
    "anomalies": "", "calibration": "", "candles": f"&symbol={SYMBOL}", "drawdown": "",
    "equity": "", "funding": f"&symbol={SYMBOL}", "performance": "", "predictions": "",
}  # fmt: skip
FIRSTS: Final = 3
AGAIN: Final = 30
DRAWINGS: Final = 5
ROWS_AT_ONCE: Final = 20_000
# how long drawing takes: all of it is done when the call returns
DRAW: Final = """async ([figure, times]) => {
  const { themed } = await import("/js/charts/roles.js");
  const box = document.createElement("div");
  document.querySelector(".card").append(box);
  const took = [];
  for (let n = 0; n < times; n += 1) {
    Plotly.purge(box);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const begun = performance.now();
    const size = { width: 800, height: 300 };
    const manner = { zoom: true, frozen: false, ground: "bg" };
    const drawn = themed(structuredClone(figure), size, manner);
    await Plotly.react(box, drawn.data, { ...drawn.layout, ...size }, {});
    took.push(performance.now() - begun);
  }
  const added = [];
  for (let n = 0; n < times; n += 1) {
    const trace = figure.data[0];
    const last = trace.x[trace.x.length - 1] + n + 1;
    const more = trace.type === "candlestick"
      ? { x: [[last]], open: [[1e4]], high: [[1e4]], low: [[1e4]], close: [[1e4]] }
      : { x: [[last]], y: [[1e4]] };
    await new Promise((resolve) => setTimeout(resolve, 50));
    const begun = performance.now();
    await Plotly.extendTraces(box, more, [0]);
    added.push(performance.now() - begun);
  }
  box.remove();
  return [took, added];
}"""


def run() -> list[Result]:
    """Measure."""
    with _stored() as (settings, key), served(settings, key) as (client, _):
        client.headers["Accept-Encoding"] = "br"
        client.get("api/me").raise_for_status()
        results = _answers(client)
    return [*results, *_drawings()]


def _answers(client: httpx.Client) -> list[Result]:
    results = []
    for name, more in TYPES.items():
        # another number of points each time is another chart: none is kept yet
        path = f"api/chart/{name}?hours={MONTH * 24}{more}&points="
        first = [_timed(client, f"{path}{MOST_POINTS - n}") for n in range(FIRSTS)]
        again = [_timed(client, f"{path}{MOST_POINTS}") for _ in range(AGAIN)]
        label = f"chart {name}, {MONTH} days of minutes"
        note = f"median of {FIRSTS}"
        results.append(Result(f"{label}, first", statistics.median(first), "ms", 50, note=note))
        results.append(Result(f"{label}, again", statistics.median(again), "ms", 5))
    for name in ("candles", "equity", "drawdown"):
        took = _timed(client, f"api/chart/{name}?hours={YEAR * 24}{TYPES[name]}")
        results.append(Result(f"chart {name}, a year of minutes, first", took, "ms"))
    return results


def _timed(client: httpx.Client, path: str) -> float:
    begun = time.perf_counter()
    client.get(path).raise_for_status()
    return (time.perf_counter() - begun) * 1000


def _drawings() -> list[Result]:
    results = []
    figures = {
        f"a line of {MOST_POINTS} points": _line(),
        f"{MOST_CANDLES} candles": _candles(MOST_CANDLES),
        f"{MOST_POINTS} candles, which are never asked for": _candles(MOST_POINTS),
    }
    with browser() as opened, chart_page(opened, "equity", width=840) as chart:
        chart.show(_line())  # loads the library
        for name, built in figures.items():
            took, added = chart.page.evaluate(DRAW, [built, DRAWINGS])
            goal = None if "never" in name else 1.0
            draw, add = statistics.median(took), statistics.median(added)
            note = f"median of {DRAWINGS}"
            results.append(Result(f"drawing {name}", draw, "ms", goal and 100, note=note))
            results.append(Result(f"adding a point to {name}", add, "ms", goal and 50, note=note))
    return results


def _line() -> Figure:
    points = [(START + n * MINUTE_MS, 10_000 + math.sin(n / 50) * 40) for n in range(MOST_POINTS)]
    drawn = line(points, "accent", name="Equity", hover="%{y:$,.2f}", meta={"live": "equity"})
    told = Told(title="Equity", text="Equity.")
    return figure(_asked(), told, [drawn], money_axis([value for _, value in points]))


def _candles(count: int) -> Figure:
    found = []
    for n in range(count):
        opened, closed = (10_000 + math.sin(place / 50) * 40 for place in (n, n + 1))
        high, low = max(opened, closed) + 1, min(opened, closed) - 1
        found.append((START + n * MINUTE_MS, opened, high, low, closed, 5.0))
    return figure_of(_asked(), found, [], MINUTE_MS)


def _asked() -> Asked:
    until = START + MOST_POINTS * MINUTE_MS
    return Asked(type="equity", since=START, until=until, symbol=SYMBOL)


@contextmanager
def _stored() -> Iterator[tuple[Settings, str]]:
    """Lend the settings of a folder with a year of an account, and a key."""
    with TemporaryDirectory(prefix="qd") as folder:
        settings = Settings(data_dir=Path(folder), dashboard_port=free_port())
        with closing(Database(settings.database)) as database:
            database.migrate()
            account = find_or_create_account(database, "benchmark", Decimal(10_000), now=1)
            _curves(database, account.id)
            Writer(database, account.id, durable=False).commit(_others())
        state: dict[str, Any] = empty_state()
        state["account"] = {"at": NOW, "closed_trades": 1, "currency": "USDT"}
        state["equity"] = [{"at": NOW, "equity": 10_000.0}]
        state["stats"] = {SYMBOL: {"at": NOW, "symbol": SYMBOL, "price_decimals": 1}}
        whole = {"schema_version": SCHEMA_VERSION, "epoch": "e", "seq": 1, "at": NOW}
        settings.state_path.write_bytes(msgspec.json.encode({**whole, "state": state}))
        with closing(AccessStore(settings.access_path)) as access:
            access.migrate()
            key = access.create_key("benchmark", Role.VIEWER, NOW)
        yield settings, key


def _curves(database: Database, account_id: int) -> None:
    """Store a candle and a point of equity for each minute."""
    chance = random.Random(7)  # noqa: S311 - seeded
    price, equity = 60_000.0, 10_000.0
    minutes = YEAR * DAY_MS // MINUTE_MS
    for first in range(0, minutes, ROWS_AT_ONCE):
        candles, points = [], []
        for at in range(
            START + first * MINUTE_MS,
            START + min(first + ROWS_AT_ONCE, minutes) * MINUTE_MS,
            MINUTE_MS,
        ):
            opened, price = price, price * (1 + chance.gauss(0, 0.0005))
            equity += chance.gauss(0, 2)
            candles.append({
                "account_id": account_id, "symbol": SYMBOL, "open_time": at, "open": opened,
                "high": max(opened, price), "low": min(opened, price), "close": price,
                "volume": chance.random(),
            })  # fmt: skip
            points.append({
                "account_id": account_id, "strategy": "", "at": at, "balance": Decimal(10_000),
                "equity": Decimal(f"{equity:.8f}"),
            })  # fmt: skip
        with database.write(durable=False) as connection:
            connection.execute(insert(tables.candles), candles)
            connection.execute(insert(tables.equity), points)


def _others() -> Batch:
    """Return trades, signals, predictions, anomalies and funding of the last month."""
    begin = NOW - MONTH * DAY_MS
    return Batch(
        trades=[_trade(n, begin + n * 10 * MINUTE_MS) for n in range(MONTH * 24 * 6)],
        signals=[_signal(n, begin + n * MINUTE_MS) for n in range(MONTH * 24 * 60)],
        predictions=[_prediction(n, begin + n * MINUTE_MS) for n in range(MONTH * 24 * 60 - 60)],
        anomalies=[_anomaly(n, begin + n * 10 * MINUTE_MS) for n in range(MONTH * 24 * 6)],
        funding=[
            Funding(SYMBOL, begin + n * 8 * HOUR_MS, Decimal(n % 5 - 2) / 10_000, Decimal(60_000))
            for n in range(MONTH * 3)
        ],
    )


def _trade(number: int, at: int) -> Trade:
    return Trade(
        id=f"t{number}", symbol=SYMBOL, strategy="trend", side=PositionSide.LONG, leverage=5,
        qty=Decimal("0.015"), entry_price=Decimal(60_000), exit_price=Decimal(60_100),
        opened_at=at - HOUR_MS, closed_at=at, gross_pnl=Decimal(number % 7 - 3),
        fees=Decimal("0.1"), funding=Decimal(0), roe_pct=Decimal(1), exit_reason=OrderRole.STOP,
        mae=Decimal(0), mfe=Decimal(0),
    )  # fmt: skip


def _signal(number: int, at: int) -> SignalRow:
    decision = ("held", "held", "held", "refused", "traded")[number % 5]
    return SignalRow(
        id=f"s{number}", at=at, strategy="trend", symbol=SYMBOL, action="buy",
        confidence=number % 10 / 10, price=Decimal(60_000), stop_price=None, target_price=None,
        expected_pct=0.4, expected_pnl=Decimal(number % 9 - 2), decision=decision, gate="",
        value=None, threshold=None, why="", position_id=f"t{number // 10}", detail={},
    )  # fmt: skip


def _prediction(number: int, at: int) -> PredictionRow:
    return PredictionRow(
        id=f"p{number}", at=at, strategy="trend", symbol=SYMBOL, model="m", horizon_ms=HOUR_MS,
        due_at=at + HOUR_MS, up_probability=number % 10 / 10, price=Decimal(100),
        outcome_price=Decimal(101), rose=number % 10 > number % 7,
    )  # fmt: skip


def _anomaly(number: int, at: int) -> AnomalyRow:
    return AnomalyRow(
        id=f"a{number}", at=at, symbol=SYMBOL, measure="return", value=0.01, usual=0.0,
        deviation=0.001, z=4 + number % 90 / 10, severity="mild", title="A jump", detail="It rose.",
        did="Nothing.",
    )  # fmt: skip
