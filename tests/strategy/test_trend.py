"""The trend strategy: when it speaks, what it says, and that it forgets nothing."""

import random
from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from core.ledger import Position
from core.market import DAY_MS, MINUTE_MS, Bar
from strategy.base import AccountView, Signal
from strategy.trend import SLOW, STOP_ATR, TARGET_ATR, Trend
from tests.exchange.paper_desk import START, SYMBOL

FLAT = AccountView()
BEGIN = START - START % DAY_MS


def tape(seed: int, minutes: int = 3 * 1440, drift: float = 0.0) -> Iterator[Bar]:
    """Yield a random walk with slow swings, so that the averages turn now and then."""
    rng = random.Random(seed)
    price = 100.0
    for minute in range(minutes):
        swing = 0.0002 if minute // 300 % 2 else -0.0002
        opened, price = price, price * (1 + swing + drift + rng.gauss(0, 0.0005))
        high, low = max(opened, price) * 1.0002, min(opened, price) * 0.9998
        cut = [Decimal(f"{p:.2f}") for p in (opened, high, low, price)]
        yield Bar(SYMBOL, BEGIN + minute * MINUTE_MS, cut[0], cut[1], cut[2], cut[3], Decimal(1))


def position(qty: int, opened_at: int) -> Position:
    return Position(
        id="p", strategy="trend", symbol=SYMBOL, qty=Decimal(qty), entry_price=Decimal(100),
        leverage=5, opened_at=opened_at, max_qty=Decimal(1), entry_qty=Decimal(1),
        entry_cost=Decimal(100),
    )  # fmt: skip


def signals(bars: Iterator[Bar], strategy: Trend | None = None) -> list[tuple[Bar, Signal]]:
    strategy = strategy or Trend()
    said = [(bar, strategy.on_bar(bar, FLAT)) for bar in bars]
    return [(bar, signal) for bar, signal in said if signal is not None]


def entries(bars: Iterator[Bar]) -> list[tuple[Bar, Signal]]:
    return [(bar, s) for bar, s in signals(bars) if s.wish == "enter"]


def test_it_holds_aloud_each_quarter_of_an_hour_and_else_speaks_only_to_act() -> None:
    said = signals(tape(1))

    aloud = [bar for bar, signal in said if bar.close_time % 900_000 == 0]
    others = [signal for bar, signal in said if bar.close_time % 900_000]
    assert len(aloud) == 3 * 96
    assert others
    assert all(signal.action != "hold" for signal in others)
    assert all(bar.close_time % 300_000 == 0 for bar, _ in said)
    assert all(bar.close_time % (5 * MINUTE_MS) == 0 for bar, _ in said)
    assert all(signal.price == bar.close for bar, signal in said)


def test_it_learns_before_it_acts() -> None:
    said = signals(tape(1, minutes=5 * SLOW))

    assert {(s.action, s.wish, s.confidence) for _, s in said} == {("hold", "none", 0.0)}
    assert said[-1][1].reasons == ("learning, 60 of 61 candles seen",)


def test_it_trades_both_ways_with_a_stop_and_a_target_twice_as_far() -> None:
    wanted = entries(tape(2))

    assert {signal.action for _, signal in wanted} == {"buy", "sell"}
    for bar, signal in wanted:
        assert signal.stop_price is not None
        assert signal.target_price is not None
        risk, gain = bar.close - signal.stop_price, signal.target_price - bar.close
        assert (risk > 0) == (signal.action == "buy")
        assert float(gain) == pytest.approx(float(risk) * TARGET_ATR / STOP_ATR)
        assert 0 < signal.confidence <= 1


def test_its_reasons_have_the_numbers() -> None:
    _, signal = entries(tape(2))[0]

    gap, volatility = signal.reasons
    assert gap.startswith(("EMA 20 over EMA 60 by 0.", "EMA 20 under EMA 60 by 0."))
    assert volatility.endswith("% an hour within 0.15 to 2.50")


