"""Watches every symbol for what is out of the ordinary, a closed minute at a time.

What is usual is looked up every `REFRESH_MS` of market time and only compared in between, so that
a minute costs little however fast history is played.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.anomalies import (
    BPS,
    FEWEST,
    RANKS,
    REACH,
    Anomaly,
    Gauge,
    Limits,
    Measure,
    imbalance_pct,
    spread_bps,
)
from core.market import HOUR_MS, MINUTE_MS, Bar, Book

REFRESH_MS: Final = HOUR_MS  # of market time between two looks at what is usual
LEAST_FUNDING_PCT: Final = 0.001  # a rate that moves less than that is nobody's concern
FROM_CANDLES: Final = (Measure.RETURN, Measure.VOLUME)


class Kept(msgspec.Struct):
    """What is kept of a gauge: its samples, and what was usual at the last look."""

    samples: list[float]
    usual: float
    deviation: float
    least: float


class Saved(msgspec.Struct):
    """What a restart needs of a symbol beside its candles.

    ``told`` holds, by measure, when something was told last and the rank of its severity.
    """

    gauges: dict[Measure, Kept]
    told: dict[Measure, tuple[int, int]]
    hour: int
    rate: float | None


class Scene:
    """All measures of one symbol."""

    __slots__ = (
        "book", "gauges", "hour", "last", "next_at", "rate", "refresh_at", "returns", "told",
        "volumes",
    )  # fmt: skip

    def __init__(self, limits: Limits) -> None:
        self.gauges = {
            measure: Gauge(FEWEST[measure], REACH[measure] * limits.mild_z) for measure in Measure
        }
        self.returns, self.volumes = (self.gauges[measure] for measure in FROM_CANDLES)
        self.book: Book | None = None
        self.rate: float | None = None
        self.last = 0.0
        self.next_at = -1
        self.refresh_at = self.hour = 0
        self.told: dict[Measure, tuple[int, int]] = {}

    def refresh(self, opened: int, measures: Iterable[Measure] = Measure) -> None:
        """Look at what is usual from now on, and not again for a while."""
        self.refresh_at = opened - opened % REFRESH_MS + REFRESH_MS
        for measure in measures:
            self.gauges[measure].refresh()

    def candle(self, bar: Bar) -> list[tuple[Measure, float, float]]:
        """Measure *bar*; return (measure, value, z) of what is out of reach."""
        close, volume = float(bar.close), float(bar.volume)
        found = []
        if bar.open_time == self.next_at:
            value = 100.0 * (close / self.last - 1.0)
            z = self.returns.take(value)
            if z is not None:
                found.append((Measure.RETURN, value, z))
        z = self.volumes.take(volume)
        if z is not None:
            found.append((Measure.VOLUME, volume, z))
        self.last, self.next_at = close, bar.close_time
        return found

    def beside_candles(self, opened: int, tick: Decimal) -> list[tuple[Measure, float]]:
        """Return what is to be measured of the minute from *opened* on beside its candle."""
        found: list[tuple[Measure, float]] = []
        book, self.book = self.book, None
        if book is not None and book.at >= opened and book.bids and book.asks:
            middle = float(book.bids[0][0] + book.asks[0][0]) / 2
            self.gauges[Measure.SPREAD].least = round(BPS * float(tick) / middle, 4)
            found = [
                (Measure.SPREAD, spread_bps(book)),
                (Measure.BOOK_IMBALANCE, imbalance_pct(book)),
            ]
        hour = (opened + MINUTE_MS) // HOUR_MS
        if self.rate is not None and hour != self.hour:
            self.gauges[Measure.FUNDING].least = LEAST_FUNDING_PCT
            found.append((Measure.FUNDING, self.rate))
            self.hour, self.rate = hour, None
        return found


class Detector:
    """Sees the closed minutes of every symbol, and says what was out of the ordinary.

    Promise: with fewer samples than `FEWEST` it says nothing, and of one symbol and measure nothing
    twice within the pause unless it became more severe. It goes on after `load` and `remember` as
    if it had never stopped.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._scenes: dict[str, Scene] = {}

    @property
    def limits(self) -> Limits:
        """From where on something is out of the ordinary; others hold from the next minute on."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._limits = limits
        for scene in self._scenes.values():
            for measure, gauge in scene.gauges.items():
                gauge.reach = REACH[measure] * limits.mild_z
                gauge.know(gauge.usual, gauge.deviation)

    def book(self, book: Book) -> None:
        """Take a newer book."""
        self._scene(book.symbol).book = book

    def rate(self, symbol: str, rate: float) -> None:
        """Take a newer funding *rate* (a share); one an hour is measured."""
        self._scene(symbol).rate = round(100 * rate, 8)

    def bar(self, bar: Bar, tick: Decimal) -> list[Anomaly]:
        """Take a closed minute; return what was out of the ordinary in it.

        One that comes late or twice is passed over; after a gap there is no return. *tick* is the
        smallest step of the price.
        """
        scene, opened = self._scenes.get(bar.symbol) or self._scene(bar.symbol), bar.open_time
        if opened < scene.next_at:
            return []
        if opened >= scene.refresh_at:
            scene.refresh(opened)
        found = scene.candle(bar)
        if scene.book is not None or scene.rate is not None:
            for measure, value in scene.beside_candles(opened, tick):
                z = scene.gauges[measure].take(value)
                if z is not None:
                    found.append((measure, value, z))
        return self._told(scene, bar, found) if found else []

    def remember(self, bars: Iterable[Bar]) -> None:
        """Take stored minutes of a symbol, oldest first, after a restart."""
        for bar in bars:
            scene = self._scenes.get(bar.symbol) or self._scene(bar.symbol)
            if bar.open_time < scene.next_at:
                continue
            if bar.open_time >= scene.refresh_at:
                scene.refresh(bar.open_time, FROM_CANDLES)
            scene.candle(bar)

    def drop(self, symbol: str) -> None:
        """Forget a symbol."""
        self._scenes.pop(symbol, None)

    def save(self) -> dict[str, Any]:
        """Return what a restart needs beside the candles, JSON-able."""
        return {symbol: msgspec.to_builtins(_saved(s)) for symbol, s in self._scenes.items()}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `save` returned, before any candle is remembered.

        Raises:
            msgspec.ValidationError: it is nothing of ours.
        """
        for symbol, one in msgspec.convert(saved, dict[str, Saved]).items():
            scene = self._scene(symbol)
            scene.told, scene.hour, scene.rate = one.told, one.hour, one.rate
            for measure, kept in one.gauges.items():
                gauge = scene.gauges[measure]
                gauge.samples.extend(kept.samples)
                gauge.least = kept.least
                gauge.know(kept.usual, kept.deviation)

    def _scene(self, symbol: str) -> Scene:
        scene = self._scenes.get(symbol)
        if scene is None:
            scene = self._scenes[symbol] = Scene(self._limits)
        return scene

    def _told(
        self, scene: Scene, bar: Bar, found: Iterable[tuple[Measure, float, float]]
    ) -> list[Anomaly]:
        """Return what of *found* is new."""
        told, at = [], bar.close_time
        for measure, value, z in found:
            severity = self._limits.severity(measure, z)
            if severity is None:
                continue
            before, rank = scene.told.get(measure, (-self._limits.pause_ms, 0))
            if at - before < self._limits.pause_ms and RANKS[severity] <= rank:
                continue
            scene.told[measure] = (at, RANKS[severity])
            gauge = scene.gauges[measure]
            told.append(
                Anomaly(
                    at=at,
                    symbol=bar.symbol,
                    measure=measure,
                    value=round(value, 8),
                    usual=round(gauge.usual, 8),
                    deviation=round(gauge.deviation, 8),
                    z=round(z, 4),
                    severity=severity,
                )
            )
        return told


def _saved(scene: Scene) -> Saved:
    kept: dict[Measure, Kept] = {
        measure: Kept(list(gauge.samples), gauge.usual, gauge.deviation, gauge.least)
        for measure, gauge in scene.gauges.items()
        if measure not in FROM_CANDLES
    }
    return Saved(kept, scene.told, scene.hour, scene.rate)
