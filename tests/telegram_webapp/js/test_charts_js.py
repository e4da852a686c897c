"""What charts compute before they draw: candles from minutes, equity from points, labels apart."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

MINUTE_MS = 60_000
START = 1_794_000_000_000 // (60 * MINUTE_MS) * 60 * MINUTE_MS
QUICK = settings(max_examples=60, deadline=None)

Candle = list[float]

CARRY_ON = """async ([interval, past, through, closed, forming]) => {
  const { CandleSeries } = await import("/js/charts/candle_series.js");
  const series = new CandleSeries(interval);
  series.load(past, through);
  for (const minute of closed) series.close(minute);
  return series.with(forming);
}"""
CALL = """async ([module, name, args]) => {
  const found = await import(`/js/charts/${module}.js`);
  return found[name](...args);
}"""


def call(page: Page, module: str, name: str, *args: Any) -> Any:
    return page.evaluate(CALL, [module, name, list(args)])


def minute(number: int, prices: tuple[int, int, int, int], volume: int) -> dict[str, float]:
    opened, closed, up, down = prices
    return {
        "open_time": START + number * MINUTE_MS,
        "open": opened,
        "high": max(opened, closed) + up,
        "low": min(opened, closed) - down,
        "close": closed,
        "volume": volume,
    }


def candles(minutes: list[dict[str, float]], interval_ms: int) -> list[Candle]:
    """Return the candles of *minutes*, as the server makes them."""
    grouped = itertools.groupby(minutes, lambda one: one["open_time"] // interval_ms * interval_ms)
    return [_candle(at, list(group)) for at, group in grouped]


def _candle(at: float, group: list[dict[str, float]]) -> Candle:
    high, low = max(one["high"] for one in group), min(one["low"] for one in group)
    volume = sum(one["volume"] for one in group)
    return [at, group[0]["open"], high, low, group[-1]["close"], volume]


prices = st.tuples(st.integers(90, 110), st.integers(90, 110), st.integers(0, 5), st.integers(0, 5))
markets = st.lists(st.tuples(prices, st.integers(0, 9)), min_size=2, max_size=40).map(
    lambda made: [minute(n, *one) for n, one in enumerate(made)]
)


@QUICK
@given(market=markets, interval=st.sampled_from([1, 5, 15, 60]), data=st.data())
def test_a_past_carried_on_minute_by_minute_is_the_past_asked_for_later(
    modules: Page, market: list[dict[str, float]], interval: int, data: st.DataObject
) -> None:
    split = data.draw(st.integers(0, len(market) - 1))
    told_again = data.draw(st.integers(0, split))
    interval_ms = interval * MINUTE_MS
    known, fresh, forming = market[:split], market[split - told_again : -1], market[-1]
    through = known[-1]["open_time"] if known else 0

    carried = modules.evaluate(
        CARRY_ON, [interval_ms, candles(known, interval_ms), through, fresh, forming]
    )

    assert carried == candles(market, interval_ms)


MISSES = """async (times) => {
  const { CandleSeries } = await import("/js/charts/candle_series.js");
  const series = new CandleSeries(300000);
  series.load([[0, 1, 1, 1, 1, 1]], 0);
  return times.map((time) => series.misses(time));
}"""


def test_a_minute_that_is_missing_is_noticed(modules: Page) -> None:
    times = [0, MINUTE_MS, 2 * MINUTE_MS, -MINUTE_MS]

    assert modules.evaluate(MISSES, times) == [False, False, True, True]


EXTEND = """async ([past, recent]) => {
  const { EquitySeries } = await import("/js/charts/equity_series.js");
  const series = new EquitySeries();
  series.load(past);
  const whole = recent.map((points) => series.extend(points));
  return JSON.stringify([series.points, whole.at(-1)]);
}"""


def extended(page: Page, past: list[int], *recent: list[int]) -> tuple[list[int], bool]:
    """Return the minutes that a series holds, and whether it says that it is whole."""
    points = [[at * MINUTE_MS, 1.0] for at in past]
    told = [[{"at": at * MINUTE_MS, "equity": 1.0} for at in minutes] for minutes in recent]
    found, whole = json.loads(page.evaluate(EXTEND, [points, told]))
    return [at // MINUTE_MS for at, _ in found], whole


@pytest.mark.parametrize(
    ("past", "recent", "expected"),
    [
        ([1, 2, 3], [[2, 3, 4]], ([1, 2, 3, 4], True)),
        ([1, 2, 3], [[2, 3, 4], [3, 4, 5]], ([1, 2, 3, 4, 5], True)),
        ([1, 2, 3], [[]], ([1, 2, 3], True)),
        ([1, 2, 3], [[40, 41]], ([1, 2, 3, 40, 41], False)),
        ([100, 101], [[5, 6]], ([100, 101], False)),
    ],
)
def test_equity_is_lengthened_and_a_hole_or_another_tape_is_noticed(
    modules: Page, past: list[int], recent: list[list[int]], expected: tuple[list[int], bool]
) -> None:
    assert extended(modules, past, *recent) == expected


@QUICK
@given(places=st.lists(st.floats(-50, 350), min_size=1, max_size=8))
def test_labels_stand_apart_in_order_and_inside(modules: Page, places: list[float]) -> None:
    gap, low, high = 20.0, 10.0, 290.0

    moved = call(modules, "levels", "spread", places, gap, [low, high])

    order = sorted(range(len(places)), key=places.__getitem__)
    between = [moved[b] - moved[a] for a, b in itertools.pairwise(order)]
    assert all(step >= gap - 1e-6 for step in between)
    assert all(low - 1e-6 <= place <= high + 1e-6 for place in moved)


def test_a_label_that_has_room_stays_where_it_is(modules: Page) -> None:
    assert call(modules, "levels", "spread", [100, 40], 20, [10, 290]) == [100, 40]


@pytest.mark.parametrize(
    ("hours", "width", "texts"),
    [
        (1, 340, ["00:00", "00:15", "00:30", "00:45"]),
        (24, 340, ["00:00", "06:00", "12:00", "18:00"]),
        (24 * 7, 340, ["5 Nov", "7 Nov", "9 Nov", "11 Nov"]),
    ],
)
def test_times_on_the_axis_are_round_and_fit(
    modules: Page, hours: int, width: int, texts: list[str]
) -> None:
    begin = 1_793_836_800_000  # 5 November 2026, 00:00 UTC
    ticks = call(modules, "ticks", "timeTicks", begin, begin + hours * 60 * MINUTE_MS, width)

    assert [tick["text"] for tick in ticks] == texts


def test_of_labels_that_would_touch_the_more_important_one_stays(modules: Page) -> None:
    assert call(modules, "ticks", "apart", [10443, 10311, 10305], 20) == [10443, 10311]


MARKS = """async ([trades, positions, span, most]) => {
  const { marksOf } = await import("/js/charts/trade_marks.js");
  const { marks, whole } = marksOf({ trades, positions }, span, most);
  return [marks.map(({ at, kind }) => [at, kind]), whole];
}"""


def test_of_too_many_trades_those_that_moved_most_money_are_marked(modules: Page) -> None:
    common = {"symbol": "BTC/USDT", "side": "long", "leverage": 5}
    trades = [
        {**common, "id": str(n), "opened_at": n, "closed_at": n + 1, "net_pnl": pnl}
        for n, pnl in enumerate([5, -80, 1, 30], start=10)
    ]
    position = {**common, "side": "short", "opened_at": 50}

    found = modules.evaluate(MARKS, [trades, [position], [0, 60], 5])

    marks = [[11, "long"], [12, "exit"], [13, "long"], [14, "exit"], [50, "short"]]
    assert found == [marks, False]
