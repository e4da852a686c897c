"""Binance's words for types, statuses and sides of USDⓈ-M orders, in ours."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from core.errors import DataError
from core.orders import OrderType, Side
from exchange.real.updates import Status

_TYPES: Final[Mapping[str, OrderType | str]] = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "STOP_MARKET": OrderType.STOP,
    "TAKE_PROFIT_MARKET": OrderType.TAKE_PROFIT,
    "STOP": "stop_limit",
    "TAKE_PROFIT": "take_profit_limit",
}
_STATUSES: Final = {
    "NEW": Status.OPEN,
    "ACCEPTED": Status.OPEN,
    "WORKING": Status.OPEN,
    "PENDING_CANCEL": Status.OPEN,
    "NEW_INSURANCE": Status.OPEN,
    "NEW_ADL": Status.OPEN,
    "PARTIALLY_FILLED": Status.PARTIALLY_FILLED,
    "FILLED": Status.FILLED,
    "CANCELED": Status.CANCELLED,
    "CANCELLED": Status.CANCELLED,
    "REJECTED": Status.REJECTED,
    "EXPIRED": Status.EXPIRED,
    "EXPIRED_IN_MATCH": Status.EXPIRED,
    "TRIGGERING": Status.TRIGGERED,
    "TRIGGERED": Status.TRIGGERED,
    "FINISHED": Status.FILLED,
}
CONDITIONAL: Final = frozenset(
    {"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"}
)
_FORCED: Final = {  # what the exchange's own orders are called
    "autoclose-": "liquidation",
    "adl_autoclose": "auto-deleveraging",
    "settlement_autoclose-": "delivery",
}


def order_type(word: str) -> OrderType | str:
    """Return our type, or the exchange's word in small letters when it is none of ours."""
    return _TYPES.get(word, word.lower())


def order_status(word: str) -> Status:
    """Return where an order stands.

    Raises:
        DataError: the exchange has a new word for it.
    """
    try:
        return _STATUSES[word]
    except KeyError:
        raise DataError(f"an order's status must be one we know, was {word[:40]!r}") from None


def order_side(word: str) -> Side:
    """Return which way an order trades.

    Raises:
        DataError: it is neither.
    """
    try:
        return Side(word.lower())
    except ValueError:
        raise DataError(f"an order's side must be BUY or SELL, was {word[:40]!r}") from None


def forced(client_id: str) -> str:
    """Return why the exchange itself made this order, empty when it did not."""
    return next((why for start, why in _FORCED.items() if client_id.startswith(start)), "")


def number(fields: Mapping[str, Any], name: str) -> Decimal:
    """Return the number called *name*; 0 when it is not there.

    Raises:
        DataError: it is there and no finite number.
    """
    value = fields.get(name)
    if value is None or value == "":
        return Decimal(0)
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise DataError(f"{name} must be a number, was {str(value)[:40]!r}")
    return found


def level(fields: Mapping[str, Any], name: str) -> Decimal | None:
    """Return the price called *name*, None where the exchange says 0 for none.

    Raises:
        DataError: it is no number.
    """
    return number(fields, name) or None


def moment(fields: Mapping[str, Any], *names: str) -> int:
    """Return the first time (ms) among *names*; some records write it as text.

    Raises:
        DataError: there is none, or it is no whole number.
    """
    for name in names:
        value = fields.get(name)
        if value not in {None, "", 0, "0"}:
            try:
                return int(str(value))
            except ValueError:
                raise DataError(f"{name} must be a time, was {str(value)[:40]!r}") from None
    raise DataError(f"a record must have a time: {' or '.join(names)}")


def position_side(word: object) -> str:
    """Return both, long or short."""
    return str(word or "BOTH").lower()


def margin_mode(word: object) -> str:
    """Return cross or isolated, empty when nothing is said."""
    text = str(word or "").lower()
    return "cross" if text.startswith("cross") else text
