"""What can go wrong between us and an exchange, named by what the caller must do about it.

ExchangeError
├── Unreachable        nothing was sent, or a question stayed unanswered: try again, with patience
├── RegionRefused      the exchange serves nobody here: do not try again
├── Maintenance        it is closed for a while: try again later
├── RateLimited        too much was asked, nothing was done: send nothing before ``until_ms``
├── AuthRefused        the keys are wrong, or may not do this: a person mends it
├── Rejected           it was understood and refused: certainly nothing was traded
└── OutcomeUnknown     an order may have been taken: find out by asking, never send it again blindly

ccxt's own exceptions are translated here and nowhere else.

Source of the codes: https://developers.binance.com/docs/derivatives/usds-margined-futures/error-code
and https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
"""

import re
from collections.abc import Iterator
from typing import Final

from core.errors import QuarterdeckError
from utils.hidden import without_hidden

# What Binance says when it does not know itself whether an order was taken.
UNKNOWN_CODES: Final = frozenset({-1000, -1006, -1007})
UNKNOWN_TEXT: Final = "unknown error, please check your request or try again later"
# What it says when it certainly did not take it, though the HTTP status looks like a failure.
BUSY_CODES: Final = frozenset({-1001, -1008, -1016})
BUSY_TEXT: Final = re.compile(
    r'"msg"\s*:\s*"[^"]*(service unavailable|throttled by system-level)', re.IGNORECASE
)
REGION_TEXT: Final = "restricted location"
CLOCK_CODE: Final = -1021
AUTH_CODES: Final = frozenset({-1002, -1022, -2014, -2015})
WEIGHT_CODES: Final = frozenset({-1003, -1015})
_CODE: Final = re.compile(r'"code"\s*:\s*"?(-?\d+)')
_QUERY: Final = re.compile(r"\?\S+=\S+")  # signatures and listen keys
_MOST_SHOWN: Final = 300  # characters of an exchange's answer

REGION_STATUS: Final = 451
FORBIDDEN_STATUS: Final = 403
LIMIT_STATUSES: Final = frozenset({418, 429})
SERVER_STATUS: Final = 500


