"""The parameters that a route takes: declared once, so that what is checked is what is told."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Generic, Literal, TypeVar

from store.history import PAGE_LIMIT, Wanted
from telegram_webapp import parameters
from telegram_webapp.parameters import MAX_ACCOUNT, MAX_LIMIT, MAX_TEXT, MAX_TIME
from telegram_webapp.problems import BadParameter

Value = TypeVar("Value")
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter(Generic[Value]):
    """One parameter: its name, what it is about, its limits, and how it is read.

    Attributes:
        name: as it stands in the address.
        about: what it does, in a sentence for people.
        schema: its limits as JSON Schema.
        example: one that is allowed.
        check: returns its value in the current request, or refuses it.
        where: ``query``, or ``path`` for a part of the address.
        is_required: whether it must be given.
    """

    name: str
    about: str
    schema: Schema
    example: Any
    check: Callable[[], Value]
    where: Literal["query", "path"] = "query"
    is_required: bool = False

    def read(self) -> Value:
        """Return what the current request says.

        Raises:
            BadParameter: it is not what it must be.
        """
        return self.check()


def whole(
    name: str, about: str, low: int, high: int, example: int | None = None
) -> Parameter[int | None]:
    """Declare a whole number from *low* to *high* that may be left out."""
    schema = {"type": "integer", "minimum": low, "maximum": high}
    shown = low if example is None else example
    return Parameter(name, about, schema, shown, partial(parameters.whole, name, low, high))


def whole_or(name: str, about: str, low: int, high: int, default: int) -> Parameter[int]:
    """Declare a whole number from *low* to *high* that is *default* where it is left out."""
    schema = {"type": "integer", "minimum": low, "maximum": high, "default": default}

    def check() -> int:
        value = parameters.whole(name, low, high)
        return default if value is None else value

    return Parameter(name, about, schema, default, check)


def moment(name: str, about: str) -> Parameter[int | None]:
    """Declare a time in ms that may be left out."""
    return whole(name, f"{about}; ms since 1970, UTC", 0, MAX_TIME, 1_767_225_600_000)


def choice(name: str, about: str, options: Collection[str], default: str) -> Parameter[str]:
    """Declare a word that is one of *options*, *default* where it is left out."""
    words = [str(option) for option in options]
    schema = {"type": "string", "enum": words, "default": default}
    check = partial(parameters.choice, name, words, default)
    return Parameter(name, about, schema, default, check)


def one_of(name: str, about: str, options: Collection[str]) -> Parameter[str | None]:
    """Declare a word that is one of *options* or left out."""
    words = [str(option) for option in options]
    schema = {"type": "string", "enum": words}
    return Parameter(name, about, schema, words[0], partial(parameters.one_of, name, words))


def text(name: str, about: str, example: str) -> Parameter[str | None]:
    """Declare a printable text that may be left out."""
    return Parameter(name, about, dict(TEXT), example, partial(parameters.text, name))


def anything(name: str, about: str, example: str) -> Parameter[str]:
    """Declare a text of which nothing is asked; it is empty where it is left out."""
    return Parameter(name, about, {"type": "string"}, example, partial(parameters.untested, name))


def part(name: str, about: str, example: str) -> Parameter[str]:
    """Declare a part of the path that is a text; its value is checked by `of_path`."""
    return Parameter(name, about, dict(TEXT), example, str, "path", is_required=True)


def number_part(name: str, about: str, example: int = 1) -> Parameter[int]:
    """Declare a part of the path that is a whole number, which Flask checks."""
    schema = {"type": "integer", "minimum": 0}
    return Parameter(name, about, schema, example, int, "path", is_required=True)


def required(declared: Parameter[Value | None], rule: str) -> Parameter[Value]:
    """Return *declared* as one that must be given; *rule* follows "must be"."""

    def check() -> Value:
        value = declared.check()
        if value is None:
            raise BadParameter(declared.name, rule, "")
        return value

    return Parameter(
        declared.name, declared.about, declared.schema, declared.example, check, is_required=True
    )


def of_path(declared: Parameter[str], value: str) -> str:
    """Return *value* of a part of the path.

    Raises:
        BadParameter: it is empty, too long or not printable.
    """
    return parameters.given(declared.name, value)


def about(declared: Parameter[Value], words: str) -> Parameter[Value]:
    """Return *declared* with other words for people."""
    return replace(declared, about=words)


# printable, as Python means it: neither control characters nor lone surrogates
TEXT: Final[Schema] = {
    "type": "string", "minLength": 1, "maxLength": MAX_TEXT,
    "pattern": r"^[^\x00-\x1f\x7f-\xa0\xad]*$",
}  # fmt: skip
SYMBOL: Final = text("symbol", "only of this symbol", "BTC/USDT")
STRATEGY: Final = text("strategy", "only of this strategy", "trend")
SINCE: Final = moment("since", "not before this time")
UNTIL: Final = moment("until", "before this time")
CURSOR: Final = text("cursor", "the next_cursor of the page before", "1767225600000-17")
LIMIT: Final = whole_or("limit", "how many at most", 1, MAX_LIMIT, PAGE_LIMIT)
ACCOUNT: Final = whole(
    "account", "the number of an account; the engine's unless given", 1, MAX_ACCOUNT
)
PAGED: Final = (SINCE, UNTIL, CURSOR, LIMIT, ACCOUNT)
FILTERED: Final = (SYMBOL, STRATEGY, *PAGED)


def wanted() -> Wanted:
    """Return which items of a list are asked for: symbol, strategy, times, page.

    What a route does not declare was refused before, and is None here.

    Raises:
        BadParameter: a parameter is not what it must be.
    """
    return Wanted(
        symbol=SYMBOL.read(),
        strategy=STRATEGY.read(),
        since=SINCE.read(),
        until=UNTIL.read(),
        cursor=CURSOR.read(),
        limit=LIMIT.read(),
    )
