"""Texts that no line of this process may show: logs, alerts and errors leave them out."""

from typing import Final
from urllib.parse import quote

SHORTEST: Final = 4  # anything shorter would be found in plain words
MASK: Final = "***"

_hidden: Final[list[str]] = []


def hide(*secrets: str) -> None:
    """Let `without_hidden` leave these *secrets* out from now on, in this process.

    Of one with several lines, such as a private key, each line is hidden too.
    """
    for secret in secrets:
        parts = {secret, quote(secret, safe=""), *secret.splitlines()}
        for part in parts:
            if len(part.strip()) >= SHORTEST and part not in _hidden:
                _hidden.append(part)
    _hidden.sort(key=len, reverse=True)


def without_hidden(text: str) -> str:
    """Return *text* with every hidden secret in it as ``***``."""
    for secret in _hidden:
        if secret in text:
            text = text.replace(secret, MASK)
    return text