class ExchangeError(QuarterdeckError):
    """An exchange did not do what was asked of it.

    Attributes:
        code: the exchange's own number for it, such as -1021, or None.
    """

    def __init__(self, text: str, *, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


class Unreachable(ExchangeError):  # noqa: N818 - says what is, as the others do
    """It cannot be reached, or a question got no usable answer; trying again may help."""


class RegionRefused(ExchangeError):  # noqa: N818
    """It refuses the place that we ask from."""


class Maintenance(ExchangeError):  # noqa: N818
    """It is closed or overloaded for a while; nothing was done."""


class RateLimited(ExchangeError):  # noqa: N818
    """Too much was asked.

    Attributes:
        until_ms: our own time (ms) before which nothing may be sent.
    """

    def __init__(self, text: str, until_ms: int, *, code: int | None = None) -> None:
        super().__init__(text, code=code)
        self.until_ms = until_ms


class AuthRefused(ExchangeError):  # noqa: N818
    """The keys are wrong, or not allowed to do this."""


class Rejected(ExchangeError):  # noqa: N818
    """It was understood and refused: certainly no order was taken."""


class OutcomeUnknown(ExchangeError):  # noqa: N818
    """It may have been done or not; only asking tells."""


def code_of(error: BaseException) -> int | None:
    """Return the exchange's own number in the text of *error*, or None."""
    found = _CODE.search(str(error))
    return int(found[1]) if found else None


def translated(error: Exception, *, writes: bool = False, now: int = 0) -> ExchangeError:
    """Return what *error*, of ccxt or of the network, means for the caller.

    Args:
        error: what was raised; one of ours is returned as it is.
        writes: the request would have changed something, such as an order: then a lost or
            doubtful answer is `OutcomeUnknown`, never `Unreachable`.
        now: our time (ms), from which a limit without an end is reckoned.
    """
    ours = next((cause for cause in _causes(error) if isinstance(cause, ExchangeError)), None)
    if ours is not None:
        return ours
    status, code, text = _status(error), code_of(error), _short(error)
    if status in LIMIT_STATUSES or code in WEIGHT_CODES:
        until = getattr(error, "banned_until", None) or now + 60_000
        return RateLimited(f"too many requests were sent: {text}", until, code=code)
    if status == REGION_STATUS or REGION_TEXT in text.lower():
        return RegionRefused(
            f"the exchange refuses this region: {text}; ask from a place that it serves", code=code
        )
    return _refused(error, status, code) or _failed(error, status, code, writes=writes)


def _refused(error: Exception, status: int, code: int | None) -> ExchangeError | None:
    """Return the error if the exchange certainly did not do it."""
    from ccxt.base import errors as theirs  # noqa: PLC0415 - a heavy library, already loaded here

    text = _short(error)
    if _is_closed(error, status, code) or isinstance(error, theirs.OnMaintenance):
        return Maintenance(f"the exchange is closed or overloaded: {text}", code=code)
    if code in AUTH_CODES or isinstance(error, theirs.AuthenticationError):
        return AuthRefused(f"the exchange refuses the keys: {text}", code=code)
    if status == FORBIDDEN_STATUS:
        return RegionRefused(f"the exchange's gate refuses us: {text}", code=code)
    said_no = isinstance(error, (theirs.ExchangeError, theirs.InvalidNonce))
    if said_no and not _is_doubtful(error, status, code):
        return Rejected(f"the exchange refused: {text}", code=code)
    return None


def _is_closed(error: Exception, status: int, code: int | None) -> bool:
    """Return whether the exchange itself says so: a gate's word for a 503 says nothing."""
    body = str(getattr(error, "http_body", ""))
    if code in UNKNOWN_CODES or UNKNOWN_TEXT in body.lower():
        return False
    return code in BUSY_CODES or (status >= SERVER_STATUS and BUSY_TEXT.search(body) is not None)


def _is_doubtful(error: Exception, status: int, code: int | None) -> bool:
    """Return whether what looks like a no may still have been done."""
    return (
        status >= SERVER_STATUS
        or code in UNKNOWN_CODES
        or UNKNOWN_TEXT in str(error).lower()
        or error.__cause__ is not None  # the answer broke off: ccxt says the same of that
    )


def _failed(error: Exception, status: int, code: int | None, *, writes: bool) -> ExchangeError:
    """Return the error of a request whose answer is missing or says nothing."""
    text = _short(error)
    if not writes or _never_sent(error):
        if status >= SERVER_STATUS:
            return Maintenance(f"the exchange is in trouble: {text}", code=code)
        return Unreachable(f"the exchange cannot be reached: {text}", code=code)
    return OutcomeUnknown(f"the exchange may have taken it or not: {text}", code=code)


def _never_sent(error: BaseException | None) -> bool:
    """Return whether the request certainly did not leave this machine."""
    from aiohttp import ClientConnectorError  # noqa: PLC0415 - as above

    return any(isinstance(cause, ClientConnectorError) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield *error* and what it came from: ccxt names a cause, or wraps it as its argument."""
    while error is not None:
        yield error
        wrapped = error.args[0] if error.args else None
        error = error.__cause__ or (wrapped if isinstance(wrapped, BaseException) else None)


def _status(error: BaseException | None) -> int:
    """Return the HTTP status that came with *error*, or 0."""
    for cause in _causes(error):
        status = getattr(cause, "http_status", None) or getattr(cause, "status", None)
        if isinstance(status, int):
            return status
    return 0


def _short(error: BaseException) -> str:
    """Return the text of *error* on one line, without what stands in query strings and keys."""
    text = without_hidden(_QUERY.sub("?…", " ".join(str(error).split()))) or type(error).__name__
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
