"""Texts in pieces and rows of buttons."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import QuarterdeckError
from telegram_bot.markup import keyboard, pieces, told
from telegram_bot.reply import Button
from tests.telegram_bot.bot_api.markup import plain

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=60)
tagged = st.tuples(st.sampled_from(["b", "i", "code", "a", ""]), words)


def html_of(lines: list[list[tuple[str, str]]]) -> str:
    def one(tag: str, text: str) -> str:
        start = '<a href="https://a.example/?b=1&amp;c=2">' if tag == "a" else f"<{tag}>"
        return f"{start}{told(text)}</{tag}>" if tag else told(text)

    return "\n".join("".join(one(tag, text) for tag, text in line) for line in lines)


def test_a_short_text_is_one_piece() -> None:
    assert pieces("<b>one</b>") == ["<b>one</b>"]


def test_a_long_text_is_cut_at_line_ends() -> None:
    assert pieces("\n".join(["x" * 30] * 4), 70) == ["\n".join(["x" * 30] * 2)] * 2


def test_tags_are_closed_and_opened_again() -> None:
    first, second = pieces(f"<pre>{'x' * 40}\n{'y' * 40}</pre>", 80)

    assert (first, second) == (f"<pre>{'x' * 40}</pre>", f"<pre>{'y' * 40}</pre>")


@settings(max_examples=60)
@given(st.lists(st.lists(tagged, max_size=4), max_size=12))
def test_each_piece_is_html_that_telegram_takes_and_nothing_is_lost(
    lines: list[list[tuple[str, str]]],
) -> None:
    html = html_of(lines)
    found = pieces(html, 400)

    assert all(len(piece.encode("utf-16-le")) // 2 <= 400 for piece in found)
    assert "".join("".join(plain(p, "HTML") for p in found).split()) == "".join(
        plain(html, "HTML").split()
    )


def test_a_button_with_more_data_than_telegram_carries_is_refused() -> None:
    with pytest.raises(QuarterdeckError, match="may have 64 bytes"):
        keyboard([[Button("x", "r:" + "ä" * 40)]])


def test_no_button_is_no_keyboard() -> None:
    assert keyboard([[]]) is None
