"""Indicators against the formulas as their authors wrote them, and the search among markets."""

import itertools
import statistics
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MIDNIGHT = 1_794_009_600_000  # 7 November 2026, 00:00 UTC
QUICK = settings(max_examples=40, deadline=None)
CALL = """async ([module, name, args]) => {
  const found = await import(`/js/${module}.js`);
  return found[name](...args);
}"""

Line = list[float | None]
series = st.lists(st.integers(100, 200), min_size=1, max_size=60)
lengths = st.integers(2, 20)


def call(page: Page, name: str, *args: Any, module: str = "charts/indicators") -> Any:
    return page.evaluate(CALL, [module, name, list(args)])


def near(line: Line) -> Any:
    """Return what a line is compared with: None where it must be none, else as near as floats."""
    return [None if value is None else pytest.approx(value, abs=1e-7) for value in line]


@QUICK
@given(closes=series, n=lengths)
def test_an_exponential_mean_begins_with_the_plain_one(
    modules: Page, closes: list[int], n: int
) -> None:
    expected: Line = [None] * min(n - 1, len(closes))
    for i in range(n - 1, len(closes)):
        before = expected[-1] if expected else None
        if i == n - 1 or before is None:
            expected.append(statistics.fmean(closes[:n]))
        else:
            expected.append(closes[i] * 2 / (n + 1) + before * (1 - 2 / (n + 1)))

    assert call(modules, "ema", closes, n) == near(expected)


@QUICK
@given(closes=series, n=lengths)
def test_bands_lie_two_deviations_of_all_closes_from_their_mean(
    modules: Page, closes: list[int], n: int
) -> None:
    windows = [closes[max(0, i - n + 1) : i + 1] for i in range(len(closes))]
    whole = [window if len(window) == n else None for window in windows]
    upper: Line = [statistics.fmean(w) + 2 * statistics.pstdev(w) if w else None for w in whole]
    lower: Line = [statistics.fmean(w) - 2 * statistics.pstdev(w) if w else None for w in whole]

    bands = call(modules, "bollinger", closes, n, 2)

    assert (bands["upper"], bands["lower"]) == (near(upper), near(lower))


@QUICK
@given(closes=series, n=lengths)
def test_strength_is_wilders(modules: Page, closes: list[int], n: int) -> None:
    moves = [b - a for a, b in itertools.pairwise(closes)]
    expected: Line = [None] * min(n, len(closes))
    if len(moves) >= n:
        up = sum(max(move, 0) for move in moves[:n]) / n
        down = sum(max(-move, 0) for move in moves[:n]) / n
        expected.append(_strength(up, down))
        for move in moves[n:]:
            up = (up * (n - 1) + max(move, 0)) / n
            down = (down * (n - 1) + max(-move, 0)) / n
            expected.append(_strength(up, down))

    assert call(modules, "rsi", closes, n) == near(expected)


def _strength(up: float, down: float) -> float:
    if up == down == 0:
        return 50.0
    return 100.0 if down == 0 else 100 - 100 / (1 + up / down)


def test_a_published_example_gives_its_figures(modules: Page) -> None:
    # https://chartschool.stockcharts.com, its spreadsheet of this indicator
    closes = [
        44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433,
        46.0826, 45.8931, 46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328,
    ]  # fmt: skip
    found = call(modules, "rsi", closes, 14)[14:]

    assert [round(value, 2) for value in found] == [70.53, 66.32, 66.55]


def candle(at: int, price: float, volume: float) -> list[float]:
    return [at, price, price + 3, price - 3, price, volume]


def test_the_days_mean_weighs_by_volume_and_begins_anew_at_midnight(modules: Page) -> None:
    times = [MIDNIGHT - HOUR_MS, MIDNIGHT, MIDNIGHT + HOUR_MS, MIDNIGHT + DAY_MS]
    candles = [candle(at, 100.0 + n, 1.0 + n) for n, at in enumerate(times)]

    line = call(modules, "vwap", candles)

    # of the first day only its last hour is there
    assert line == near([None, 101.0, (101 * 2 + 102 * 3) / 5, 103.0])
    assert call(modules, "vwap", candles[1:2]) == [101.0]
    assert call(modules, "vwap", [candle(MIDNIGHT, 100.0, 0.0)]) == [None]


def test_each_line_is_as_long_as_the_candles_that_are_shown(modules: Page) -> None:
    candles = [candle(MIDNIGHT + n * HOUR_MS, 100.0 + n % 7, 1.0) for n in range(120)]
    names = ["ema20", "ema50", "bands", "vwap", "rsi"]

    drawn = call(modules, "linesOf", names, candles, 100, module="charts/indicator_lines")

    assert [one["name"] for one in drawn] == names
    assert [len(one["lines"]) for one in drawn] == [1, 1, 2, 1, 1]
    values = [value for one in drawn for line in one["lines"] for value in line]
    assert len(values) == 6 * 20
    assert None not in values


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["BTC/USDT", "ETH/BTC", "WBTC/USDT", "عملة/USDT"]),
        ("btc", ["BTC/USDT", "ETH/BTC", "WBTC/USDT"]),
        ("BTCUSDT", ["BTC/USDT", "WBTC/USDT"]),
        ("عم", ["عملة/USDT"]),
        ("doge", []),
    ],
)
def test_a_market_is_found_by_any_part_of_its_name(
    modules: Page, text: str, found: list[str]
) -> None:
    symbols = ["WBTC/USDT", "BTC/USDT", "ETH/BTC", "عملة/USDT"]

    assert call(modules, "matching", symbols, text, module="views/symbol_search") == found


def test_of_many_markets_those_that_move_with_it_are_compared(modules: Page) -> None:
    symbols = ["A", "B", "C", "D"]
    matrix = [[1, 0.1, -0.9, None], [0.1, 1, 0, 0], [-0.9, 0, 1, 0], [None, 0, 0, 1]]
    told = {"symbols": symbols, "matrix": matrix}

    def nearest(symbol: str, few: int) -> Any:
        return call(modules, "nearest", told, symbol, few, module="views/market_correlation")

    assert nearest("A", 2) == ["A", "C", "B"]
    assert nearest("A", 3) == symbols
