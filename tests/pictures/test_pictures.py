import struct
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import NothingToDraw
from core.trades import Trade
from pictures.bars import daily
from pictures.candles import Level, Plot, candles, of_trade
from pictures.card import AXIS, PAD, WIDTH, Head
from pictures.card import HEAD as HEAD_HEIGHT
from pictures.comparison import comparison
from pictures.equity import amount, equity
from pictures.look import TOKENS, Look, look
from pictures.render import ZOOM, png
from pictures.svg import Drawing
from tests.core.samples import trade
from tests.pictures.factories import DAY_MS, HEAD, a_summary, shapes, texts

DARK = look("dark")
MINUTE = 60_000
BAR = (0, 100.0, 104.0, 98.0, 103.0, 5.0)


def bars(count: int = 30) -> list[tuple[int, float, float, float, float, float]]:
    return [
        (n * MINUTE, 100.0 + n, 104.0 + n, 98.0 + n, 103.0 + n * (-1) ** n, 5.0)
        for n in range(count)
    ]


def size_of(picture: bytes) -> tuple[int, int]:
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def test_a_picture_is_a_png_of_a_phone_s_width() -> None:
    drawing = equity(a_summary([10_000, 10_010, 9_990]), HEAD, DARK)
    assert size_of(png(drawing)) == (WIDTH * ZOOM, drawing.height * ZOOM)


def test_letters_need_no_font_of_the_machine() -> None:
    with_words, without = Drawing(100, 40), Drawing(100, 40)
    with_words.text((5, 30), "▲ +$1.00 − 5×", "#ffffff", size=16)
    assert png(with_words) != png(without)


def test_the_head_says_what_it_was_given_and_whether_it_is_real() -> None:
    written = texts(equity(a_summary([10_000, 10_010]), HEAD, DARK))
    assert {"Equity", "$10,010.00", "▲ +$10.00", "3 trades", "SIMULATED"} <= set(written)
    assert "2 Jan 00:00 – 2 Jan 01:00 UTC" in written


def test_only_real_money_has_a_filled_badge() -> None:
    live = Head("Equity", "$1", badge="LIVE")
    filled = shapes(equity(a_summary([1, 2]), live, DARK), "rect")
    dashed = shapes(equity(a_summary([1, 2]), HEAD, DARK), "rect")
    assert not [box for box in filled if box["stroke-dasharray"] != "none"]
    assert [box["fill"] for box in dashed if box["stroke-dasharray"] != "none"] == ["none"]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_colours_are_those_of_the_page(theme: str) -> None:
    sheet = TOKENS.read_text(encoding="utf-8")
    light, _, dark = sheet.partition(':root[data-theme="dark"]')
    colours = look("dark" if theme == "dark" else "light")
    for name in Look.__slots__:
        said = f"--{name.replace('_', '-')}: {getattr(colours, name)};"
        assert said in (dark if theme == "dark" else light)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0.01, 1e8), min_size=1, max_size=80))
def test_an_equity_line_stays_in_its_box_and_ends_at_the_last_value(values: list[float]) -> None:
    summary = a_summary([round(value, 2) for value in values])
    drawing = equity(summary, HEAD, DARK)
    for line in shapes(drawing, "polyline"):
        for place in line["points"].split():
            x, y = map(float, place.split(","))
            assert PAD - 0.01 <= x <= WIDTH - AXIS + 0.01
            assert HEAD_HEIGHT <= y <= drawing.height


def test_without_a_curve_there_is_a_sentence_instead() -> None:
    with pytest.raises(NothingToDraw, match="no equity curve"):
        equity({"equity": [], "underwater": []}, HEAD, DARK)
    with pytest.raises(NothingToDraw, match="no day"):
        daily({"daily": []}, HEAD, DARK)
    with pytest.raises(NothingToDraw, match="no candles"):
        candles(Plot([BAR], MINUTE, 2), HEAD, DARK)
    with pytest.raises(NothingToDraw, match="Awaiting closed trades"):
        comparison([("a", []), ("b", [(0, 1.0)])], HEAD, DARK)


