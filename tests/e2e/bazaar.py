"""A stage with many markets, one of them named from right to left, and what presses on one."""

from contextlib import closing
from decimal import Decimal
from functools import partial
from typing import Any

from core.market import HOUR_MS, MINUTE_MS
from infra.settings import Settings
from store.accounts import find_or_create_account
from store.database import Database
from store.writer import Batch, Writer
from tests.e2e import scene
from tests.e2e.stage import Stage
from tests.store import samples

ARABIC = "عملة/USDT"
MANY = [f"COIN{number}/USDT" for number in range(46)]
BIDS = [[64212.0 - number, 1.5 + number] for number in range(10)]
ASKS = [[64212.5 + number, 0.5 + number] for number in range(10)]


def open_markets(built: Stage) -> None:
    """Follow fifty markets."""

    def act() -> None:
        for symbol in (ARABIC, *MANY):
            built.engine.publisher.touch("stats", symbol, partial(_stats, built.now, symbol))
            built.engine.publisher.touch("price", symbol, partial(_price, built.now, symbol))
        built.engine.publisher.flush()

    built.engine.call(act)


def _price(at: int, symbol: str) -> dict[str, Any]:
    return {**scene.price(at, scene.SOL, 1.25), "symbol": symbol}


def _stats(at: int, symbol: str) -> dict[str, Any]:
    base = symbol.partition("/")[0]
    return {**scene.stats(at, scene.SOL), "symbol": symbol, "base": base}


def press_on_it(built: Stage) -> None:
    """Store anomalies and predictions of BTC, and have the engine know its book."""
    now = built.now // MINUTE_MS * MINUTE_MS
    anomalies = [
        samples.anomaly(1, at=now - 3 * HOUR_MS),
        samples.anomaly(
            2, at=now - HOUR_MS, id="two", measure="spread", severity="mild", z=-9.25,
            title="BTC/USDT is spread wide", detail="Usual is a tenth of it.",
            did="One entry was refused.",
        ),
    ]  # fmt: skip
    ended = {"due_at": now - HOUR_MS, "outcome_price": Decimal("60723.4"), "rose": True}
    predictions = [
        samples.prediction(1, at=now - 3 * HOUR_MS, **ended),
        samples.prediction(2, at=now - 2 * HOUR_MS, **ended, up_probability=0.31),
        samples.prediction(3, at=now, due_at=now + HOUR_MS),
    ]
    with closing(Database(Settings(data_dir=built.data_dir).database)) as database:
        account = find_or_create_account(database, "test", Decimal(10000), now=1)
        batch = Batch(anomalies=anomalies, predictions=predictions)
        Writer(database, account.id).commit(batch)
    built.depth = {
        "symbol": scene.BTC, "at": built.now, "bids": BIDS, "asks": ASKS, "imbalance_pct": 22.2,
        "spread_bps": 0.08, "stale": False, "reason": None,
    }  # fmt: skip


def anomaly_detected(at: int) -> dict[str, Any]:
    """Return what is told as BTC falls out of the ordinary."""
    return {
        "fact_id": "anomaly:3", "at": at, "id": "three", "symbol": scene.BTC, "measure": "volume",
        "value": 900.5, "usual": 120.0, "deviation": 40.0, "z": 19.5, "severity": "strong",
        "title": "BTC/USDT traded seven times its usual volume", "detail": "900.5 against 120.",
        "did": "Nothing: no order rested there.",
    }  # fmt: skip
