"""The raw replay feed: what an exchange sent, heard again by the decoders that heard it live."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from core.errors import ConfigError, DataError
from core.market import Instrument, MarketMessage, Step
from exchange.real.recording import Answer, BookLine, Frame, Head, Line, RawFile, SkewLine, decoded
from exchange.replay.raw_decoding import RawDecoding, Tally
from exchange.replay.raw_exchange import RecordedExchange
from exchange.replay.raw_files import identity, opening, parts_of
from utils.clock import Clock, SetClock

log: Final = logging.getLogger(__name__)

STEP_MS: Final = 125  # of the recording's time, whatever the speed: the same file, the same steps
SILENCE_MS: Final = 30_000  # before a file: what was known of the books is out of date
BREATH: Final = 100  # lines that are heard before others have their turn


class RawReplayFeed:
    """Keeps the `exchange.base.MarketFeed` contract.

    Promise: the same files give the same steps, at any speed, live or flat out.

    Attributes:
        notes: what did not fit: books that were decoded otherwise than recorded, files cut short.
    """

    kind = "replay"
    plays_files = True

    def __init__(self, paths: Sequence[Path], *, speed: float | None = 1.0) -> None:
        """Read how the files begin, and the markets' rules from the first.

        Raises:
            ConfigError: a file cannot be used; the text says why and what to do.
        """
        self._parts = parts_of(paths)
        self._clock = SetClock()
        self._skew_ms = 0
        self._heard_at = 0
        self._exchange = RecordedExchange(self._parts[0].head.exchange)
        self._decoding = RawDecoding(self._exchange)
        self._open(list(dict.fromkeys(s for part in self._parts for s in part.head.symbols)))
        self.instruments: Mapping[str, Instrument] = self._decoding.instruments
        self.market_id = f"replay:{identity(self._parts)}"
        self.badge = "REPLAY" if speed in {1.0, None} else f"REPLAY {speed:g}×"
        self.notes: list[str] = []
        self._part = 0
        self._at = 0  # engine time of the last step
        self._told_until = 0
        self._heard_bytes = 0

    def _open(self, names: Sequence[str]) -> None:
        """Let ccxt read the recorded markets, in a loop of their own: another may be running.

        Raises:
            ConfigError: they were not recorded, or lack a symbol that was followed.
        """
        for line in opening(self._parts[0]):
            if isinstance(line, Answer):
                self._exchange.remember(line)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self._decoding.open(names, self._clock)).result()

    @property
    def tally(self) -> Tally:
        """Return what became of the frames so far."""
        return self._decoding.tally

    @property
    def next_at(self) -> int:
        """Return the engine time of the next step, at the soonest."""
        return self._at or self._parts[0].head.at

    def resume(self, checkpoint: Mapping[str, Any] | None, now: int) -> None:
        """Go on after *checkpoint*; its file is heard from its beginning, and told from there on.

        Raises:
            ConfigError: that file is not among those that are replayed.
        """
        if checkpoint is None:
            return
        names = [part.path.name for part in self._parts]
        if checkpoint["file"] not in names:
            raise ConfigError(
                f"{checkpoint['file']} was being replayed and is gone: bring it back, or begin "
                "again with --reset-paper"
            )
        self._part = names.index(checkpoint["file"])
        self._at = checkpoint["at"]
        self._told_until = max(self._at, now)

    def checkpoint(self) -> dict[str, Any]:
        """Return the file and the time of the last step."""
        return {"file": self._parts[self._part].path.name, "at": self._at}

    def progress(self) -> float | None:
        """Return the share of the files that was heard, by their size."""
        before = sum(part.size for part in self._parts[: self._part])
        whole = sum(part.size for part in self._parts)
        return min(1.0, (before + self._heard_bytes) / whole) if whole else 1.0

    def past(self, until: int | None) -> Iterator[Step]:
        """Yield the steps before *until* (ms), or to the end of the tape."""
        for step in self._steps():
            if step is None:
                continue
            if until is not None and step.at > until:
                return
            self._at = step.at
            yield step

    async def live(self, clock: Clock) -> AsyncIterator[Step]:
        """Yield the steps when *clock* reaches them."""
        for step in self._steps():
            if step is None:
                await clock.sleep(0)
                continue
            await clock.sleep((step.at - clock.now()) / 1000)
            self._at = step.at
            yield step

    def _steps(self) -> Iterator[Step | None]:
        """Yield a step for each span of time in which something came; None to let others run."""
        end = 0
        for number, line in enumerate(self._lines()):
            at = max(line.at + self._skew_ms, self._clock.at)
            if at >= end:
                if end:
                    yield self._step(end)
                end = at - at % STEP_MS + STEP_MS
            elif number % BREATH == 0:
                yield None
            self._clock.not_before(at)
            self._hear(line, at)
        if end:
            yield self._step(end)

    def _step(self, end: int) -> Step | None:
        """Return what came before *end*; None when that is nothing, or was told before."""
        self._clock.not_before(end)
        messages: list[MarketMessage] = []
        for symbol in self._decoding.symbols.values():
            messages += symbol.take(end)
        return Step(end, tuple(messages)) if messages and end > self._told_until else None

    def _lines(self) -> Iterator[Line]:
        """Yield the lines of every file from the current one on."""
        while True:
            part = self._parts[self._part]
            file, self._heard_bytes = RawFile(part.path), 0
            try:
                for written in file.lines():
                    yield decoded(written)
                    self._heard_bytes = file.read_bytes
            except (DataError, OSError) as error:
                self._note(f"the rest of {part.path.name} was left out: {error}")
            if file.cut:
                self._note(f"{part.path.name}: {file.cut}")
            if self._part + 1 == len(self._parts):
                return
            self._part += 1

    def _hear(self, line: Line, at: int) -> None:
        match line:
            case Frame():
                try:
                    self._decoding.on_frame(at, *self._exchange.hear(line))
                except DataError as error:
                    self._decoding.on_garbled()
                    log.debug("%s", error)
            case Answer():
                results = self._exchange.answer(line)
                self._decoding.on_answer(at, line.request, line.text, results)
            case BookLine():
                self._note(self._exchange.adopt(line))
                self._decoding.on_book(at, line.symbol)
            case SkewLine():
                self._skew_ms = line.ms
            case Head():
                if line.at - self._heard_at > SILENCE_MS:
                    self._exchange.forget_books()  # the engine was away, or not connected
        self._heard_at = line.at

    def _note(self, text: str) -> None:
        if text:
            self.notes.append(text)
            log.warning("Replay: %s", text)
