"""Reading the query string: each parameter checked, each fault named."""

from collections.abc import Collection
from typing import Final

from flask import request
from werkzeug.datastructures import MultiDict

from telegram_webapp.problems import BadParameter

MAX_LIMIT: Final = 500
MAX_TEXT: Final = 200
MAX_TIME: Final = 2**53 - 1
MAX_DIGITS: Final = 16
MAX_ACCOUNT: Final = 2**31 - 1


def only(*names: str) -> None:
    """Refuse parameters that are not among *names*: a misspelt filter must not show everything.

    Raises:
        BadParameter: there is one, or one is given twice.
    """
    for name, values in _given().lists():
        if name not in names:
            known = ", ".join(names) or "none"
            raise BadParameter("parameters", f"among these: {known}", name)
        if len(values) > 1:
            raise BadParameter(name, "given once", ", ".join(values))


def whole(name: str, low: int, high: int, default: int | None = None) -> int | None:
    """Return the whole number *name*, or *default* if it is not given.

    Raises:
        BadParameter: it is no whole number from *low* to *high*.
    """
    text = _given().get(name)
    if text is None:
        return default
    digits = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    if not digits or not low <= int(text) <= high:
        raise BadParameter(name, f"a whole number from {low} to {high}", text)
    return int(text)


def choice(name: str, options: Collection[str], default: str) -> str:
    """Return the word *name*, or *default* if it is not given.

    Raises:
        BadParameter: it is not one of *options*.
    """
    text = _given().get(name, default)
    if text not in options:
        raise BadParameter(name, f"one of {', '.join(options)}", text)
    return text


def one_of(name: str, options: Collection[str]) -> str | None:
    """Return the word *name*, or None if it is not given.

    Raises:
        BadParameter: it is not one of *options*.
    """
    return choice(name, options, "") or None if name in _given() else None


def text(name: str) -> str | None:
    """Return the text *name*, or None if it is not given.

    Raises:
        BadParameter: it is empty, too long or not printable.
    """
    value = _given().get(name)
    return None if value is None else given(name, value)


def untested(name: str) -> str:
    """Return whatever is said for *name*, empty when nothing is.

    Raises:
        BadParameter: the question is no text.
    """
    return _given().get(name, "")


def given(name: str, value: str) -> str:
    """Return *value*, a part of the path that is called *name*.

    Raises:
        BadParameter: it is empty, too long or not printable.
    """
    if not (0 < len(value) <= MAX_TEXT and value.isprintable()):
        raise BadParameter(name, f"1 to {MAX_TEXT} printable characters", value)
    return value


def _given() -> MultiDict[str, str]:
    """Return the parameters.

    Raises:
        BadParameter: they are no text.
    """
    try:
        return request.args
    except UnicodeDecodeError as error:
        raise BadParameter("parameters", "UTF-8", request.query_string) from error
