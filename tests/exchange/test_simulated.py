import statistics
from itertools import islice, pairwise

import pytest

from core.market import DAY_MS, FUNDING_INTERVAL_MS, MINUTE_MS, Bar, Funding, Step
from exchange.simulated.feed import SimulatedFeed
from exchange.simulated.process import Minute, seeded
from exchange.simulated.ticks import path

START = 1_790_000_040_000
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
WEEK = 7 * 1440


@pytest.fixture(scope="module")
def week() -> list[Step]:
    return list(islice(SimulatedFeed(7, SYMBOLS, start=START).past(None), WEEK))


def returns(steps: list[Step], symbol: str) -> list[float]:
    closes = [
        float(m.close)
        for step in steps
        for m in step.messages
        if isinstance(m, Bar) and m.symbol == symbol
    ]
    return [b / a - 1 for a, b in pairwise(closes)]


def test_the_seed_decides_everything(week: list[Step]) -> None:
    again = list(islice(SimulatedFeed(7, SYMBOLS, start=START).past(None), 300))
    other = list(islice(SimulatedFeed(8, SYMBOLS, start=START).past(None), 300))

    assert again == week[:300]
    assert other != week[:300]


def test_a_symbols_prices_do_not_depend_on_the_others(week: list[Step]) -> None:
    alone = list(islice(SimulatedFeed(7, ["ETH/USDT"], start=START).past(None), 500))

    assert returns(alone, "ETH/USDT") == returns(week[:500], "ETH/USDT")


def test_volatility_clusters_and_tails_are_heavy(week: list[Step]) -> None:
    for symbol in SYMBOLS:
        sample = returns(week, symbol)
        size = [abs(r) for r in sample]
        pairs = zip(size, size[10:], strict=False)
        assert statistics.correlation(*zip(*pairs, strict=True)) > 0.1
        deviation = statistics.pstdev(sample)
        kurtosis = statistics.fmean((r / deviation) ** 4 for r in sample)
        assert kurtosis > 4
        yearly = deviation * (525_600**0.5)
        assert 0.3 < yearly < 1.5


def test_volume_goes_with_the_size_of_moves(week: list[Step]) -> None:
    bars = [m for s in week for m in s.messages if isinstance(m, Bar) and m.symbol == "BTC/USDT"]
    moves = [float(bar.high - bar.low) for bar in bars]

    assert statistics.correlation(moves, [float(bar.volume) for bar in bars]) > 0.4


def test_bars_join_and_extremes_reach_beyond_open_and_close(week: list[Step]) -> None:
    for symbol in SYMBOLS:
        bars = [m for s in week for m in s.messages if isinstance(m, Bar) and m.symbol == symbol]
        assert all(b.open == a.close for a, b in pairwise(bars))
        beyond = sum(bar.high > max(bar.open, bar.close) for bar in bars)
        assert beyond > 0.8 * len(bars)


def test_symbols_move_together_but_not_alike(week: list[Step]) -> None:
    btc, eth = returns(week, "BTC/USDT"), returns(week, "ETH/USDT")

    assert 0.2 < statistics.correlation(btc, eth) < 0.9


def test_funding_settles_at_0_8_and_16_utc(week: list[Step]) -> None:
    settled = [m for step in week for m in step.messages if isinstance(m, Funding)]

    assert len(settled) == 3 * 7 * len(SYMBOLS)
    assert all(m.at % FUNDING_INTERVAL_MS == 0 for m in settled)
    assert all(abs(m.rate) <= 0.0025 for m in settled)
    assert len({m.rate for m in settled}) > 10


def test_funding_comes_before_the_bar_it_falls_on(week: list[Step]) -> None:
    for step in week:
        kinds = [type(m).__name__ for m in step.messages]
        if "Funding" in kinds:
            assert kinds.index("Funding") < kinds.index("Bar")


def test_the_market_stands_still_while_the_engine_is_away() -> None:
    feed = SimulatedFeed(7, SYMBOLS, start=START)
    last = list(feed.past(START + 90 * MINUTE_MS))[-1]
    again = SimulatedFeed(7, SYMBOLS, start=START)
    later = START + 90 * MINUTE_MS + 3 * DAY_MS + 12_345
    again.resume(feed.checkpoint(), later)
    first = next(again.past(None))

    closes = {m.symbol: m.close for m in last.messages if isinstance(m, Bar)}
    opens = {m.symbol: m.open for m in first.messages if isinstance(m, Bar)}
    assert opens == closes
    assert first.at == later - later % MINUTE_MS + MINUTE_MS


def test_another_set_of_symbols_is_another_market() -> None:
    markets = [("BTC/USDT",), ("BTC/USDC",), ("BTC/USDT", "ETH/USDT")]

    assert len({SimulatedFeed(7, symbols, start=START).market_id for symbols in markets}) == 3
    assert "7" in SimulatedFeed(7, SYMBOLS, start=START).market_id


def test_an_unknown_symbol_gets_plausible_prices() -> None:
    steps = list(islice(SimulatedFeed(7, ["WOOF/USDT"], start=START).past(None), 200))

    assert all(abs(r) < 0.2 for r in returns(steps, "WOOF/USDT"))


@pytest.mark.parametrize("count", [1, 2, 3, 10, 119])
def test_a_path_keeps_to_its_bar_and_touches_its_extremes(count: int) -> None:
    minute = Minute(100, 130, 80, 110, 5, 0.001)
    prices = path(minute, count, seeded("test", count))

    assert len(prices) == count
    assert prices[-1] == 110
    assert all(80 <= price <= 130 for price in prices)
    if count >= 3:
        assert {80, 130} <= set(prices)
