"""What somebody came with, in a few words: `Safari on iOS`, `Telegram on Android`."""

import re
from typing import Final

MAX: Final = 40
# The first that fits: browsers name their forebears too.
_SYSTEMS: Final = (
    ("iPhone|iPad", "iOS"), ("Android", "Android"), ("Windows", "Windows"),
    ("Macintosh|Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
_BROWSERS: Final = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/|FxiOS/", "Firefox"),
    ("HeadlessChrome/|Chrome/|CriOS/", "Chrome"), ("Safari/", "Safari"),
    ("curl/", "curl"), ("[Pp]ython", "Python"),
)  # fmt: skip


def client_name(user_agent: str, *, in_telegram: bool = False) -> str:
    """Return a name of what sent *user_agent*; empty when it says nothing that we know."""
    browser = "Telegram" if in_telegram else _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    return " on ".join(filter(None, (browser, system)))[:MAX]


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for pattern, name in names if re.search(pattern, text)), "")
