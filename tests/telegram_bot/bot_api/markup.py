"""What the Bot API checks of texts and buttons.

Source: https://core.telegram.org/bots/api#html-style, #inlinekeyboardbutton
"""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from typing_extensions import override

from tests.telegram_bot.bot_api.errors import bad_request

TAGS = {
    "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "a",
    "tg-emoji", "code", "pre", "blockquote", "tg-time",
}  # fmt: skip
MAX_TEXT, MAX_CAPTION = 4096, 1024
MAX_BUTTONS, MAX_ROW = 100, 8
KINDS = ("callback_data", "url", "web_app", "login_url", "copy_text")


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise bad_request(f'can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise bad_request(f'can\'t parse entities: Unexpected end tag "{tag}"')

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


def plain(text: str, parse_mode: str | None, limit: int = MAX_TEXT) -> str:
    # Returns what a person reads.
    shown = text
    if (parse_mode or "").upper() == "HTML":
        if text.rfind("<") > text.rfind(">"):
            raise bad_request("can't parse entities: Unclosed start tag")
        parser = _Parser()
        parser.feed(text)
        parser.close()
        if parser.open:
            raise bad_request(f"can't parse entities: Can't find end tag \"{parser.open[-1]}\"")
        shown = parser.text
    if len(shown.encode("utf-16-le")) // 2 > limit:
        what = "message caption is too long" if limit == MAX_CAPTION else "message is too long"
        raise bad_request(what)
    return shown.strip()


def keyboard(markup: dict[str, Any] | None, *, is_private: bool) -> list[list[dict[str, Any]]]:
    # Returns the rows of an inline keyboard.
    rows: list[list[dict[str, Any]]] = (markup or {}).get("inline_keyboard", [])
    if sum(map(len, rows)) > MAX_BUTTONS or any(len(row) > MAX_ROW for row in rows):
        raise bad_request("BUTTONS_TOO_MUCH")
    for row in rows:
        for button in row:
            _check_button(button, is_private=is_private)
    return [row for row in rows if row]


def _check_button(button: dict[str, Any], *, is_private: bool) -> None:
    if not str(button.get("text", "")).strip():
        raise bad_request("inline keyboard button text is empty")
    kinds = [name for name in KINDS if name in button]
    if len(kinds) != 1:
        raise bad_request("BUTTON_TYPE_INVALID")
    if not 1 <= len(str(button.get("callback_data", "x")).encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button:
        check_url(button["url"], {"http", "https", "tg"}, "Wrong HTTP URL")
    if "web_app" in button:
        if not is_private:
            raise bad_request("BUTTON_TYPE_INVALID")
        check_url(button["web_app"]["url"], {"https"}, "Only HTTPS links are allowed")


def check_url(url: str, schemes: set[str], why: str) -> None:
    parts = urlsplit(url)
    has_host = "." in (parts.hostname or "") or parts.scheme == "tg"
    if parts.scheme not in schemes or not has_host:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: {why}")
