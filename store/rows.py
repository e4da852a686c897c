"""Rows as structs: a struct's fields are the columns of the same names."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Column, Table

Item = TypeVar("Item", bound=msgspec.Struct)


def columns_of(kind: type[msgspec.Struct], table: Table) -> list[Column[Any]]:
    """Return the columns of *table* that make a *kind*, in the order of its fields."""
    return [table.c[name] for name in kind.__struct_fields__]


def read_as(kind: type[Item], row: Sequence[Any]) -> Item:
    """Return *row*, which begins with the columns of *kind*, as one; text becomes its enums."""
    return msgspec.convert(dict(zip(kind.__struct_fields__, row, strict=False)), kind)
