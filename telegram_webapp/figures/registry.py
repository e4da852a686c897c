"""Which charts there are."""

from typing import Final

from telegram_webapp.figures import candles, equity
from telegram_webapp.figures.base import Chart

CHARTS: Final[dict[str, Chart]] = {
    "candles": Chart(draw=candles.draw, takes=("symbol",), needs=("symbol",)),
    "equity": Chart(draw=equity.draw, takes=("strategy",)),
}
