"""Replies in the words of Telegram's Bot API: HTML in pieces, rows of buttons."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, WebAppInfo

from core.errors import QuarterdeckError
from telegram_bot.command import MAX_DATA, Button

MAX_TEXT: Final = 4096
MAX_CAPTION: Final = 1024
_TAG: Final = re.compile(r"<(/?)([a-z-]+)[^>]*>")
_TOKEN: Final = re.compile(r"<[^>]*>|&#?\w{1,10};|\n| |[^<&\n ]{1,32}|.", re.DOTALL)


def told(value: object) -> str:
    """Return *value* as text that cannot be taken for HTML."""
    return escape(str(value), quote=False)


def keyboard(rows: Iterable[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    """Return *rows* for Telegram, or None when there is no button.

    Raises:
        QuarterdeckError: a button's data is longer than Telegram carries.
    """
    shown = [[_button(button) for button in row] for row in rows if row]
    return InlineKeyboardMarkup(shown) if shown else None


def _button(button: Button) -> InlineKeyboardButton:
    if len(button.data.encode()) > MAX_DATA:
        raise QuarterdeckError(f"a button's data may have {MAX_DATA} bytes, was {button.data!r}")
    if button.web_app:
        return InlineKeyboardButton(button.label, web_app=WebAppInfo(button.web_app))
    if button.url:
        return InlineKeyboardButton(button.label, url=button.url)
    return InlineKeyboardButton(button.label, callback_data=button.data)


def pieces(html: str, limit: int = MAX_TEXT) -> list[str]:
    """Return *html* cut so that each piece fits; tags are closed and opened again.

    It is cut at the end of a line, else between words, else where it must be, but never within
    a tag or an entity.
    """
    if _size(html) <= limit:
        return [html]
    tokens = _TOKEN.findall(html)
    found: list[str] = []
    start, opening = 0, ""
    while start < len(tokens):
        end = _good_break(tokens, start, _fitting(tokens, start, opening, limit))
        body = opening + "".join(tokens[start:end]).strip("\n")
        if _TAG.sub("", body).strip():
            found.append(body + _closing(_open_tags(body)))
        opening = "".join(whole for _, whole in _open_tags(body))
        start = end
    return found or [""]


def _fitting(tokens: Sequence[str], start: int, opening: str, limit: int) -> int:
    """Return the end of the tokens from *start* that fit into one piece, at least one."""
    size, unclosed = _size(opening), _open_tags(opening)
    end = start
    while end < len(tokens):
        size += _size(tokens[end])
        unclosed = _open_tags(tokens[end], unclosed)
        if size + _size(_closing(unclosed)) > limit and end > start:
            return end
        end += 1
    return end


def _good_break(tokens: Sequence[str], start: int, end: int) -> int:
    """Return where to end instead of at *end*: after a line, or a word, of the latter half."""
    if end >= len(tokens):
        return end
    for blank in ("\n", " "):
        for place in range(end - 1, (start + end) // 2, -1):
            if tokens[place] == blank:
                return place + 1
    return end


def _size(text: str) -> int:
    """Return the length as Telegram counts it, in UTF-16 units; tags count too, to be safe."""
    return len(text.encode("utf-16-le")) // 2


def _open_tags(html: str, before: Iterable[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """Return (name, whole tag) of each tag that is open after *html*."""
    found = list(before)
    for match in _TAG.finditer(html):
        if not match[1]:
            found.append((match[2], match[0]))
        elif found:
            found.pop()
    return found


def _closing(unclosed: Sequence[tuple[str, str]]) -> str:
    return "".join(f"</{name}>" for name, _ in reversed(unclosed))
