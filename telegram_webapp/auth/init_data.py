"""Whether what a Telegram Web App says of its user comes from Telegram, and is fresh.

Source: https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
"""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import parse_qsl

import msgspec
from init_data_py import validate_by_hash
from init_data_py.errors import InitDataError

MAX_BYTES: Final = 8 * 1024
MAX_FIELDS: Final = 64
AHEAD_S: Final = 60
WHOLE: Final = re.compile(r"[0-9]{1,12}")
HASH: Final = re.compile(r"[0-9a-f]{64}")


class BadInitData(Exception):  # noqa: N818 - the API's own word
    """What was sent is not what Telegram signs for this bot now; the text says why."""


class Person(msgspec.Struct, frozen=True):
    """A user as Telegram describes them; unknown members are normal, new ones appear."""

    id: Annotated[int, msgspec.Meta(gt=0, lt=2**52)]
    first_name: str = ""
    last_name: str = ""
    username: str = ""

    @property
    def name(self) -> str:
        """Return what they are called."""
        return " ".join(filter(None, (self.first_name, self.last_name)))


class Checker:
    """Checks init data with a key that is derived from the bot's token, not the token itself."""

    def __init__(self, key: str, max_age_s: int) -> None:
        """Prepare.

        Args:
            key: ``HMAC_SHA256("WebAppData", token)``, in hex.
            max_age_s: what was signed longer ago is refused.
        """
        self._key = key
        self._max_age_s = max_age_s

    def check(self, text: str, now: int) -> Person:
        """Return whom Telegram vouches for in *text* at *now* (ms).

        The same text is good again until it is too old: a page that is reloaded has no other.

        Raises:
            BadInitData: nobody.
        """
        fields = _fields(text)
        signed_at = fields.get("auth_date", "")
        if not WHOLE.fullmatch(signed_at) or not HASH.fullmatch(fields.get("hash", "")):
            raise BadInitData("auth_date and hash must be there, as Telegram writes them")
        if int(signed_at) > now // 1000 + AHEAD_S:
            raise BadInitData("it was signed in the future: is this machine's clock right?")
        moment = datetime.fromtimestamp(now / 1000, UTC)
        try:
            validate_by_hash(
                text, self._key, token_hashed=True, expires_in=self._max_age_s, now=moment
            )
        except (InitDataError, ValueError, OverflowError) as error:
            raise BadInitData(_why(error)) from error
        try:
            return msgspec.json.decode(fields.get("user", ""), type=Person)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise BadInitData("user must be there, with a whole number as its id") from error


def signed_at(text: str) -> int:
    """Return when Telegram signed *text*, which was checked (ms, in whole seconds)."""
    return int(_fields(text)["auth_date"]) * 1000


def _fields(text: str) -> dict[str, str]:
    """Return the decoded fields of *text*.

    Raises:
        BadInitData: it is too long, no query string, or holds what no field of Telegram's does.
    """
    if not text.isascii() or len(text) > MAX_BYTES:
        raise BadInitData(f"it must be at most {MAX_BYTES} bytes, all of them ASCII")
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict",
            max_num_fields=MAX_FIELDS,
        )  # fmt: skip
    except ValueError as error:
        raise BadInitData("it must be a query string") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadInitData("each field must be there once")
    if any(unicodedata.category(c) == "Cc" for pair in pairs for part in pair for c in part):
        raise BadInitData("it must be free of control characters")
    return fields


def _why(error: Exception) -> str:
    """Return why in our words: the library's may hold what was sent."""
    names = {
        "ExpiredError": "it is too old: open the page from the bot again",
        "HashInvalidError": "it is not signed for this bot",
    }
    return names.get(type(error).__name__, "it is not what Telegram sends")
