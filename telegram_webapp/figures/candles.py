"""Candles of a symbol with their volume, and what we bought and sold."""

from typing import Any, Final

from core.ledger import Entry
from core.market import DAY_MS, HOUR_MS, MINUTE_MS
from core.words import price
from store import history, series
from store.database import Database
from store.history import Wanted
from store.series import Candle
from telegram_webapp.figures.base import Asked, Figure, Told, figure, nothing
from telegram_webapp.figures.look import CLEAR, LIGHT, soft
from telegram_webapp.replies import number

MOST_CANDLES: Final = 360  # drawing more takes a tenth of a second
MOST_FILLS: Final = 200
USUAL_DECIMALS: Final = 2
PRICES: Final = (0.17, 1)
VOLUME: Final = (0, 0.13)
LENGTHS: Final = (
    *(minutes * MINUTE_MS for minutes in (1, 5, 15, 30)),
    *(hours * HOUR_MS for hours in (1, 2, 4, 8, 12)),
    *(days * DAY_MS for days in (1, 2, 7, 14, 28, 91, 364)),
)
SYMBOLS: Final = {"buy": "triangle-up", "sell": "triangle-down"}


def draw(database: Database, account_id: int, asked: Asked) -> Figure:
    """Return candles, as long as they must be so that they are few enough.

    Raises:
        StoreError: the database refused.
    """
    length = length_of(asked)
    span = (asked.since, asked.until)
    found = series.candles(database, account_id, asked.symbol, *span, length)
    if not found:
        return nothing(asked, _title(asked), f"No candle of {asked.symbol} in this time.")
    wanted = Wanted(symbol=asked.symbol, since=span[0], until=span[1], limit=MOST_FILLS)
    fills = history.fills(database, account_id, wanted).items
    return figure_of(asked, found, fills, length)


def figure_of(asked: Asked, found: list[Candle], fills: list[Entry], length: int) -> Figure:
    """Return the figure of candles of a length (ms), oldest first, and fills, newest first."""
    decimals = USUAL_DECIMALS if asked.decimals is None else asked.decimals
    first, last = found[0][1], found[-1][4]
    told = Told(
        title=_title(asked),
        text=f"{asked.symbol} opened at {price(first, decimals)} and is at "
        f"{price(last, decimals)}; {len(found)} candles.",
        bucket_ms=length,
        at=found[-1][0],
    )
    layout = {
        "yaxis": {"domain": PRICES, "tickformat": f",.{decimals}f"},
        "yaxis2": {"domain": VOLUME, "showgrid": False, "showticklabels": False},
        "xaxis": {"anchor": "y2", "rangeslider": {"visible": False}},
        "bargap": 0.25,
    }
    return figure(asked, told, [_candles(found), _volume(found), _fills(fills)], layout)


def _title(asked: Asked) -> str:
    return f"{asked.symbol} candles"


def length_of(asked: Asked) -> int:
    """Return the shortest usual length (ms) of which there are few enough in the time asked for."""
    most = min(asked.points, MOST_CANDLES)
    span = asked.until - asked.since
    return next((length for length in LENGTHS if span <= most * length), LENGTHS[-1])


def _candles(found: list[Candle]) -> dict[str, Any]:
    return {
        "type": "candlestick", "name": "Price",
        "x": [candle[0] for candle in found],
        "open": [candle[1] for candle in found],
        "high": [candle[2] for candle in found],
        "low": [candle[3] for candle in found],
        "close": [candle[4] for candle in found],
        "increasing": {"line": {"color": LIGHT["gain"], "width": 1.25}, "fillcolor": CLEAR},
        "decreasing": {
            "line": {"color": LIGHT["loss"], "width": 1.25}, "fillcolor": LIGHT["loss"],
        },
        "whiskerwidth": 0,
        "meta": {"role": "candles", "live": "candles"},
    }  # fmt: skip


def _volume(found: list[Candle]) -> dict[str, Any]:
    roles = ["gain" if candle[4] >= candle[1] else "loss" for candle in found]
    return {
        "type": "bar", "name": "Volume", "yaxis": "y2",
        "x": [candle[0] for candle in found],
        "y": [candle[5] for candle in found],
        "marker": {"color": [soft(role, 0.32) for role in roles], "line": {"width": 0}},
        "hovertemplate": "%{y:,.2f} traded<extra></extra>",
        "meta": {"role": "gain", "roles": roles, "alpha": 0.32, "live": "volume"},
    }  # fmt: skip


def _fills(fills: list[Entry]) -> dict[str, Any]:
    oldest_first = fills[::-1]
    return {
        "type": "scatter", "mode": "markers", "name": "Our fills",
        "x": [fill.at for fill in oldest_first],
        "y": [number(fill.price) for fill in oldest_first],
        "text": [_words(fill) for fill in oldest_first],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "symbol": [SYMBOLS.get(fill.side or "", "circle") for fill in oldest_first],
            "size": 10, "color": LIGHT["text"],
            "line": {"width": 1.5, "color": LIGHT["surface"]},
        },
        "meta": {"role": "text", "live": "fills"},
    }  # fmt: skip


def _words(fill: Entry) -> str:
    return f"{'Bought' if fill.side == 'buy' else 'Sold'} {fill.qty:f} at {fill.price:f}"
