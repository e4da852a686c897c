"""Kinds of settings: each says in words what its value must be."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, FilePath
from pydantic_settings import NoDecode

SYMBOL = r"^[A-Z0-9]{1,20}/[A-Z0-9]{1,20}$"


class Rule(str):
    """What a setting must be, worded to follow "must be" in an error."""

    __slots__ = ()


def whole(low: int, high: int) -> tuple[Any, Rule]:
    """Annotate an int from *low* to *high*."""
    return Field(ge=low, le=high), Rule(f"a whole number from {low} to {high}")


def number(low: str, high: str) -> tuple[Any, Rule]:
    """Annotate a Decimal from *low* to *high*."""
    bounds = Field(ge=Decimal(low), le=Decimal(high), allow_inf_nan=False)
    return bounds, Rule(f"a number from {low} to {high}")


def matching(pattern: str, rule: str) -> tuple[Any, Rule]:
    """Annotate a str that matches *pattern*, described as *rule*."""
    return Field(pattern=pattern), Rule(rule)


def split(separator: str) -> BeforeValidator:
    """Annotate a list that may be given as text with *separator* between its items."""

    def to_list(value: object) -> object:
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(separator) if part.strip()]

    return BeforeValidator(to_list)


def absolute(path: Path) -> Path:
    """Return *path* from the root of the file system, with ``~`` resolved."""
    return path.expanduser().absolute()


def _expand_home(value: object) -> object:
    return Path(value).expanduser() if isinstance(value, str | Path) else value


def _capitals(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


Capitals = BeforeValidator(_capitals)
Switch = Annotated[bool, Rule("true or false")]
Words = Annotated[list[str], NoDecode, split(","), Rule("a list of words")]
Symbols = Annotated[
    list[Annotated[str, Field(pattern=SYMBOL)]],
    NoDecode,
    split(","),
    Field(min_length=1),
    Rule("a list of symbols like BTC/USDT"),
]
Files = Annotated[
    list[Annotated[FilePath, BeforeValidator(_expand_home), AfterValidator(absolute)]],
    NoDecode,
    split(os.pathsep),
    Rule("a list of files that exist"),
]
