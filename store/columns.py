"""Column types of our own: exact money, and JSON as it was written.

Source: https://docs.sqlalchemy.org/en/21/core/custom_types.html
"""

from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import Dialect, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

DECIMALS: Final = 18
LIMIT: Final = Decimal(10) ** 20


def money_text(value: Decimal) -> str:
    """Return *value* as plain digits, the form both databases take without loss.

    Raises:
        ValueError: it has more than 18 decimals, is 10^20 or more, or is not a number.
    """
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(value) >= LIMIT:
        raise ValueError(f"money must be a number below 10^20, was {value}")
    if exponent < -DECIMALS:
        raise ValueError(f"money must have at most {DECIMALS} decimals, was {value}")
    return f"{value:f}"


class Money(TypeDecorator[Decimal]):
    """A `Decimal` that comes back equal: text in SQLite, ``NUMERIC(38, 18)`` in PostgreSQL."""

    impl = Text
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(38, DECIMALS))
        return dialect.type_descriptor(Text())

    @override
    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        text = money_text(value)
        return Decimal(text) if dialect.name == "postgresql" else text

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Json(TypeDecorator[dict[str, Any]]):
    """An object kept as JSON text."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else json_text(value)

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else msgspec.json.decode(value, type=dict[str, Any])


def json_text(value: dict[str, Any]) -> str:
    """Return *value* as compact JSON."""
    return msgspec.json.encode(value).decode()
