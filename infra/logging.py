"""Log lines on standard error, in UTC, without secrets: for people, or JSON for programs."""

import logging
import re
import sys
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from typing_extensions import override

from infra.correlation import correlation_id
from infra.log_files import LogFile, LogFileHandler
from utils.hidden import without_hidden
from utils.parent_watch import has_launcher

Said = MutableMapping[str, Any]

# libraries whose informative records inform nobody who reads our log
CHATTY = ("aiohttp", "alembic", "ccxt", "httpcore", "httpx")
SECRETS = re.compile(
    r"(?P<url>://[^/@\s:]*:)[^@\s/]+(?=@)"
    r"|(?P<code>\bcode=)[\w.~-]+"
    r"|(?P<bearer>\bBearer\s+)[\w.~+/=-]+"
    r"|(?P<key>\bqd[a-z]_)[\w-]+"
    r"|(?P<bot>\d{5,}:)[\w-]{30,}"
    r"|(?P<model>\bsk-)[\w-]+"
    r"|(?P<signed>\b(?:signature|listenKey)=)[\w%.~+/=-]+"
    r"|(?P<header>\bX-MBX-APIKEY['\"]?\s*[:=]\s*['\"]?)[\w-]+"
    r"|(?P<listen>\"listenKey\"\s*:\s*\")[\w-]+"
    r"|(?P<cookie>\b(?:Set-)?Cookie:\s*)[^\r\n]+",
    re.IGNORECASE,
)


def setup_logging(
    process: str, level: str = "INFO", form: str = "text", folder: Path | None = None
) -> None:
    """Send the log of this process to standard error, one line a record.

    Args:
        process: the word that says which process of ours speaks, such as ``engine``.
        level: the least level that is shown.
        form: ``text`` for people, ``json`` for programs.
        folder: where the newest lines are kept too, unless a launcher keeps all that it says.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if folder is not None and not has_launcher():
        handlers.append(LogFileHandler(LogFile(folder, process)))
    for handler in handlers:
        handler.setFormatter(_json_formatter(process) if form == "json" else LineFormatter(process))
    logging.getLogger().handlers[:] = handlers
    set_level(level)


def set_level(level: str) -> None:
    """Show records of *level* and above from now on."""
    logging.getLogger().setLevel(level)
    for name in CHATTY:
        logging.getLogger(name).setLevel("DEBUG" if level == "DEBUG" else "WARNING")


def _json_formatter(process: str) -> logging.Formatter:
    """Return a formatter that writes a record as a JSON object; only who asks for it loads it."""
    import structlog  # noqa: PLC0415 - see above

    write = structlog.processors.JSONRenderer(ensure_ascii=False)

    def about(_logger: object, _method: str, event: Said) -> Said:
        record: logging.LogRecord = event["_record"]
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        event["at"] = f"{seconds}.{int(record.msecs):03d}Z"
        event["level"] = record.levelname
        event["process"] = process
        event["logger"] = record.name
        if correlation_id():
            event["correlation_id"] = correlation_id()
        return event

    def render(_logger: object, _method: str, event: Said) -> str:
        return without_secrets(str(write(None, "", event)))

    return structlog.stdlib.ProcessorFormatter(
        processors=[
            about,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("text"),
            render,
        ]
    )


def without_secrets(text: str) -> str:
    """Return *text* with passwords in URLs, codes, tokens, cookies and keys as ``***``."""
    masked = SECRETS.sub(lambda match: "".join(filter(None, match.groups())) + "***", text)
    return without_hidden(masked)


class LineFormatter(logging.Formatter):
    """Formats a record as ``2026-11-21T05:22:01.042Z INFO engine store: text``.

    What belongs to a request says which: ``… INFO web store: text [4f1c0d2a]``.
    """

    def __init__(self, process: str) -> None:
        super().__init__(
            f"%(asctime)s.%(msecs)03dZ %(levelname)s {process} %(name)s: %(message)s",
            datefmt="%Y-%m-%dT%H:%M:%S",
        )
        self.converter = time.gmtime

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with its traceback if it has one, and no secret."""
        return without_secrets(super().format(record))

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line without its traceback."""
        line = super().formatMessage(record)
        return f"{line} [{correlation_id()}]" if correlation_id() else line
