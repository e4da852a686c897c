"""The network's strategy: what it says with which model, and that it holds when it must."""

import math
from decimal import Decimal
from typing import Any

import pytest

from core.ledger import Position
from core.market import MINUTE_MS, Bar
from core.risk import Refusal
from infra.setting_groups import GruSettings
from strategy.base import AccountView, Signal
from strategy.gru import Gru
from strategy.predictors.features import NEEDED
from strategy.registry import make_strategy
from tests.trained import constant

BEGAN = 1_790_000_100_000 - 1_790_000_100_000 % (15 * MINUTE_MS)
ENOUGH = NEEDED * 15
FLAT = AccountView()
HORIZON_MS = 60 * MINUTE_MS


def installed(_name: str) -> object:
    return object()


def missing(_name: str) -> object:
    return None


def made(**options: Any) -> Gru:
    return Gru(**{"find_spec": installed} | dict(GruSettings()) | options)


def minute(number: int, swing: float = 0.004, symbol: str = "BTC/USDT") -> Bar:
    """Return a minute of a market that swings, by *swing* of its price a minute."""
    price = 50_000 * (1 + swing * math.sin(number * 1.7) * (1 + number % 5))
    close = Decimal(f"{price:.1f}")
    reach = Decimal(f"{50_000 * swing:.1f}")
    return Bar(
        symbol=symbol, open_time=BEGAN + number * MINUTE_MS, open=close, high=close + reach,
        low=close - reach, close=close, volume=Decimal(3 + number % 7),
    )  # fmt: skip


def said(gru: Gru, count: int = ENOUGH, view: AccountView = FLAT, **how: Any) -> Signal:
    """Return what it says of the last of *count* minutes."""
    signal = None
    for number in range(count):
        signal = gru.on_bar(minute(number, **how), view)
    assert signal is not None
    return signal


def test_without_pytorch_it_is_off_and_says_what_to_do() -> None:
    assert made(find_spec=missing).off_reason == (
        "PyTorch is not installed: run make ml, then start again"
    )
    assert made().off_reason == ""


def test_the_registry_makes_it_with_the_settings() -> None:
    gru = make_strategy("gru", dict(GruSettings(bar_minutes=5)))

    assert gru.name == "gru"
    assert gru.warmup_bars == (NEEDED + 1) * 5


def test_it_learns_then_waits_for_a_model() -> None:
    gru = made()

    assert gru.on_bar(minute(0), FLAT) is None
    assert said(made(), 15).reasons == (f"learning, 1 of {NEEDED} candles seen",)
    waiting = said(gru)
    assert (waiting.action, waiting.wish) == ("hold", "none")
    assert waiting.veto is not None
    assert waiting.veto.gate == "model"
    assert waiting.prediction is None


@pytest.mark.parametrize(("chance", "action", "way"), [(0.9, "buy", 1), (0.1, "sell", -1)])
def test_a_sure_model_that_passes_enters_on_the_likelier_side(
    chance: float, action: str, way: int
) -> None:
    gru = made()
    gru.take_model(constant(chance))

    signal = said(gru)

    assert (signal.action, signal.wish, signal.veto) == (action, "enter", None)
    assert signal.confidence == pytest.approx(0.8)
    assert signal.prediction is not None
    assert signal.prediction.up_probability == pytest.approx(chance)
    assert signal.prediction.horizon_ms == HORIZON_MS
    assert signal.prediction.model == gru.model_name
    assert signal.stop_price is not None
    assert signal.target_price is not None
    assert (signal.price - signal.stop_price) * way > 0
    assert (signal.target_price - signal.price) * way > 0
    assert signal.expected_pct is not None
    assert signal.expected_pct > 0


