"""The replay feed: recorded minutes of several symbols in step, at any speed."""

import hashlib
import heapq
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from core.errors import ConfigError
from core.market import MINUTE_MS, Bar, Funding, Instrument, MarketMessage, MarkPrice, Step, Tick
from exchange.instruments import instrument
from exchange.pacing import tick_interval, tick_times
from exchange.replay.candles import CandleFile
from exchange.replay.funding import FundingTable
from utils.clock import Clock

TICK_MS: Final = 500


class ReplayFeed:
    """Keeps the `exchange.base.MarketFeed` contract.

    Within a recorded minute the path open → extremes → close is drawn straight, for the eye;
    orders are matched as ticks pass, and the bar itself is exactly what was recorded.
    """

    kind = "replay"

    def __init__(
        self, paths: Sequence[Path], funding_paths: Sequence[Path] = (), *,
        speed: float | None = 1.0, loop: bool = False,
    ) -> None:  # fmt: skip
        """Read every file once.

        Raises:
            ConfigError: a file cannot be used; the text says why and what to do.
        """
        self._files = _by_symbol(paths)
        self.instruments: Mapping[str, Instrument] = {
            symbol: msgspec.structs.replace(
                instrument(symbol), tick_size=min(file.tick for file in files)
            )
            for symbol, files in self._files.items()
        }
        self._funding = FundingTable(funding_paths)
        self.market_id = f"replay:{_identity([*paths, *funding_paths])}"
        self.badge = "REPLAY" if speed in {1.0, None} else f"REPLAY {speed:g}×"
        self._interval_ms = tick_interval(TICK_MS, speed or 1.0)
        self._loop = loop
        self._first = min(file.first for file in self._all_files())
        self._after = 0  # open time of the last minute taken, on the tape
        self._shift = 0  # what looping has added to the tape's times
        self._seen: dict[str, int] = {}  # open time of each symbol's last bar, on the tape
        self._told_until = 0  # engine time before which nothing is told after a restart

    @property
    def refused(self) -> list[str]:
        """Return the first rows refused so far, each with its place and reason."""
        return [row for file in self._all_files() for row in file.refused]

    @property
    def refused_count(self) -> int:
        """Return how many rows were refused so far."""
        return sum(file.refused_count for file in self._all_files())

    @property
    def refused_note(self) -> str:
        """Return how many rows were set aside and why, in words; empty when none was."""
        reasons: Counter[str] = Counter()
        for file in self._all_files():
            reasons += file.reasons
        if not reasons:
            return ""
        rows = sum(file.rows for file in self._all_files())
        kinds = ", ".join(f"{count} {kind}" for kind, count in reasons.most_common())
        return f"{reasons.total()} of {rows} recorded rows were set aside: {kinds}"

    @property
    def next_at(self) -> int:
        """Return the engine time at which the next minute begins."""
        return self._shift + (self._after + MINUTE_MS if self._after else self._first)

    def resume(self, checkpoint: Mapping[str, Any] | None, now: int) -> None:
        """Go on after *checkpoint*, with no tick at or before *now*; None begins the tape."""
        if checkpoint is not None:
            self._after, self._shift = checkpoint["after"], checkpoint["shift"]
            self._told_until = now

    def checkpoint(self) -> dict[str, Any]:
        """Return the last minute taken and the time that looping added."""
        return {"after": self._after, "shift": self._shift}

    def progress(self) -> float | None:
        """Return the share of the tape's time that was played, None when it begins again."""
        if self._loop:
            return None
        last = max(file.last for file in self._all_files())
        played = self._after + MINUTE_MS - self._first if self._after else 0
        return played / (last + MINUTE_MS - self._first)

    def past(self, until: int | None) -> Iterator[Step]:
        """Yield the minutes as bars, before *until* (ms) or to the end of the tape."""
        for minute in self._minutes():
            opened = minute[0].open_time + self._shift
            if until is not None and opened + MINUTE_MS > until:
                return
            self._after = minute[0].open_time
            yield Step(opened + MINUTE_MS, (*self._settlements(minute), *self._shifted(minute)))

    async def live(self, clock: Clock) -> AsyncIterator[Step]:
        """Yield minutes when *clock* reaches them, with ticks inside when there is time."""
        for minute in self._minutes():
            opened = minute[0].open_time + self._shift
            settlements = self._settlements(minute)
            if settlements:
                await clock.sleep((opened - clock.now()) / 1000)
                yield Step(max(opened, self._told_until), tuple(settlements))
            async for step in self._inside(minute, opened, clock):
                yield step
            await clock.sleep((opened + MINUTE_MS - clock.now()) / 1000)
            self._after = minute[0].open_time
            yield Step(opened + MINUTE_MS, tuple(self._shifted(minute)))

    async def _inside(
        self, minute: Sequence[Bar], opened: int, clock: Clock
    ) -> AsyncIterator[Step]:
        if self._interval_ms is None:
            return
        for at in tick_times(opened, self._interval_ms):
            if at <= self._told_until:
                continue
            await clock.sleep((at - clock.now()) / 1000)
            share = (at - opened) / MINUTE_MS
            yield Step(at, tuple(self._tick(bar, share, at) for bar in minute))

    def _tick(self, bar: Bar, share: float, at: int) -> Tick:
        rules = self.instruments[bar.symbol]
        rising = bar.close >= bar.open
        corners = (bar.open, bar.low, bar.high) if rising else (bar.open, bar.high, bar.low)
        leg, part = divmod(share * 3, 1)
        begin, end = ((*corners, bar.close)[int(leg) + n] for n in (0, 1))
        last = rules.round_price(begin + (end - begin) * int(part * 1000) / 1000)
        return Tick(bar.symbol, at, last - rules.tick_size, last + rules.tick_size, last)

    def _minutes(self) -> Iterator[list[Bar]]:
        """Yield the bars of each minute of the tape that was not taken yet; again when looping."""
        while True:
            streams = [_joined(files) for files in self._files.values()]
            merged = heapq.merge(*streams, key=lambda bar: bar.open_time)
            for at, bars in itertools.groupby(merged, key=lambda bar: bar.open_time):
                minute = list(bars)
                if at > self._after:
                    yield minute
                self._seen.update((bar.symbol, at) for bar in minute)
            if not self._loop:
                return
            self._shift += self._after + MINUTE_MS - self._first
            self._after = 0
            self._seen.clear()

    def _shifted(self, minute: Sequence[Bar]) -> Sequence[Bar]:
        if not self._shift:
            return minute
        replace = msgspec.structs.replace
        return [replace(bar, open_time=bar.open_time + self._shift) for bar in minute]

    def _settlements(self, minute: Sequence[Bar]) -> list[MarketMessage]:
        """Return what fell due since each symbol's bar before, and the next one known."""
        messages: list[MarketMessage] = []
        for bar in minute:
            at = bar.open_time + self._shift
            since = self._seen.get(bar.symbol, bar.open_time - 1)
            due = self._funding.due(bar.symbol, since, bar.open_time)
            messages += [Funding(bar.symbol, t + self._shift, rate, bar.open) for t, rate in due]
            if at < self._told_until or (not due and bar.open_time != self._first):
                continue
            coming = self._funding.next(bar.symbol, bar.open_time)
            if coming is not None:
                next_at, next_rate = coming
                messages.append(
                    MarkPrice(bar.symbol, at, bar.open, next_rate, next_at + self._shift)
                )
        return messages

    def _all_files(self) -> list[CandleFile]:
        return [file for files in self._files.values() for file in files]


def _by_symbol(paths: Sequence[Path]) -> dict[str, list[CandleFile]]:
    if not paths:
        raise ConfigError("a replay needs files of candles: name them with --replay")
    found: dict[str, list[CandleFile]] = {}
    for path in paths:
        file = CandleFile(path)
        found.setdefault(file.symbol, []).append(file)
    for files in found.values():
        files.sort(key=lambda file: file.first)
    return found


def _joined(files: Sequence[CandleFile]) -> Iterator[Bar]:
    """Yield the bars of several files of one symbol; what an earlier one had is not repeated."""
    last = 0
    for file in files:
        for bar in file.bars():
            if bar.open_time > last:
                last = bar.open_time
                yield bar


def _identity(paths: Sequence[Path]) -> str:
    """Return a short name for a set of files: by names and sizes, whatever their folder."""
    text = "\n".join(sorted(f"{path.name} {path.stat().st_size}" for path in paths))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
