"""The order book as it is now: how much could be bought or sold up to which price."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

from core.words import price
from telegram_webapp.figures.base import Asked, Figure, Told, figure, nothing
from telegram_webapp.figures.look import LIGHT, soft

TITLE: Final = "Depth"
USUAL_DECIMALS: Final = 2

Level = Sequence[float]  # price and quantity


def draw(asked: Asked, book: dict[str, Any]) -> Figure:
    """Return what is bid and asked, added up from the middle.

    Args:
        asked: which symbol.
        book: ``at``, ``bids`` and ``asks``, best first; empty while the engine is away.
    """
    title = f"{TITLE} of {asked.symbol}"
    bids, asks = book.get("bids"), book.get("asks")
    if not bids or not asks:
        return nothing(asked, title, f"No order book of {asked.symbol} came yet.")
    decimals = USUAL_DECIMALS if asked.decimals is None else asked.decimals
    text = (
        f"Best bid {price(bids[0][0], decimals)}, best ask {price(asks[0][0], decimals)} "
        f"for {asked.symbol}."
    )
    traces = [_side("Bids", bids, "accent"), _side("Asks", asks, "series_b")]
    layout = {
        "hovermode": "x unified",
        "xaxis": {"type": "linear", "tickformat": f",.{decimals}f", "nticks": 5,
                  "range": [bids[-1][0], asks[-1][0]]},
        "yaxis": {"rangemode": "tozero", "tickformat": ",.4~r"},
        "margin": {"l": 0, "r": 60, "t": 8, "b": 20},
    }  # fmt: skip
    return figure(asked, Told(title=title, text=text, at=book["at"]), traces, layout)


def _side(name: str, levels: Sequence[Level], role: str) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "name": name,
        "x": [level[0] for level in levels],
        "y": [round(total, 8) for total in accumulate(level[1] for level in levels)],
        "line": {"color": LIGHT[role], "width": 2, "shape": "hv"},
        "fill": "tozeroy", "fillcolor": soft(role),
        "hovertemplate": f"{name} %{{y:,.4~r}}<extra></extra>",
        "meta": {"role": role},
    }  # fmt: skip
