"""Which charts there are."""

from typing import Final

from telegram_webapp.figures import (
    anomalies,
    calibration,
    candles,
    depth,
    equity,
    falls,
    funding,
    performance,
    predictions,
    system,
)
from telegram_webapp.figures.base import Chart

SYMBOL: Final = ("symbol",)
PART: Final = ("symbol", "strategy")

CHARTS: Final[dict[str, Chart]] = {
    "anomalies": Chart(draw=anomalies.draw, takes=SYMBOL),
    "calibration": Chart(draw=calibration.draw, takes=PART),
    "candles": Chart(draw=candles.draw, takes=SYMBOL, needs=SYMBOL),
    "depth": Chart(show=depth.draw, question="depth", takes=SYMBOL, needs=SYMBOL),
    "drawdown": Chart(draw=falls.draw, takes=PART),
    "equity": Chart(draw=equity.draw, takes=("strategy",)),
    "funding": Chart(draw=funding.draw, takes=SYMBOL, needs=SYMBOL),
    "performance": Chart(draw=performance.draw, takes=PART),
    "predictions": Chart(draw=predictions.draw, takes=PART),
    "system": Chart(
        draw=system.draw, metrics=tuple(system.METRICS), fresh_s=system.FRESH_S, is_of_wall=True
    ),
}
