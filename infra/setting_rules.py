"""Kinds of settings: each says in words what its value must be."""

import ipaddress
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, DirectoryPath, Field, FilePath, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from utils.addresses import normal_url

SYMBOL = r"^[A-Z0-9]{1,20}/[A-Z0-9]{1,20}$"


class Rule(str):
    """What a setting must be, worded to follow "must be" in an error."""

    __slots__ = ()


class Live:
    """Marks a setting that is taken over while a process runs, at a reload; others need a start."""

    __slots__ = ()


LIVE: Final = Live()


def whole(low: int, high: int) -> tuple[Any, Rule]:
    """Annotate an int from *low* to *high*."""
    return Field(ge=low, le=high), Rule(f"a whole number from {low} to {high}")


def none_or(low: int, high: int) -> tuple[Any, Rule]:
    """Annotate an int from *low* to *high*, or 0 for what is not to be."""
    rule = f"0 or a whole number from {low} to {high}"

    def fits(value: int) -> int:
        if value and not low <= value <= high:
            raise ValueError(f"must be {rule}")
        return value

    return AfterValidator(fits), Rule(rule)


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


def _normal_url(text: str | None) -> str | None:
    """Return the address *text*, if there is one, in its normal form.

    Raises:
        PydanticCustomError: it is no address of a web page.
    """
    try:
        return None if text is None else normal_url(text)
    except ValueError as error:
        raise PydanticCustomError("url", "{why}", {"why": str(error)}) from error


def _network(text: str) -> str:
    """Return the network *text*, of one address if it is one.

    Raises:
        PydanticCustomError: it is neither.
    """
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise PydanticCustomError("network", "{why}", {"why": str(error)}) from error


def _none_is_empty(value: object) -> object:
    return "" if value == "none" else value


def secret_url(secret: SecretStr) -> SecretStr:
    """Return *secret*, which is empty or the address of a web page that nobody else is to know.

    Raises:
        ValueError: it is neither; the text does not say what it was.
    """
    if not re.fullmatch(r"(https?://[^\s/?#]+[^\s?#]*)?", secret.get_secret_value()):
        raise ValueError("HEARTBEAT_URL must be a URL such as https://hc-ping.com/<id>")
    return secret


def hex_key(secret: SecretStr) -> SecretStr:
    """Return *secret*, which is empty or 64 hex digits.

    Raises:
        ValueError: it is neither; the text does not say what it was.
    """
    text = secret.get_secret_value()
    if text and not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError("TELEGRAM_WEBAPP_KEY must be the 64 hex digits that telegram-key prints")
    return secret


def once_each(entries: list[str]) -> list[str]:
    """Return *entries*, of which no two are of one person.

    Raises:
        PydanticCustomError: two are.
    """
    if len({entry.partition(":")[0] for entry in entries}) < len(entries):
        raise PydanticCustomError("twice", "a person twice")
    return entries


def _yes(value: object) -> object:
    """Return what YAML made of the word yes, and of none."""
    return "yes" if value is True else "" if value in {False, "none"} else value


def _none(value: object) -> object:
    return None if value == "none" else value


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
SomeSymbols = Annotated[
    list[Annotated[str, Field(pattern=SYMBOL)]],
    NoDecode,
    split(","),
    Rule("a list of symbols like BTC/USDT, or empty"),
]
PROCESSES = ("engine", "web", "bot", "launcher", "database", "redis")
Processes = Annotated[
    list[Annotated[str, Field(pattern=rf"^({'|'.join(PROCESSES)})$")]],
    NoDecode,
    split(","),
    Rule(f"a list of some of {', '.join(PROCESSES)}, or empty"),
]
Unset = BeforeValidator(_none)
Consent = Annotated[Literal["", "yes"], BeforeValidator(_yes), Rule("yes, or nothing")]
OwnFile = Annotated[
    Annotated[Path, AfterValidator(absolute)] | None,
    Unset,
    Rule("a file's path, or none"),
]
Files = Annotated[
    list[Annotated[FilePath, BeforeValidator(_expand_home), AfterValidator(absolute)]],
    NoDecode,
    split(os.pathsep),
    Rule("a list of files that exist"),
]
Tapes = Annotated[
    list[
        Annotated[FilePath | DirectoryPath, BeforeValidator(_expand_home), AfterValidator(absolute)]
    ],
    NoDecode,
    split(os.pathsep),
    Rule("a list of files or folders that exist"),
]
PublicUrl = Annotated[
    str | None,
    AfterValidator(_normal_url),
    Rule("a URL like https://deck.example.com/ or https://example.com/bot1/"),
]
Networks = Annotated[
    list[Annotated[str, AfterValidator(_network)]],
    NoDecode,
    split(","),
    Rule("a list of addresses or networks like 10.0.0.0/8"),
]
# "none" in the environment hides what another source says
Secret = Annotated[SecretStr, BeforeValidator(_none_is_empty), Rule("a text, or none")]
People = Annotated[
    list[Annotated[str, Field(pattern=r"^[1-9][0-9]{0,15}:(viewer|trader|owner)$")]],
    NoDecode,
    split(","),
    AfterValidator(once_each),
    Rule("a list of Telegram ids, each once, with roles, like 123456:owner,234567:viewer"),
]
Program = Annotated[
    Annotated[FilePath, BeforeValidator(_expand_home), AfterValidator(absolute)] | None,
    Rule("a program that exists"),
]
