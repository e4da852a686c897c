"""The trend strategy: when it speaks, what it says, and that it forgets nothing."""

import random
from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from core.ledger import Position
from core.market import DAY_MS, MINUTE_MS, Bar
from strategy.base import AccountView, Decision, Intent
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


def decisions(bars: Iterator[Bar], strategy: Trend | None = None) -> list[tuple[Bar, Decision]]:
    strategy = strategy or Trend()
    said = [(bar, strategy.on_bar(bar, FLAT)) for bar in bars]
    return [(bar, decision) for bar, decision in said if decision is not None]


def intents(bars: Iterator[Bar]) -> list[tuple[Bar, Intent]]:
    return [(bar, d.intent) for bar, d in decisions(bars) if d.intent is not None]


def test_it_speaks_once_every_five_minutes() -> None:
    said = decisions(tape(1))

    assert len(said) == 3 * 288
    assert all(bar.close_time % (5 * MINUTE_MS) == 0 for bar, _ in said)
    assert all(d.outlook is not None and d.outlook.price == bar.close for bar, d in said)


def test_it_learns_before_it_acts() -> None:
    said = decisions(tape(1, minutes=5 * SLOW))

    assert {d.outlook.action for _, d in said if d.outlook} == {"hold"}
    assert all(d.intent is None for _, d in said)
    last = said[-1][1].outlook
    assert last is not None
    assert last.reason == "learning, 60 of 61 candles seen"


def test_it_trades_both_ways_with_a_stop_and_a_target_twice_as_far() -> None:
    wanted = intents(tape(2))

    assert {intent.action for _, intent in wanted} == {"buy", "sell"}
    for bar, intent in wanted:
        assert intent.stop_price is not None
        assert intent.target_price is not None
        risk, gain = bar.close - intent.stop_price, intent.target_price - bar.close
        assert (risk > 0) == (intent.action == "buy")
        assert float(gain) == pytest.approx(float(risk) * TARGET_ATR / STOP_ATR)
        assert 0 < intent.confidence <= 1


def test_its_reasons_have_the_numbers() -> None:
    _, intent = intents(tape(2))[0]

    gap, volatility = intent.reasons
    assert gap.startswith(("EMA 20 over EMA 60 by 0.", "EMA 20 under EMA 60 by 0."))
    assert volatility.endswith("% an hour within 0.15 to 2.50")


def test_a_handful_of_entries_a_day_not_a_flood() -> None:
    assert 3 <= len(intents(tape(2))) <= 30


def calm(bars: Iterator[Bar], share: str) -> Iterator[Bar]:
    for bar in bars:
        near = {
            field: (Decimal(100) + (getattr(bar, field) - 100) * Decimal(share))
            for field in ("open", "high", "low", "close")
        }
        yield msgspec.structs.replace(bar, **near)


def test_a_market_that_does_not_pay_the_fees_is_left_alone() -> None:
    assert intents(calm(tape(2), "0.05")) == []


def test_a_wild_market_is_left_alone_and_it_says_so() -> None:
    said = decisions(calm(tape(2), "8"))

    assert not any(d.intent for _, d in said)
    assert any("outside 0.15 to 2.50" in d.outlook.reason for _, d in said if d.outlook)


def test_the_same_bars_give_the_same_decisions() -> None:
    assert decisions(tape(3)) == decisions(tape(3))


def test_symbols_do_not_disturb_each_other() -> None:
    alone = decisions(tape(3))
    strategy = Trend()
    both = []
    for mine, other in zip(tape(3), tape(4), strict=True):
        strategy.on_bar(msgspec.structs.replace(other, symbol="ETH/USDT"), FLAT)
        both.append((mine, strategy.on_bar(mine, FLAT)))

    assert [(bar, d) for bar, d in both if d is not None] == alone


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
    closes = [d.intent for d in said if d is not None and d.intent is not None]

    assert closes
    assert {(c.action, c.role) for c in closes} == {("close", "signal")}
    assert all("against the" in c.reasons[0] for c in closes)


def test_it_leaves_after_a_day() -> None:
    strategy = Trend()
    for bar in tape(5, minutes=1440, drift=0.0005):
        strategy.warm(bar)
    held = AccountView(position=position(1, BEGIN))
    late = list(tape(5, minutes=1445, drift=0.0005))[1440:]
    said = [d for d in (strategy.on_bar(bar, held) for bar in late) if d is not None]

    intent = said[0].intent
    assert intent is not None
    assert (intent.action, intent.role, intent.reasons) == (
        "close", "timeout", ("held for 24 hours",)
    )  # fmt: skip
