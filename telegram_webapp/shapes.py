"""Shapes of answers, for the description of the routes."""

import types
import typing
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, TypedDict

import msgspec

# Milliseconds since 1970, UTC.
At = Annotated[int, msgspec.Meta(description="ms since 1970, UTC")]


def shown_shape(
    name: str, item: type, columns: Iterable[str], more: Mapping[str, Any] | None = None
) -> Any:
    """Return the shape of *item* as `replies.shown` shows it: its *columns*, amounts as numbers.

    Args:
        name: of the shape.
        item: a struct; a column may be one of its fields or properties.
        columns: what is shown.
        more: what is shown beside them.
    """
    hints = typing.get_type_hints(item)
    fields = {column: _number(hints.get(column) or _returned(item, column)) for column in columns}
    shape = TypedDict(name, {**fields, **(more or {})})  # type: ignore[misc]
    shape.__doc__ = item.__doc__
    return shape


def page_shape(name: str, list_name: str, item: Any) -> Any:
    """Return the shape of a page of a list: items, and where the next page begins."""
    shape = TypedDict(name, {list_name: list[item], "next_cursor": str | None})  # type: ignore[misc]
    shape.__doc__ = "A page, newest first; next_cursor is null on the last one."
    return shape


def _returned(item: type, column: str) -> Any:
    return typing.get_type_hints(getattr(item, column).fget)["return"]


def _number(hint: Any) -> Any:
    """Return *hint* with numbers where it has decimals."""
    if hint is Decimal:
        return float
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return typing.Union[tuple(_number(one) for one in typing.get_args(hint))]  # noqa: UP007
    return hint
