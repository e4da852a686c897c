"""What nobody may read in a log that is shown: found by what it is, by its name, by its look."""

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from infra.logging import without_secrets
from infra.settings import Settings
from utils.hidden import MASK, SHORTEST

# Words of a log that are followed by what nobody may read; a log itself leaves out what it knows.
NAMED: Final = re.compile(
    r"(?P<name>\b[\w-]{0,40}(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key"
    r"|authorization|credential)[\w-]{0,40}['\"]?\s{0,4}[:=]\s{0,4})"
    r"(?:\"[^\"\n]*\"|'[^'\n]*'|(?:(?:Basic|Bearer|Digest)\s+)?[^\s,;&}\])]+)",
    re.IGNORECASE,
)
URL: Final = re.compile(r"(?P<user>://[^/@\s:]{0,64}:)[^@\s]{1,256}(?=@)")
JWT: Final = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
PEM: Final = re.compile(r"(-----BEGIN [A-Z ]+-----).*?(?:(-----END [A-Z ]+-----)|\Z)", re.DOTALL)
# what would move a cursor, ring or hide: all that no screen shows, but for the ends of lines
UNSHOWN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
NOTHING: Final = r"(?!)"
ABSENT: Final = "none"  # what a setting says that has no secret
ESCAPE: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class LogMask:
    """Hides secrets in lines of a log, also those that the log itself let through.

    Promise: no secret of *settings* is in what it returns, nor what is named like one, nor what
    no screen shows but the ends of lines.
    """

    def __init__(self, settings: Settings) -> None:
        secrets = {part for secret in secrets_of(settings) for part in (secret, *secret.split())}
        words = {form for secret in secrets for form in (secret, quote(secret, safe=""))}
        longest_first = sorted(filter(_is_long_enough, words), key=len, reverse=True)
        known = "|".join(re.escape(word) for word in longest_first)
        self._known = re.compile(known or NOTHING, re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """Return *text* as it may be shown."""
        text = UNSHOWN.sub("\ufffd", ESCAPE.sub("", text))
        text = without_secrets(self._known.sub(MASK, text))
        text = PEM.sub(rf"\1{MASK}\2", URL.sub(rf"\g<user>{MASK}", text))
        return JWT.sub(MASK, NAMED.sub(rf"\g<name>{MASK}", text))


def secrets_of(settings: BaseModel) -> list[str]:
    """Return every text of *settings* that nobody may read, of its groups too."""
    found: list[str] = []
    for name in type(settings).model_fields:
        found += _secrets_in(getattr(settings, name))
    return [*found, settings.telegram_key] if isinstance(settings, Settings) else found


def _secrets_in(value: Any) -> Iterable[str]:
    if isinstance(value, SecretStr):
        return [value.get_secret_value()]
    if isinstance(value, BaseModel):
        return secrets_of(value)
    return re.findall(r"://[^/@\s:]*:([^@\s]+)@", value) if isinstance(value, str) else []


def _is_long_enough(secret: str) -> bool:
    """Return whether *secret* is one, and can be looked for without finding plain words."""
    return len(secret) >= SHORTEST and secret != ABSENT