def test_its_averages_are_what_it_leans_on() -> None:
    for _, signal in entries(tape(2)):
        averages, volatility = signal.parts
        assert averages.contribution == pytest.approx(
            signal.confidence if signal.action == "buy" else -signal.confidence
        )
        assert (averages.name, volatility.name) == ("averages", "volatility")
        assert volatility.contribution == 0


def test_a_handful_of_entries_a_day_not_a_flood() -> None:
    assert 3 <= len(entries(tape(2))) <= 30


def calm(bars: Iterator[Bar], share: str) -> Iterator[Bar]:
    for bar in bars:
        near = {
            field: (Decimal(100) + (getattr(bar, field) - 100) * Decimal(share))
            for field in ("open", "high", "low", "close")
        }
        yield msgspec.structs.replace(bar, **near)


def test_a_market_that_does_not_pay_the_fees_is_left_alone() -> None:
    assert entries(calm(tape(2), "0.05")) == []


def test_a_wild_market_is_left_alone_and_it_says_so() -> None:
    said = [signal for _, signal in signals(calm(tape(2), "8"))]
    vetoed = [(signal, signal.veto) for signal in said if signal.veto is not None]

    assert vetoed
    assert not any(signal.wish == "enter" for signal in said)
    for signal, veto in vetoed:
        assert signal.action != "hold"
        assert veto.gate == "volatility"
        assert veto.value is not None
        assert veto.limit is not None
        assert veto.value > veto.limit
        assert veto.reason.endswith("outside 0.15 to 2.50")


def test_the_same_bars_give_the_same_signals() -> None:
    assert signals(tape(3)) == signals(tape(3))


def test_symbols_do_not_disturb_each_other() -> None:
    alone = signals(tape(3))
    strategy = Trend()
    both = []
    for mine, other in zip(tape(3), tape(4), strict=True):
        strategy.on_bar(msgspec.structs.replace(other, symbol="ETH/USDT"), FLAT)
        both.append((mine, strategy.on_bar(mine, FLAT)))

    assert [(bar, signal) for bar, signal in both if signal is not None] == alone


@pytest.mark.parametrize("cut", [0, 7, 700, 2003])
def test_warming_up_is_the_same_as_having_seen_the_bars(cut: int) -> None:
    """Also when the bars of the past led to trades then, and a position is open now."""
    bars = list(tape(2))
    held = AccountView(position=position(1, bars[0].open_time))
    seen, warmed = Trend(), Trend()
    for number, bar in enumerate(bars[:cut]):
        seen.on_bar(bar, held if number % 3 else FLAT)
        warmed.warm(bar)

    assert [warmed.on_bar(b, FLAT) for b in bars[cut:]] == [
        seen.on_bar(b, FLAT) for b in bars[cut:]
    ]


@pytest.mark.parametrize("qty", [1, -1])
def test_it_leaves_when_the_averages_turn_against_it(qty: int) -> None:
    strategy = Trend()
    held = AccountView(position=position(qty, BEGIN + 2 * DAY_MS + 1))
    said = [strategy.on_bar(bar, held) for bar in tape(2)]
    closes = [signal for signal in said if signal is not None and signal.wish == "close"]

    assert closes
    way = "sell" if qty > 0 else "buy"
    assert {(signal.action, signal.role) for signal in closes} == {(way, "signal")}
    assert all("against the" in signal.reasons[0] for signal in closes)


def test_it_leaves_after_a_day() -> None:
    strategy = Trend()
    for bar in tape(5, minutes=1440, drift=0.0005):
        strategy.warm(bar)
    held = AccountView(position=position(1, BEGIN))
    late = list(tape(5, minutes=1445, drift=0.0005))[1440:]
    [signal] = [s for s in (strategy.on_bar(bar, held) for bar in late) if s is not None]

    assert (signal.action, signal.wish, signal.role) == ("sell", "close", "timeout")
    assert signal.reasons == ("held for 24 hours",)
