"""Figures in words: rounded and signed as the page does it."""

import math
from decimal import Decimal

import pytest

from core import words


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (words.money(10443.26), "$10,443.26"),
        (words.money(-1234567.89), "−$1,234,567.89"),
        (words.money(-0.001), "$0.00"),
        (words.money(None), "–"),
        (words.change(132.18), "+$132.18"),
        (words.change(-24.775), "−$24.78"),
        (words.change(0.125), "+$0.13"),
        (words.change(0.005), "+$0.01"),
        (words.change(-0.001), "$0.00"),
        (words.change(0), "$0.00"),
        (words.change(Decimal("-24.775")), "−$24.78"),
        (words.percent(58.59375, 1), "58.6%"),
        (words.percent(-0.004), "0.00%"),
        (words.percent(-0.0), "0.00%"),
        (words.percent(-1.285), "−1.29%"),
        (words.price(64212.4, 1), "64,212.4"),
        (words.price(3112.605, 2), "3,112.61"),
        (words.measure(-0.001, "ratio"), "0.00"),
        (words.measure(2.675, "ratio"), "2.68"),
    ],
)
def test_numbers_are_read_as_on_the_page(said: str, text: str) -> None:
    assert said == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_what_is_no_number_is_unknown(value: float | None) -> None:
    said = {
        words.money(value), words.change(value), words.percent(value), words.price(value, 2),
        words.measure(value, "money"), words.measure(value, "ratio"),
        words.measure(value, "count"), words.duration(value),
    }  # fmt: skip
    assert said == {"–"}


def test_a_span_is_never_negative() -> None:
    assert words.duration(-5_000) == "0m"
