"""Lines over time: traces that break where nothing is known."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median_low
from typing import Any, Final

from telegram_webapp.figures.look import LIGHT, soft

# So many times the usual distance without a point is a gap, over which no line is drawn.
GAP_TIMES: Final = 4

Points = Sequence[tuple[int, float | None]]


def broken(points: Points, usual_ms: int | None = None) -> list[tuple[int, float | None]]:
    """Return *points* with an empty one in each gap, so that no line bridges it.

    Args:
        points: (at, value), oldest first.
        usual_ms: how far apart they are where nothing is missing; found out unless given.
    """
    distances = [later[0] - point[0] for point, later in pairwise(points)]
    if not distances:
        return list(points)
    limit = GAP_TIMES * max(usual_ms or 0, median_low(distances))
    found: list[tuple[int, float | None]] = [points[0]]
    for distance, point in zip(distances, points[1:], strict=True):
        if distance > limit:
            found.append((point[0] - distance // 2, None))
        found.append(point)
    return found


def line(
    points: Points, role: str, *, name: str, hover: str, usual_ms: int | None = None, **own: Any
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
    shown = broken(points, usual_ms)
    mode = "lines" if len(points) > 1 else "markers"
    meta = {"role": role, **own.pop("meta", {})}
    return {
        "type": "scatter",
        "mode": mode,
        "name": name,
        "x": [at for at, _ in shown],
        "y": [value for _, value in shown],
        "line": {"color": LIGHT[role], "width": 2},
        "marker": {"color": LIGHT[role], "size": 8},
        "connectgaps": False,
        "hovertemplate": f"{hover}<extra></extra>",
        **own,
        "meta": meta,
    }


def filled(trace: dict[str, Any]) -> dict[str, Any]:
    """Return the trace of a line with what lies between it and zero filled softly."""
    return {**trace, "fill": "tozeroy", "fillcolor": soft(trace["meta"]["role"])}
