"""What is said of a symbol's last 24 hours."""

from decimal import Decimal

from core.market import DAY_MS, MINUTE_MS, Bar, DayStats
from exchange.instruments import instrument
from runner import payloads
from runner.board import BARS_SHOWN, Board, Market
from runner.freshness import Freshness

SYMBOL = "BTC/USDT"
BEGAN = 1_748_736_000_000
DAY_MINUTES = DAY_MS // MINUTE_MS


def bar(minute: int, price: int) -> Bar:
    p = Decimal(price)
    return Bar(SYMBOL, BEGAN + minute * MINUTE_MS, p, p, p, p, Decimal(1))


def market_of(bars: list[Bar]) -> Market:
    board = Board({SYMBOL: instrument(SYMBOL)})
    board.remember(bars)
    return board.markets[SYMBOL]


def change(market: Market) -> float | None:
    told = payloads.price(market)
    assert told is not None
    value: float | None = told["change_24h_pct"]
    return value


def test_the_change_is_against_the_close_24_hours_ago() -> None:
    day = [bar(n, 100) for n in range(DAY_MINUTES)]

    assert change(market_of(day)) is None
    assert change(market_of([*day, bar(DAY_MINUTES, 110)])) == 10


def test_what_a_restart_remembers_is_enough_for_the_change() -> None:
    bars = [bar(n, 100 + n) for n in range(2 * DAY_MINUTES)]

    assert change(market_of(bars[-BARS_SHOWN:])) == change(market_of(bars))


def test_minutes_before_a_long_absence_are_not_of_the_last_24_hours() -> None:
    before = [bar(n, 900 if n == 5 else 100) for n in range(DAY_MINUTES)]
    after = bar(DAY_MINUTES + 600, 100)

    market = market_of([*before, after])

    stats = payloads.stats(market)
    assert stats["high_24h"] == 100
    assert stats["volume_24h"] == DAY_MINUTES - 600
    assert change(market) == 0


def test_what_the_exchange_says_of_the_day_goes_before_what_is_added_up() -> None:
    bars = [bar(n, 100) for n in range(60)]
    market = market_of(bars)
    assert payloads.stats(market)["day_told_by"] == "candles"

    at = bars[-1].close_time
    figures = (Decimal(140), Decimal(90), Decimal(7000), None, Decimal("-1.25"))
    market.day = DayStats(SYMBOL, at, *figures)
    stats = payloads.stats(market)

    assert (stats["high_24h"], stats["low_24h"], stats["volume_24h"]) == (140.0, 90.0, 7000.0)
    assert (stats["day_told_by"], stats["quote_volume_24h"]) == ("exchange", None)
    assert change(market) == -1.25

    market.at = at + 6 * 60_000
    assert payloads.stats(market)["day_told_by"] == "candles"
    assert change(market) is None


def test_the_line_of_a_day_stays_until_its_next_point() -> None:
    bars = [bar(n, 100 + n) for n in range(2 * DAY_MINUTES)]
    lines = [payloads.stats(market_of(bars[:n]))["spark"] for n in range(-35, 0)]

    assert len({tuple(line) for line in lines}) == 2
    assert all(len(line) == 48 for line in lines)


def test_the_time_of_the_newest_message_is_told_to_the_second() -> None:
    freshness = Freshness(10)
    before = freshness.payload(0)["last_message_at"]
    freshness.saw(1.0, 1_795_260_346_679, [SYMBOL])

    assert before is None
    assert freshness.payload(0)["last_message_at"] == 1_795_260_346_000
