"""What became of an attempt to send something, in five words.

Source: https://docs.python-telegram-bot.org/en/stable/telegram.error.html. `BadRequest` and
`TimedOut` are `NetworkError`s, so they are looked at before it.
"""

import datetime as dt
from enum import Enum, auto
from typing import Final

import httpx
import msgspec
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

MAX_TEXT: Final = 200
# Telegram's words for a chat that it will not let us write to.
NOT_REACHED: Final = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated")
# Errors before anything of the request has left.
NEVER_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Fate(Enum):
    """What to do about an attempt that did not succeed."""

    WAIT = auto()  # Telegram says when to come again
    AGAIN = auto()  # it did not get through
    DOUBTFUL = auto()  # it may have got through
    STOP = auto()  # this chat cannot be reached until its person writes again
    REFUSED = auto()  # Telegram will never take this message


class Outcome(msgspec.Struct, frozen=True):
    """Why an attempt did not succeed; *wait_s* is what Telegram wishes, if it does."""

    fate: Fate
    why: str
    wait_s: float = 0.0


def outcome_of(error: TelegramError) -> Outcome:
    """Return what *error* says of the message that was sent."""
    why = str(error)[:MAX_TEXT]
    if isinstance(error, RetryAfter):
        wait = error.retry_after
        wait_s = wait.total_seconds() if isinstance(wait, dt.timedelta) else float(wait)
        return Outcome(Fate.WAIT, why, wait_s)
    if isinstance(error, Forbidden):
        return Outcome(Fate.STOP, why)
    if isinstance(error, BadRequest):
        is_gone = any(words in why.lower() for words in NOT_REACHED)
        return Outcome(Fate.STOP if is_gone else Fate.REFUSED, why)
    if isinstance(error, NetworkError):
        return Outcome(_fate_on_the_way(error), why)
    # An answer of a kind of its own, such as that of a server which is being set up.
    is_known = isinstance(error, InvalidToken) or type(error) is TelegramError
    return Outcome(Fate.AGAIN if is_known else Fate.REFUSED, why)


def _fate_on_the_way(error: NetworkError) -> Fate:
    cause = error.__cause__
    if isinstance(cause, NEVER_LEFT) or "pool timeout" in str(error).lower():
        return Fate.AGAIN
    if isinstance(error, TimedOut) or isinstance(cause, httpx.HTTPError):
        return Fate.DOUBTFUL
    return Fate.AGAIN  # an answer came, and it was an error
