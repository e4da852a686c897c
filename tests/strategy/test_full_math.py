"""The ensemble: when it speaks, what it says, what it refuses, and that it forgets nothing."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ledger import Position
from core.market import MINUTE_MS, Bar
from runner.council import check_signal
from strategy.base import AccountView, Signal
from strategy.full_math import (
    HORIZON_BARS,
    LONGEST_BARS,
    REST_BARS,
    STOP_RANGES,
    TARGET_RANGES,
    FullMath,
)
from strategy.theories.history import WINDOW
from tests.exchange.paper_desk import START, SYMBOL
from tests.strategy.theories.pasts import autoregressive, bars_of
from tests.strategy.trades import closed_trade

FLAT = AccountView()
QUARTER = 15 * MINUTE_MS


def minutely() -> FullMath:
    """Return one that decides every minute, which `tape` is wild enough for."""
    return FullMath(bar_minutes=1)


def tape(seed: int, count: int = 1200) -> list[Bar]:
    """Return a market that persists a little, so that there is something to enter."""
    return bars_of(autoregressive(seed, 0.1, count), swing=0.0005)


def position(qty: int, opened_at: int) -> Position:
    return Position(
        id="p", strategy="full_math", symbol=SYMBOL, qty=Decimal(qty), entry_price=Decimal(100),
        leverage=5, opened_at=opened_at, max_qty=Decimal(1), entry_qty=Decimal(1),
        entry_cost=Decimal(100),
    )  # fmt: skip


def said(
    bars: Sequence[Bar], strategy: FullMath | None = None, view: AccountView = FLAT
) -> list[Signal]:
    strategy = strategy or minutely()
    return [s for s in (strategy.on_bar(bar, view) for bar in bars) if s is not None]


def learned(bars: Sequence[Bar], strategy: FullMath | None = None) -> list[Signal]:
    """Return what it says while flat, once it has learned."""
    return [signal for signal in said(bars, strategy) if signal.parts]


@pytest.fixture(scope="module")
def flat() -> list[Signal]:
    return [signal for seed in range(4) for signal in learned(tape(seed))]


@pytest.fixture(scope="module")
def entries(flat: list[Signal]) -> list[Signal]:
    return [signal for signal in flat if signal.wish == "enter"]


def test_it_speaks_once_every_quarter_of_an_hour() -> None:
    bars, strategy = tape(1, 600), FullMath()
    spoke = [bar for bar in bars if strategy.on_bar(bar, FLAT) is not None]

    assert len(spoke) == 40
    assert all(bar.close_time % QUARTER == 0 for bar in spoke)


def test_it_learns_before_it_acts() -> None:
    first = said(tape(1, WINDOW - 1))

    assert {(s.action, s.wish, s.confidence) for s in first} == {("hold", "none", 0.0)}
    assert first[-1].reasons == ("learning, 191 of 192 bars of 1 min seen",)
    assert said(tape(1, WINDOW))[-1].parts


def test_every_signal_makes_sense_to_the_engine(flat: list[Signal]) -> None:
    for signal in flat:
        check_signal(signal, SYMBOL)


def test_it_enters_both_ways_with_levels_by_volatility(entries: list[Signal]) -> None:
    assert {signal.action for signal in entries} == {"buy", "sell"}
    for signal in entries:
        assert signal.stop_price is not None
        assert signal.target_price is not None
        risk, gain = signal.price - signal.stop_price, signal.target_price - signal.price
        assert (risk > 0) == (signal.action == "buy")
        assert float(gain) == pytest.approx(float(risk) * TARGET_RANGES / STOP_RANGES, rel=1e-5)
        assert signal.confidence >= 0.25
        assert signal.expected_pct is not None
        assert signal.expected_pct > 0


def test_its_confidence_is_what_its_parts_come_to(flat: list[Signal]) -> None:
    for signal in flat:
        weight = sum(part.weight for part in signal.parts)
        score = sum(part.contribution for part in signal.parts) / weight
        assert signal.confidence == pytest.approx(abs(score))
        if signal.action != "hold":
            assert (score > 0) == (signal.action == "buy")


def test_only_what_passed_the_cheap_gates_is_played_out(flat: list[Signal]) -> None:
    cheap = {"volatility", "rest", "entropy", "win_probability"}
    voices = {"momentum", "kalman", "hurst", "autocorrelation", "markov", "entropy", "bayes"}
    for signal in flat:
        names = {part.name for part in signal.parts}
        played = "monte_carlo" in names
        assert names - {"monte_carlo"} == voices
        assert played or signal.wish == "none"
        assert not (played and signal.veto is not None and signal.veto.gate in cheap)


def test_what_is_not_traded_has_a_gate_with_its_value_and_limit(flat: list[Signal]) -> None:
    gates = set()
    for signal in flat:
        assert (signal.veto is None) == (signal.wish == "enter")
        if signal.veto is not None:
            gates.add(signal.veto.gate)
            assert signal.veto.value is not None
            assert signal.veto.limit is not None
            assert signal.reasons[0] == signal.veto.reason
    assert {"confidence", "entropy"} <= gates


def test_its_reasons_are_the_verdict_and_its_loudest_voices(entries: list[Signal]) -> None:
    for signal in entries:
        loudest = max(signal.parts, key=lambda part: abs(part.contribution))
        assert signal.reasons[0].startswith("confidence 0.")
        assert signal.reasons[1] == f"{loudest.name}: {loudest.text}"
        assert len(signal.reasons) == 4


def test_every_decision_predicts(flat: list[Signal]) -> None:
    for signal in flat:
        bet = signal.prediction
        assert bet is not None
        assert (bet.horizon_ms, bet.model) == (HORIZON_BARS * MINUTE_MS, "full_math")
        assert 0.4 < bet.up_probability < 0.6


def test_a_higher_bar_of_confidence_lets_less_through() -> None:
    bold = learned(tape(2), FullMath(bar_minutes=1, min_confidence=Decimal(0)))
    shy = learned(tape(2), FullMath(bar_minutes=1, min_confidence=Decimal("0.5")))

    assert not any(s.veto is not None and s.veto.gate == "confidence" for s in bold)
    assert sum(s.wish == "enter" for s in shy) < sum(s.wish == "enter" for s in bold)
    assert all(s.confidence >= 0.5 for s in shy if s.wish == "enter")


def test_costs_that_eat_the_forecast_keep_it_out() -> None:
    dear = FullMath(bar_minutes=1, fee_pct=Decimal(1))
    heard = learned(tape(2), dear)

    assert not any(signal.wish == "enter" for signal in heard)
    assert any(s.veto is not None and s.veto.gate == "expected_pct" for s in heard)


def test_a_market_without_movement_is_held_without_a_word_of_nonsense() -> None:
    heard = learned(bars_of([0.0] * (WINDOW + 5)))

    for signal in heard:
        check_signal(signal, SYMBOL)
        assert (signal.action, signal.confidence) == ("hold", 0.0)
    assert heard


def test_a_wild_market_is_left_alone() -> None:
    wild = bars_of(autoregressive(1, 0.3, WINDOW + 300, sigma=0.05), swing=0.05)
    heard = learned(wild)

    for signal in heard:
        check_signal(signal, SYMBOL)
        assert signal.wish == "none"
    assert any(s.veto is not None and s.veto.gate == "volatility" for s in heard)


def test_the_same_bars_give_the_same_signals() -> None:
    assert said(tape(3)) == said(tape(3))


def test_symbols_do_not_disturb_each_other() -> None:
    strategy, both = minutely(), []
    for mine, other in zip(tape(3, 500), tape(4, 500), strict=True):
        strategy.on_bar(msgspec.structs.replace(other, symbol="ETH/USDT"), FLAT)
        both.append(strategy.on_bar(mine, FLAT))

    assert both == said(tape(3, 500))


@pytest.mark.parametrize("cut", [0, 7, 200, 503])
def test_warming_up_is_the_same_as_having_seen_the_bars(cut: int) -> None:
    bars, held = tape(2, 600), AccountView(position=position(1, START))
    seen, warmed = minutely(), minutely()
    for number, bar in enumerate(bars[:cut]):
        seen.on_bar(bar, held if number % 3 else FLAT)
        warmed.warm(bar)

    assert said(bars[cut:], warmed) == said(bars[cut:], seen)


@pytest.mark.parametrize("at", [4000, 4007, 4014])
def test_the_bars_it_asks_for_are_all_it_needs(at: int) -> None:
    """Whatever minute a restart falls on, it goes on as if nothing had happened."""
    bars = tape(5, 4400)
    going, restarted = FullMath(), FullMath()
    for bar in bars[:at]:
        going.warm(bar)
    for bar in bars[at - restarted.warmup_bars : at]:
        restarted.warm(bar)

    after = said(bars[at:], restarted)
    assert all(signal.parts for signal in after)
    assert after == said(bars[at:], going)


def bad(bars: Sequence[Bar]) -> Iterator[Bar]:
    """Yield nonsense between *bars*."""
    for number, bar in enumerate(bars):
        yield msgspec.structs.replace(bar, close=Decimal("NaN"))
        yield bar
        yield bar
        if number > 50:
            yield bars[number - 40]


def test_nonsense_between_the_bars_changes_nothing() -> None:
    assert said(list(bad(tape(3, 400)))) == said(tape(3, 400))


@given(st.lists(st.decimals(allow_nan=True, allow_infinity=True), min_size=4, max_size=4))
@settings(max_examples=60)
def test_no_numbers_make_it_fail_or_speak_nonsense(prices: list[Decimal]) -> None:
    strategy, bars = minutely(), tape(1, WINDOW + 3)
    for bar in bars[:-1]:
        strategy.warm(bar)
    opened, high, low, close = prices
    odd = msgspec.structs.replace(bars[-1], open=opened, high=high, low=low, close=close)

    for signal in said([odd], strategy):
        check_signal(signal, SYMBOL)


@pytest.mark.parametrize("qty", [1, -1])
def test_it_leaves_when_the_vote_turns_against_it(qty: int) -> None:
    held = AccountView(position=position(qty, START + 10**9))
    heard = [s for s in said(tape(2), view=held) if s.parts]
    closes = [signal for signal in heard if signal.wish == "close"]

    assert closes
    assert {(s.action, s.role) for s in closes} == {("sell" if qty > 0 else "buy", "signal")}
    for signal in heard:
        against = sum(part.contribution for part in signal.parts) * qty < 0
        assert (signal.wish == "close") == (against and signal.confidence >= 0.25)
    assert all("against the" in signal.reasons[0] for signal in closes)


def test_it_leaves_when_it_was_held_as_long_as_it_may_be() -> None:
    bars = tape(3, WINDOW + 400)
    opened = bars[WINDOW + 200].close_time
    heard = said(bars, view=AccountView(position=position(1, opened)))
    late = [s for s, bar in zip(heard, bars, strict=True) if bar.close_time - opened >=
            LONGEST_BARS * MINUTE_MS]  # fmt: skip
    timeouts = [signal for signal in late if signal.role == "timeout"]

    assert timeouts
    assert all(signal.wish == "close" for signal in late)
    assert all(signal.reasons[0] == "held as long as it may be" for signal in timeouts)


def test_after_a_trade_it_rests_in_that_symbol_alone() -> None:
    bars = tape(0)
    rested, other = minutely(), minutely()
    first = next(s for s in said(bars) if s.wish == "enter")
    at = next(bar.close_time for bar in bars if bar.close == first.price)
    rested.on_trade(closed_trade(0.1, at=at), None)
    other.on_trade(closed_trade(0.1, at=at, symbol="ETH/USDT"), None)
    soon = [bar for bar in bars if bar.close_time < at + REST_BARS * MINUTE_MS]

    assert not any(s.wish == "enter" for s in said(soon, rested))
    assert any(s.wish == "enter" for s in said(soon, other))
    later = [bar for bar in bars if bar.close_time >= at + REST_BARS * MINUTE_MS]
    assert not any(s.veto is not None and s.veto.gate == "rest" for s in said(later, rested))


def test_a_record_of_losses_keeps_it_out() -> None:
    poor = minutely()
    for _ in range(30):
        poor.on_trade(closed_trade(-1.1, at=START, symbol="ETH/USDT"), None)
    heard = learned(tape(0), poor)

    assert not any(signal.wish == "enter" for signal in heard)
    vetoes = [s.veto for s in heard if s.veto is not None and s.veto.gate == "win_probability"]
    assert vetoes
    assert all(v.value is not None and v.limit is not None and v.value < v.limit for v in vetoes)


def test_the_same_trades_leave_the_same_record() -> None:
    one, other = minutely(), minutely()
    for strategy in (one, other):
        for hour, result in enumerate((1.4, -1.1, 0.3)):
            strategy.on_trade(closed_trade(result, at=START + hour * 3_600_000), None)

    assert said(tape(0, 600), one) == said(tape(0, 600), other)
    assert said(tape(0, 600), minutely()) != said(tape(0, 600), other)


def test_its_forecasts_of_noise_are_not_sure_of_themselves() -> None:
    """On a market without memory they can only be wrong half the time, and must not say more."""
    chances = [s.prediction.up_probability for s in learned(bars_of(autoregressive(9, 0.0, 1500)))
               if s.prediction is not None]  # fmt: skip

    assert np.std(chances) < 0.05
