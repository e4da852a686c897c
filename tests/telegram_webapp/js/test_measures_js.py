"""Figures, decisions and comparisons, as they are read and drawn."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.telegram_webapp.js.test_words_js import MINUS, call

MEASURE = {
    "value": 58.59,
    "reason": "",
    "low": None,
    "high": None,
    "at": None,
    "basis": "128 trades",
}


@pytest.mark.parametrize(
    ("name", "value", "unit", "text"),
    [
        ("win_rate", 58.59375, "pct", "58.6%"),
        ("roi", 3.946, "pct", "+3.95%"),
        ("max_drawdown_pct", 2.83, "pct", f"{MINUS}2.83%"),
        ("max_drawdown_pct", -2.83, "pct", f"{MINUS}2.83%"),
        ("max_drawdown", 288.2, "money", f"{MINUS}$288.20"),
        ("net_pnl", 394.62, "money", "+$394.62"),
        ("fees", 61.2, "money", "$61.20"),
        ("profit_factor", 1.417, "ratio", "1.42"),
        ("expectancy_r", 0.18, "ratio", "+0.18 R"),
        ("sharpe", -1.204, "ratio", f"{MINUS}1.20"),
        ("total_trades", 1280, "count", "1,280"),
        ("avg_duration", 11_520_000, "duration_ms", "3h 12m"),
        ("sharpe", None, "ratio", "–"),
    ],
)
def test_a_figure_is_read_by_its_unit(
    modules: Page, name: str, value: float | None, unit: str, text: str
) -> None:
    assert call(modules, "measures", "measureText", name, value, unit) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "128 trades"),
        ({"low": 50.06, "high": 66.8, "basis": ""}, "95% interval 50.1 to 66.8%"),
        ({"at": 1_795_271_528_000, "basis": "BTC/USDT"}, "BTC/USDT, 21 Nov"),
        ({"value": None, "reason": "needs 30 days, has 23"}, "needs 30 days, has 23"),
    ],
)
def test_a_figure_says_what_it_stands_on(modules: Page, changes: dict[str, Any], text: str) -> None:
    said = call(modules, "measures", "basisText", "win_rate", {**MEASURE, **changes}, "pct")

    assert said == text


@pytest.mark.parametrize(
    ("signal", "line"),
    [
        ({"decision": "traded", "gate": ""}, "Traded"),
        ({"decision": "held", "gate": "", "reason": "no edge"}, "Held: no edge"),
        ({"decision": "held", "gate": "", "why": "no edge"}, "Held: no edge"),
        (
            {"decision": "refused", "gate": "max_positions", "value": 3, "limit": 3},
            "Refused: max positions 3, limit 3",
        ),
        (
            {"decision": "held", "gate": "volatility", "value": -0.8213, "threshold": 0.75},
            f"Held: volatility {MINUS}0.821, limit 0.75",
        ),
        (
            {"decision": "held", "gate": "confidence", "value": 0.24961, "limit": 0.25},
            "Held: confidence 0.2496, limit 0.25",
        ),
        ({"decision": "refused", "gate": "paused", "value": None}, "Refused: paused"),
        ({"decision": "refused", "gate": "margin", "value": 1250.5}, "Refused: margin 1,251"),
    ],
)
def test_a_decision_is_one_line_with_value_and_limit(
    modules: Page, signal: dict[str, Any], line: str
) -> None:
    assert call(modules, "decisions", "decisionLine", signal) == line


DRAW = """async ([module, name, args]) => {
  const figure = (await import(`/js/charts/${module}.js`))[name](...args);
  return JSON.parse(JSON.stringify(figure));
}"""
SIZE = {"width": 320, "height": 220}
DAY_MS = 86_400_000


def draw(page: Page, module: str, name: str, *args: Any) -> Any:
    return page.evaluate(DRAW, [module, name, list(args)])


def test_equity_stands_over_its_drawdown_on_one_axis_of_time(modules: Page) -> None:
    equity = [[day * DAY_MS, 10_000 + 10 * day] for day in range(10)]
    underwater = [[day * DAY_MS, -2.5 if day == 4 else 0] for day in range(10)]
    figure = draw(
        modules, "results_figure", "resultsFigure",
        {"equity": equity, "underwater": underwater}, SIZE, "surface",
    )  # fmt: skip

    line, fall, deepest = figure["data"]
    assert line["x"] == fall["x"]
    assert deepest["y"] == [-2.5]
    assert deepest["x"] == [4 * DAY_MS]
    assert figure["layout"]["yaxis2"]["range"] == [-3, 0]


@pytest.mark.parametrize("value", [10_000, 0, -1_234_567.89])
def test_one_point_of_equity_is_a_dot_in_a_real_range(modules: Page, value: float) -> None:
    figure = draw(
        modules, "results_figure", "resultsFigure",
        {"equity": [[DAY_MS, value]], "underwater": [[DAY_MS, 0]]}, SIZE, "surface",
    )  # fmt: skip

    assert figure["data"][0]["mode"] == "markers"
    start, end = figure["layout"]["xaxis"]["range"]
    assert start < DAY_MS < end


def test_bins_are_coloured_by_their_side_of_zero(modules: Page) -> None:
    histogram = {"width": 5, "bins": [[-10, 2], [-5, 1], [0, 4], [5, 1]]}
    figure = draw(modules, "bars_figure", "histogramFigure", histogram, SIZE)

    bars = figure["data"][0]
    assert bars["x"] == [-7.5, -2.5, 2.5, 7.5]
    colours = bars["marker"]["color"]
    assert colours[0] == colours[1]
    assert colours[2] == colours[3]
    assert bars["text"][2] == "4 trades, $0.00 to +$5.00"


def test_two_lines_are_named_apart_at_their_ends_and_the_second_is_dashed(modules: Page) -> None:
    points = [[day * DAY_MS, day / 10] for day in range(10)]
    lines = [{"name": "full_math", "points": points}, {"name": "<b>trend", "points": points}]
    figure = draw(modules, "compare_figure", "compareFigure", lines, SIZE)

    assert [trace["line"]["dash"] for trace in figure["data"]] == ["solid", "5px,3px"]
    first, second = figure["layout"]["annotations"]
    assert abs(first["y"] - second["y"]) * SIZE["height"] > 25
    assert "&lt;b>trend" in second["text"]


def test_a_line_without_points_is_left_out(modules: Page) -> None:
    lines = [{"name": "a", "points": [[DAY_MS, 1.5]]}, {"name": "b", "points": []}]
    figure = draw(modules, "compare_figure", "compareFigure", lines, SIZE)

    assert len(figure["data"]) == 1
    assert figure["data"][0]["mode"] == "markers"
