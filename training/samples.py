"""What there is to learn from: windows of features, and whether the price rose after each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.market import MINUTE_MS
from strategy.predictors.candles import CLOSE, OPEN_TIME, Rows, unbroken
from strategy.predictors.features import SEQUENCE, WINDOW, features
from strategy.predictors.model import Course

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Samples:
    """Windows with their outcomes, by time.

    A window is kept as the place where it ends, so that memory grows with candles and not with
    windows times their length.

    Attributes:
        features: ``(candles, features)`` of every symbol, one after the other.
        ends: ``(n,)`` the row of ``features`` that each window ends with.
        at: ``(n,)`` when each window's last candle closed, ms, rising.
        rose: ``(n,)`` whether the close a horizon later was higher.
        persists: ``(n,)`` whether the close was higher than that a horizon earlier.
        horizon_ms: how far the outcome is from the window.
    """

    features: Floats
    ends: Integers
    at: Integers
    rose: Flags
    persists: Flags
    horizon_ms: int

    def __len__(self) -> int:
        """Return how many windows there are."""
        return len(self.ends)

    def known_by(self, at: int) -> Integers:
        """Return the numbers of those whose outcome is known by *at* (ms)."""
        return np.flatnonzero(self.at + self.horizon_ms <= at)

    def between(self, since: int, until: int) -> Integers:
        """Return the numbers of those whose window closes in [*since*, *until*)."""
        return np.flatnonzero((self.at >= since) & (self.at < until))

    def windows(self, chosen: Integers) -> Floats:
        """Return the features of *chosen* windows: ``(k, SEQUENCE, features)``."""
        steps = np.arange(1 - SEQUENCE, 1)
        found: Floats = self.features[self.ends[chosen][:, np.newaxis] + steps]
        return found


def make_samples(candles: Mapping[str, Rows], course: Course) -> Samples:
    """Return every window of *candles* (by symbol) whose outcome and whose past move are known."""
    interval_ms = course.bar_minutes * MINUTE_MS
    parts = [part for rows in candles.values() for part in _parts(rows, course, interval_ms)]
    places = np.cumsum([0, *(len(part.features) for part in parts)])
    joined = Samples(
        features=_joined([part.features for part in parts], np.float32),
        ends=_joined([p.ends + n for p, n in zip(parts, places, strict=False)], np.int64),
        at=_joined([part.at for part in parts], np.int64),
        rose=_joined([part.rose for part in parts], np.bool_),
        persists=_joined([part.persists for part in parts], np.bool_),
        horizon_ms=course.horizon_bars * interval_ms,
    )
    order = np.argsort(joined.at, kind="stable")
    return Samples(
        joined.features, joined.ends[order], joined.at[order], joined.rose[order],
        joined.persists[order], joined.horizon_ms,
    )  # fmt: skip


def _parts(rows: Rows, course: Course, interval_ms: int) -> list[Samples]:
    """Return the samples of one symbol, one part for each stretch without a long hole."""
    return [
        _part(rows, stretch, course.horizon_bars * interval_ms, interval_ms)
        for stretch in unbroken(rows, interval_ms)
        if len(stretch) >= WINDOW
    ]


def _part(rows: Rows, stretch: Rows, horizon_ms: int, interval_ms: int) -> Samples:
    read = features(stretch)
    ends = np.arange(SEQUENCE - 1, len(read))
    last = stretch[ends + WINDOW - 1]
    later, knows_later = _closes(rows, last[:, OPEN_TIME] + horizon_ms)
    earlier, knows_earlier = _closes(rows, last[:, OPEN_TIME] - horizon_ms)
    known = knows_later & knows_earlier
    close = last[:, CLOSE]
    return Samples(
        features=read.astype(np.float32),
        ends=ends[known],
        at=last[known, OPEN_TIME].astype(np.int64) + interval_ms,
        rose=(later > close)[known],
        persists=(close > earlier)[known],
        horizon_ms=horizon_ms,
    )


def _closes(rows: Rows, open_times: npt.NDArray[np.float64]) -> tuple[Rows, Flags]:
    """Return the closes of the candles that open then, and which of them there are."""
    places = np.searchsorted(rows[:, OPEN_TIME], open_times)
    inside = np.minimum(places, len(rows) - 1)
    return rows[inside, CLOSE], rows[inside, OPEN_TIME] == open_times


def _joined(parts: Sequence[npt.NDArray[np.generic]], kind: type[np.generic]) -> npt.NDArray[Any]:
    return np.concatenate(parts).astype(kind) if parts else np.empty(0, dtype=kind)
