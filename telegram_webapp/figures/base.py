"""What a chart of the server is: what may be asked of it, and the figure that it answers.

Figures are plain builtins. Plotly's own Python classes would cost each worker thirty megabytes
and twenty milliseconds a figure to check what a test checks once: see docs/adr/0012.
Source: https://plotly.com/python/reference/
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from core.market import HOUR_MS
from store.database import Database
from telegram_webapp.figures.look import base_layout

MOST_POINTS: Final = 2000
USUAL_POINTS: Final = 1000
LEAST_SPAN_MS: Final = HOUR_MS

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

    @property
    def lines(self) -> int:
        """Return how many points lines may have together: some are left for breaks in them."""
        return self.points * 9 // 10


Draw = Callable[[Database, int, Asked], Figure]
Ask = Callable[[Asked, dict[str, Any]], Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One type of chart: drawn of the database, or of what the engine says when it is asked.

    Attributes:
        draw: makes the figure of a database and an account's id; runs on a native thread.
        show: makes it of what the engine answered to ``question``, which may be empty.
        question: what the engine is asked, with the symbol.
        takes: which of ``symbol`` and ``strategy`` it may be asked with.
        needs: which of them it cannot do without.
        metrics: the words that ``metric`` may be; the first is the usual one.
        fresh_s: no answer is kept for longer, though nothing seemed to change; None for ever.
        is_of_wall: whether its times are the wall clock's, not the market's.
    """

    draw: Draw | None = None
    show: Ask | None = None
    question: str = ""
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    fresh_s: float | None = None
    is_of_wall: bool = False


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
    whole = {**base_layout(_begin(asked, data), asked.until, layout), "meta": meta}
    return {"data": list(data), "layout": whole}


def _begin(asked: Asked, data: Sequence[dict[str, Any]]) -> int:
    """Return where a chart of time begins: with what it shows, if that is later than asked."""
    first = min((trace["x"][0] for trace in data if trace["x"]), default=asked.since)
    return max(asked.since, min(int(first), asked.until - LEAST_SPAN_MS))


def nothing(asked: Asked, title: str, reason: str) -> Figure:
    """Return the figure of a chart that has nothing to show, with why."""
    return figure(asked, Told(title=title, text=reason, empty=reason), [])
