"""The newest lines of all processes together, by level, process and words; no secret leaves."""

import heapq
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from infra.log_files import PROCESSES, log_paths
from infra.log_lines import LEVELS, LogLine, records
from infra.log_masking import LogMask
from infra.settings import Settings

MOST_LINES: Final = 500
LOOKED_AT_BYTES: Final = 1024 * 1024  # of each process
LONGEST_SHOWN: Final = 4000


class WantedLines(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines: at least of *level*, of one *process* or all, that hold *text* in any case."""

    level: str = LEVELS[0]
    process: str | None = None
    text: str = ""
    limit: int = MOST_LINES


class FoundLines(msgspec.Struct, frozen=True, kw_only=True):
    """Lines, newest first. Up to ``since`` (ms) everything was looked at, None for nothing.

    ``processes`` are those that have a log here; ``is_whole`` says that nothing older is kept.
    """

    lines: list[LogLine]
    processes: list[str]
    since: int | None
    is_whole: bool


class LogReader:
    """Reads the logs of one data folder, for people who may.

    Promise: what it returns has gone through a `LogMask`.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.log_dir
        self._mask = LogMask(settings)

    def newest(self, wanted: WantedLines) -> FoundLines:
        """Return the newest lines that are *wanted*; files that cannot be read have none."""
        names = [name for name in PROCESSES if wanted.process in {None, name}]
        tails = {name: _tail(self._folder, name) for name in names}
        found: list[LogLine] = []
        since: int | None = None
        by_time = heapq.merge(
            *(_timed(records(lines, name)) for name, (lines, _) in tails.items()),
            key=lambda entry: -entry[0],
        )
        for at, line in by_time:
            since = at or since
            if shown := self._shown(line, wanted):
                found.append(shown)
            if len(found) == wanted.limit:
                break
        return FoundLines(
            lines=found, processes=self.processes(), since=since,
            is_whole=len(found) < wanted.limit and all(whole for _, whole in tails.values()),
        )  # fmt: skip

    def processes(self) -> list[str]:
        """Return the processes that keep a log here."""
        return [name for name in PROCESSES if log_paths(self._folder, name)[0].exists()]

    def version(self) -> str:
        """Return what changes whenever a line is added."""
        marks = []
        for name in PROCESSES:
            try:
                told = log_paths(self._folder, name)[0].stat()
            except OSError:
                marks.append("-")
            else:
                marks.append(f"{told.st_ino:x}.{told.st_size:x}")
        return "-".join(marks)

    def _shown(self, line: LogLine, wanted: WantedLines) -> LogLine | None:
        """Return *line* without secrets, None if it is not *wanted*."""
        if LEVELS.index(line.level) < LEVELS.index(wanted.level):
            return None
        text, logger = self._mask(line.text), self._mask(line.logger)
        if wanted.text and wanted.text.casefold() not in f"{logger} {text}".casefold():
            return None
        if len(text) > LONGEST_SHOWN:
            text = f"{text[:LONGEST_SHOWN]}… ({len(text) - LONGEST_SHOWN} characters left out)"
        request_id = self._mask(line.request_id)
        return msgspec.structs.replace(line, text=text, logger=logger, request_id=request_id)


def _timed(lines: Iterator[LogLine]) -> Iterator[tuple[int, LogLine]]:
    """Yield *lines* with their time; one that says none is as old as what came after it."""
    newest: int | None = None
    for line in lines:
        newest = line.at if newest is None or line.at is not None else newest
        yield newest or 0, line


def _tail(folder: Path, process: str) -> tuple[Sequence[str], bool]:
    """Return the last lines of *process*, and whether they are all that is kept."""
    newest, older = log_paths(folder, process)
    data, is_whole = _end_of(newest, LOOKED_AT_BYTES)
    if is_whole:
        before, is_whole = _end_of(older, LOOKED_AT_BYTES - len(data))
        data = before + data
    if not is_whole:
        data = data.partition(b"\n")[2]  # where it was cut is no beginning of a line
    return data.decode("utf-8", "replace").split("\n"), is_whole


def _end_of(path: Path, most: int) -> tuple[bytes, bool]:
    """Return at most *most* bytes of the end of a file, and whether that is all of it."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - most))
            return file.read(most), size <= most
    except OSError:
        return b"", True