def test_it_never_trades_on_a_model_that_fails_its_baseline() -> None:
    gru = made()
    gru.take_model(constant(0.99, failing="it may be luck"))

    for number in range(3 * ENOUGH):
        signal = gru.on_bar(minute(number), FLAT)
        assert signal is None or signal.wish == "none"
        if signal is not None and signal.prediction is not None:
            assert signal.veto is not None
            assert (signal.veto.gate, signal.veto.value, signal.veto.limit) == (
                "baseline", Decimal("0.2600"), Decimal("0.2496"),
            )  # fmt: skip
            assert "it may be luck" in signal.veto.reason


def test_a_model_that_is_barred_by_its_live_record_goes_on_predicting() -> None:
    gru = made()
    gru.take_model(constant(0.9), Refusal("baseline", Decimal("0.3"), Decimal("0.25"), "bad"))

    signal = said(gru)

    assert signal.prediction is not None
    assert signal.veto == Refusal("baseline", Decimal("0.3"), Decimal("0.25"), "bad")


def test_a_passing_model_does_not_lift_a_failing_trial() -> None:
    gru = made()
    gru.take_model(constant(0.9, failing="worse"), None)

    assert said(gru).wish == "none"


def test_an_entry_needs_the_least_probability_and_more_than_its_costs() -> None:
    unsure, poor = made(), made()
    unsure.take_model(constant(0.54))
    poor.take_model(constant(0.56))

    first = said(unsure).veto
    second = said(poor, swing=0.00001).veto

    assert first is not None
    assert (first.gate, first.value, first.limit) == (
        "probability", Decimal("0.5400"), Decimal("0.55"),
    )  # fmt: skip
    assert second is not None
    assert (second.gate, second.limit) == ("costs", Decimal(0))


def test_what_a_model_was_trained_on_it_does_not_predict() -> None:
    gru = made()
    gru.take_model(constant(0.9, until=BEGAN + (ENOUGH + 15) * MINUTE_MS))

    assert said(gru).reasons == ("its model was trained on this very time",)
    assert said(gru, ENOUGH + 30).prediction is not None


def test_a_symbol_that_a_model_did_not_learn_is_held() -> None:
    gru = made()
    gru.take_model(constant(0.9))

    signal = said(gru, symbol="ETH/USDT")

    assert (signal.wish, signal.prediction) == ("none", None)


def position(direction: int, held_ms: int) -> AccountView:
    at = BEGAN + ENOUGH * MINUTE_MS - held_ms
    return AccountView(
        Position(
            id="p", strategy="gru", symbol="BTC/USDT", qty=Decimal(direction),
            entry_price=Decimal(50_000), leverage=5, opened_at=at, max_qty=Decimal(1),
            entry_qty=Decimal(1), entry_cost=Decimal(50_000),
        )
    )  # fmt: skip


def test_a_position_is_closed_when_its_time_is_up_even_without_a_model() -> None:
    for gru in (made(), made()):
        signal = said(gru, view=position(1, HORIZON_MS))
        assert (signal.wish, signal.role, signal.action) == ("close", "timeout", "sell")

    assert said(made(), view=position(1, HORIZON_MS - MINUTE_MS)).wish == "none"


def test_a_position_is_closed_when_the_side_flips_and_only_then() -> None:
    gru = made()
    gru.take_model(constant(0.9))

    against = said(gru, view=position(-1, MINUTE_MS))
    gru = made()
    gru.take_model(constant(0.9))
    along = said(gru, view=position(1, MINUTE_MS))

    assert (against.wish, against.role, against.action) == ("close", "signal", "buy")
    assert (along.wish, along.action) == ("none", "hold")


def test_warming_leaves_it_as_deciding_would() -> None:
    warmed, asked = made(), made()
    for gru in (warmed, asked):
        gru.take_model(constant(0.7))
    for number in range(ENOUGH - 1):
        warmed.warm(minute(number))
        asked.on_bar(minute(number), FLAT)

    last = minute(ENOUGH - 1)
    assert warmed.on_bar(last, FLAT) == asked.on_bar(last, FLAT)