def test_a_day_that_won_stands_above_zero_and_one_that_lost_below() -> None:
    days = {"daily": [("2026-11-01", 0.1, 12.5), ("2026-11-02", -0.2, -20.0)]}
    drawing = daily(days, HEAD, DARK)
    boxes = {box["fill"]: box for box in shapes(drawing, "rect") if box["rx"] == "2"}
    won, lost = boxes[DARK.gain], boxes[DARK.loss]
    assert float(won["y"]) + float(won["height"]) == pytest.approx(float(lost["y"]), abs=0.02)
    assert {"+$12.50", "−$20.00", "1 Nov", "2 Nov"} <= set(texts(drawing))


def test_rising_candles_are_hollow_and_falling_ones_filled() -> None:
    rising = (0, 100.0, 104.0, 98.0, 103.0, 5.0)
    falling = (MINUTE, 103.0, 104.0, 98.0, 100.0, 5.0)
    boxes = shapes(candles(Plot([rising, falling], MINUTE, 2), HEAD, DARK), "rect")
    bodies = [box["fill"] for box in boxes if box["stroke"] in {DARK.gain, DARK.loss}]
    assert bodies == [DARK.surface, DARK.loss]


def a_short() -> Trade:
    return trade(
        1, "5", side="short", entry_price=Decimal(110), exit_price=Decimal(105),
        opened_at=5 * MINUTE, closed_at=20 * MINUTE,
    )  # fmt: skip


def test_a_trade_shows_entry_exit_stop_and_target() -> None:
    marks, levels = of_trade(a_short(), 115.0, 100.0)
    assert [(mark.buys, mark.entry) for mark in marks] == [(False, True), (True, False)]
    drawing = candles(Plot(bars(), MINUTE, 2, marks, levels), HEAD, DARK)
    assert {"entry", "exit", "stop", "target", "115.00", "100.00"} <= set(texts(drawing))
    assert len(shapes(drawing, "polygon")) == 1
    assert len(shapes(drawing, "circle")) == 1


def test_badges_of_close_levels_do_not_cover_each_other() -> None:
    levels = [Level("a", 110.0), Level("b", 110.01), Level("c", 110.02)]
    drawing = candles(Plot(bars(), MINUTE, 2, (), levels), HEAD, DARK)
    tops = sorted(float(b["y"]) for b in shapes(drawing, "rect") if b["height"] == "17")
    assert len(tops) == 3
    assert all(after - before > 16.95 for before, after in pairwise(tops))


def test_the_second_strategy_is_dashed_and_both_are_named_with_their_returns() -> None:
    curves = [("full_math", [(0, 0.0), (DAY_MS, 1.5)]), ("trend", [(0, 0.0), (DAY_MS, -2.25)])]
    drawing = comparison(curves, HEAD, DARK)
    assert {"full_math 1.50%", "trend −2.25%"} <= set(texts(drawing))
    assert [line["stroke-dasharray"] for line in shapes(drawing, "polyline")] == ["none", "6 4"]


def test_whatever_a_name_holds_the_picture_is_drawn() -> None:
    strange = Head('<svg onload="x">&', "\x00\x07 ]]>", "\ud800 \u202e", badge="<LIVE>")
    assert size_of(png(equity(a_summary([1, 2]), strange, DARK)))


def test_a_place_that_is_no_number_is_an_error_and_no_empty_picture() -> None:
    with pytest.raises(ValueError, match="finite"):
        Drawing(10, 10).circle((float("nan"), 1), 1, "#000000")


@pytest.mark.parametrize(
    ("value", "marks", "expected"),
    [
        (9_700.0, [9_700, 9_800], "$9,700"),
        (-50.0, [-50, 0], "−$50"),
        (0.25, [0.25, 0.5], "$0.25"),
        (1_250_000.0, [1_000_000, 1_250_000], "$1,250.0k"),
    ],
)
def test_amounts_on_an_axis_are_short(value: float, marks: list[float], expected: str) -> None:
    assert amount(value, marks) == expected
