"""Whether chances that were told came true as often as they said."""

from typing import Final

from store import drawn
from store.database import Database
from store.drawn import Part, Tenth
from telegram_webapp.figures.base import Asked, Figure, Told, figure, nothing
from telegram_webapp.figures.look import LIGHT

TITLE: Final = "Calibration"
PERCENT: Final = 100
SIZES: Final = (8, 22)


def draw(database: Database, account_id: int, asked: Asked) -> Figure:
    """Return what was said beside what came true, by tenths, with the Brier score.

    Raises:
        StoreError: the database refused.
    """
    part = Part(since=asked.since, until=asked.until, symbol=asked.symbol, strategy=asked.strategy)
    found = drawn.tenths(database, account_id, part)
    if not found:
        return nothing(asked, TITLE, "No prediction is due yet in this time.")
    return figure_of(asked, found)


def figure_of(asked: Asked, found: list[Tenth]) -> Figure:
    """Return the figure of some tenths, and how good that is."""
    count = sum(tenth.count for tenth in found)
    brier = sum(tenth.squared for tenth in found) / count
    share = sum(tenth.rose for tenth in found) / count
    baseline = share * (1 - share)
    verdict = "better than" if brier < baseline else "no better than"
    text = (
        f"{count} predictions: Brier score {brier:.3f}, {verdict} always saying how often it "
        f"rises ({baseline:.3f})."
    )
    score = {
        "name": "text_2", "xref": "paper", "yref": "paper", "x": 0.02, "y": 0.98, "align": "left",
        "xanchor": "left", "yanchor": "top", "showarrow": False,
        "text": f"Brier {brier:.3f}<br>naive {baseline:.3f}",
        "font": {"size": 11, "color": LIGHT["text_2"]},
    }  # fmt: skip
    ideal = {
        "type": "line", "name": "line_strong", "x0": 0, "y0": 0, "x1": PERCENT, "y1": PERCENT,
        "layer": "below", "line": {"width": 1, "dash": "dot", "color": LIGHT["line_strong"]},
    }  # fmt: skip
    axis = {"range": [0, PERCENT], "ticksuffix": "%", "nticks": 5}
    layout = {
        "hovermode": "closest",
        "xaxis": {"type": "linear", **axis, "title": {"text": "Said", "standoff": 4}},
        "yaxis": {**axis, "title": {"text": "Came true", "standoff": 4}},
        "margin": {"l": 0, "r": 60, "t": 8, "b": 36},
        "shapes": [ideal],
        "annotations": [score],
    }
    return figure(asked, Told(title=TITLE, text=text), [_curve(found)], layout)


def _curve(found: list[Tenth]) -> dict[str, object]:
    most = max(tenth.count for tenth in found)
    least_px, most_px = SIZES
    return {
        "type": "scatter", "mode": "lines+markers", "name": TITLE,
        "x": [round(PERCENT * tenth.said, 2) for tenth in found],
        "y": [round(PERCENT * tenth.rose / tenth.count, 2) for tenth in found],
        "text": [f"{tenth.count} predictions" for tenth in found],
        "customdata": [tenth.count for tenth in found],
        "hovertemplate": "Said %{x:.0f}%, came true %{y:.0f}%<br>%{text}<extra></extra>",
        "line": {"color": LIGHT["accent"], "width": 2},
        "cliponaxis": False,
        "marker": {
            "color": LIGHT["accent"], "opacity": 1, "line": {"width": 0},
            "size": [
                round(least_px + (most_px - least_px) * (tenth.count / most) ** 0.5, 1)
                for tenth in found
            ],
        },
        "meta": {"role": "accent"},
    }  # fmt: skip
