"""The lines of a log, in both forms that `infra.logging` writes: read back, and told apart."""

import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
UNKNOWN_LEVEL: Final = "INFO"
TRACEBACK: Final = "Traceback (most recent call last)"
# what is longer was no line for people; its end is left out before anything looks at it
LONGEST: Final = 16_384
MOST_BELOW: Final = 200
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
HEAD: Final = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (?P<level>[A-Z]{1,10}) "
    r"(?P<process>\w{1,20}) (?P<logger>[\w.-]{1,80}): (?P<text>.*)",
    re.ASCII | re.DOTALL,
)
REQUEST: Final = re.compile(r"(?P<text>.*) \[(?P<id>[\w.:-]{6,64})\]", re.ASCII | re.DOTALL)


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a log; ``at`` is ms, UTC, None when nothing says when it was.

    ``text`` may have several lines, as a traceback has; ``request_id`` is the `correlation_id`.
    """

    at: int | None
    level: str
    process: str
    logger: str = ""
    text: str
    request_id: str = ""


class _Object(msgspec.Struct, kw_only=True):
    """A record as ``log_format json`` writes it."""

    at: str
    level: str
    text: str
    process: str = ""
    logger: str = ""
    correlation_id: str = ""
    exception: str = ""


_DECODER: Final = msgspec.json.Decoder(_Object)


def stamp(at: int) -> str:
    """Return *at* (ms) as a line of a log begins."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at // 1000))}.{at % 1000:03d}Z"


def starts_record(line: str) -> bool:
    """Return whether *line* begins a record in either form."""
    return bool(HEAD.match(line)) or _object(line) is not None


def records(lines: Sequence[str], process: str) -> Iterator[LogLine]:
    """Yield the records in *lines* of *process*, the last first.

    Lines that begin none belong to the record above; above the first there is one without a time.
    """
    below: list[str] = []
    for line in reversed(lines):
        found = _record(line, process, below)
        if found is None:
            below.append(line)
            continue
        yield found
        below = []
    if any(line.strip() for line in below):
        text = _joined("", below)
        level = "ERROR" if TRACEBACK in text else UNKNOWN_LEVEL
        yield LogLine(at=None, level=level, process=process, text=text)


def _record(line: str, process: str, below: list[str]) -> LogLine | None:
    """Return what *line* begins, with the lines that stand *below* it, the last first."""
    found = _from_object(line, process) if line.startswith("{") else _from_head(line, process)
    if found is None or not below:
        return found
    text = _joined(found.text, below)
    level = found.level
    if TRACEBACK in text and _grade(level) < _grade("ERROR"):
        level = "ERROR"  # it fell over after it had said this
    return msgspec.structs.replace(found, text=text, level=level)


def _from_head(line: str, process: str) -> LogLine | None:
    head = HEAD.match(line[:LONGEST])
    at = None if head is None else _time(head["at"])
    if head is None or at is None:
        return None
    asked = REQUEST.fullmatch(head["text"])
    text, request_id = (asked["text"], asked["id"]) if asked else (head["text"], "")
    return LogLine(
        at=at, level=_level(head["level"]), process=process, logger=head["logger"], text=text,
        request_id=request_id,
    )  # fmt: skip


def _from_object(line: str, process: str) -> LogLine | None:
    found = _object(line)
    if found is None:
        return None
    text = "\n".join(filter(None, (found.text, found.exception)))[:LONGEST]
    return LogLine(
        at=_time(found.at), level=_level(found.level), process=process, logger=found.logger[:80],
        text=text, request_id=found.correlation_id[:64],
    )  # fmt: skip


def _object(line: str) -> _Object | None:
    if not line.startswith("{"):
        return None
    try:
        found = _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return None if _time(found.at) is None else found


def _time(text: str) -> int | None:
    try:
        return (datetime.fromisoformat(text) - EPOCH) // MILLISECOND
    except (ValueError, TypeError, OverflowError):
        return None


def _level(word: str) -> str:
    return word if word in LEVELS else UNKNOWN_LEVEL


def _grade(level: str) -> int:
    return LEVELS.index(level)


def _joined(text: str, below: list[str]) -> str:
    """Return *text* with what stands below it: of very many lines the first and the last."""
    lines = below[::-1]
    if len(lines) > MOST_BELOW:
        half, left_out = MOST_BELOW // 2, len(lines) - MOST_BELOW
        lines = [*lines[:half], f"({left_out} lines left out)", *lines[-half:]]
    return "\n".join(filter(None, (text, *lines)))[:LONGEST]
