"""Lines over time: traces that break where nothing is known, and few enough points."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median_low
from typing import Any, Final

from telegram_webapp.figures.look import LIGHT, soft

# So many times the usual distance without a point is a gap, over which no line is drawn.
GAP_TIMES: Final = 4
MOST_BREAKS: Final = 20

Point = tuple[int, float]
Drawn = tuple[int, float | None]


def broken(points: Sequence[Point], usual_ms: int = 0, most: int = MOST_BREAKS) -> list[Drawn]:
    """Return *points* with an empty one in each gap, so that no line bridges it.

    Args:
        points: (at, value), oldest first.
        usual_ms: how far apart they may be at least without a gap between them.
        most: how many gaps at most, the longest of them.
    """
    distances = [later[0] - point[0] for point, later in pairwise(points)]
    if not distances:
        return list(points)
    limit = GAP_TIMES * max(usual_ms, median_low(distances))
    gaps = sorted((n for n, gap in enumerate(distances) if gap > limit), key=distances.__getitem__)
    found: list[Drawn] = list(points)
    for n in sorted(gaps[-most:], reverse=True):
        found.insert(n + 1, (points[n][0] + distances[n] // 2, None))
    return found


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """Return at most *most* of *points*: ends, and the least and greatest of equal numbers."""
    if len(points) <= most:
        return list(points)
    slots = max(1, (most - 2) // 2)
    kept = {0, len(points) - 1}
    for slot in range(slots):
        places = range(len(points) * slot // slots, len(points) * (slot + 1) // slots)
        kept.add(min(places, key=lambda place: points[place][1]))
        kept.add(max(places, key=lambda place: points[place][1]))
    return [points[place] for place in sorted(kept)]


def line(
    points: Sequence[Point], role: str, *, name: str, hover: str, usual_ms: int = 0, **own: Any
) -> dict[str, Any]:
    """Return the trace of a line in a role's colour; a point alone is a dot.

    Args:
        points: (at, value), oldest first.
        role: which token it is drawn in.
        name: what it is.
        hover: how its value is told, as Plotly's template.
        usual_ms: see `broken`.
        own: more of the trace.
    """
    shown = broken(points, usual_ms, min(MOST_BREAKS, 1 + len(points) // 10))
    dots = {"color": LIGHT[role], "size": 8}
    return {
        "type": "scatter",
        "mode": "lines" if len(points) > 1 else "markers",
        "name": name,
        "x": [at for at, _ in shown],
        "y": [value for _, value in shown],
        "line": {"color": LIGHT[role], "width": 2},
        **({} if len(points) > 1 else {"marker": dots}),
        "connectgaps": False,
        "hovertemplate": f"{hover}<extra></extra>",
        **own,
        "meta": {"role": role, **own.get("meta", {})},
    }


def filled(trace: dict[str, Any]) -> dict[str, Any]:
    """Return the trace of a line with what lies between it and zero filled softly."""
    return {**trace, "fill": "tozeroy", "fillcolor": soft(trace["meta"]["role"])}
