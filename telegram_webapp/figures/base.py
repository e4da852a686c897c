"""What a chart of the server is: what may be asked of it, and the figure that it answers.

Figures are plain builtins. Plotly's own Python classes would cost each worker thirty megabytes
and twenty milliseconds a figure to check what a test checks once: see docs/adr/0012.
Source: https://plotly.com/python/reference/
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from store.database import Database
from telegram_webapp.figures.look import base_layout

MOST_POINTS: Final = 2000
USUAL_POINTS: Final = 1000

Figure = dict[str, Any]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be drawn: from ``since`` on and before ``until`` (ms), in ``points`` at most.

    ``symbol`` is empty where none was asked for; ``strategy`` is None of the whole account;
    ``metric`` says which of its curves a chart shows that has several. ``decimals`` are those
    of the symbol's prices, as far as they are known.
    """

    type: str
    since: int
    until: int
    points: int = USUAL_POINTS
    symbol: str = ""
    strategy: str | None = None
    metric: str = ""
    decimals: int | None = None

    def bucket_ms(self, points_each: int = 1, least_ms: int = 1) -> int:
        """Return how long a bucket must be when each gives *points_each*: round, from least on."""
        slots = max(1, self.points // points_each)
        return max(-(-(self.until - self.since) // slots), least_ms)


Draw = Callable[[Database, int, Asked], Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One type of chart.

    Attributes:
        draw: makes the figure of a database and an account's id; runs on a native thread.
        takes: which of ``symbol``, ``strategy`` and ``metric`` it may be asked with.
        needs: which of them it cannot do without.
        metrics: the words that ``metric`` may be; the first is the usual one.
        hours: how far it looks back unless it is asked for other times.
        fresh_s: no answer is kept for longer, though nothing seemed to change; None for ever.
    """

    draw: Draw
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    hours: int = 24
    fresh_s: float | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a figure beside what is drawn.

    ``text`` is one sentence for those who cannot see it. ``bucket_ms`` is how long each of its
    buckets is, None where nothing was thinned; ``at`` the time of its newest point (ms);
    ``empty`` why it shows nothing, None where it shows something.
    """

    title: str
    text: str
    bucket_ms: int | None = None
    at: int | None = None
    empty: str | None = None


def figure(
    asked: Asked,
    told: Told,
    data: Sequence[dict[str, Any]],
    layout: dict[str, Any] | None = None,
) -> Figure:
    """Return a figure in our hand: its traces, and what it adds to the layout of every chart."""
    meta = {
        "type": asked.type,
        "since": asked.since,
        "until": asked.until,
        **msgspec.structs.asdict(told),
    }
    whole = {**base_layout(asked.since, asked.until, layout), "meta": meta}
    return {"data": list(data), "layout": whole}


def nothing(asked: Asked, title: str, reason: str) -> Figure:
    """Return the figure of a chart that has nothing to show, with why."""
    return figure(asked, Told(title=title, text=reason, empty=reason), [])
