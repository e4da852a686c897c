"""Plain readable log lines on standard error, in UTC, without secrets."""

import logging
import re
import sys
import time

from typing_extensions import override

from utils.hidden import without_hidden

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


def setup_logging(process: str, level: str = "INFO") -> None:
    """Send the log of this process to standard error, one readable line a record.

    Args:
        process: the word that says which process of ours speaks, such as ``engine``.
        level: the least level that is shown.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in CHATTY:
        logging.getLogger(name).setLevel("DEBUG" if level == "DEBUG" else "WARNING")


def without_secrets(text: str) -> str:
    """Return *text* with passwords in URLs, codes, tokens, cookies and keys as ``***``."""
    masked = SECRETS.sub(lambda match: "".join(filter(None, match.groups())) + "***", text)
    return without_hidden(masked)


class LineFormatter(logging.Formatter):
    """Formats a record as ``2026-11-21T05:22:01.042Z INFO engine store: text``."""

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
