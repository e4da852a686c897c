"""What a strategy does wrong harms neither the engine nor the other strategies."""

import asyncio
import importlib
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.market import Bar
from runner.wiring import Wired
from strategy.base import Decision, Intent, Outlook
from tests.runner.audit import Books, check_books
from tests.runner.engines import Listener, follow, open_engine, settings

MINUTE_MS = 60_000
Behave = Callable[[Callable[[Bar], Any]], None]


@pytest.fixture
def behave(own_strategies: None, monkeypatch: pytest.MonkeyPatch) -> Behave:  # noqa: ARG001
    """Say what the faulty strategy does from now on."""
    module = importlib.import_module("strategy.faulty")
    return lambda how: monkeypatch.setattr(module, "behave", how)


@pytest.fixture
def floor(tmp_path: Path, behave: Behave) -> Iterator[tuple[Wired, Listener]]:
    behave(lambda _: None)
    listener = Listener()
    wanted = settings(tmp_path, warmup_days=0, strategies=["faulty", "holder"])
    wired = open_engine(wanted, listener)
    yield wired, listener
    wired.pulse.ledger_check.run()
    wired.close()


def go_on(wired: Wired, minutes: int) -> None:
    asyncio.run(follow(wired.engine, wired.engine.now() + minutes * MINUTE_MS))


def raise_it(_: Bar) -> Decision:
    raise ZeroDivisionError("no volatility")


def intent(bar: Bar, **changes: Any) -> Decision:
    fields: dict[str, Any] = {
        "action": "buy", "symbol": bar.symbol, "confidence": 0.5, "reasons": ("so",),
    }  # fmt: skip
    return Decision(intent=Intent(**fields | changes))


NONSENSE: dict[str, Callable[[Bar], Any]] = {
    "raises": raise_it,
    "no decision": lambda _: "buy",
    "stop is no number": lambda b: intent(b, stop_price=Decimal("NaN")),
    "stop is endless": lambda b: intent(b, stop_price=Decimal("Infinity")),
    "stop is below zero": lambda b: intent(b, stop_price=Decimal(-1)),
    "stop is a float": lambda b: intent(b, stop_price=1.5),
    "target is a world away": lambda b: intent(b, target_price=Decimal("1e40")),
    "confidence is no number": lambda b: intent(b, confidence=math.nan),
    "confidence is above one": lambda b: intent(b, confidence=1.1),
    "action is unknown": lambda b: intent(b, action="panic"),
    "reason of a close is unknown": lambda b: intent(b, action="close", role="whim"),
    "reasons are no words": lambda b: intent(b, reasons=(object(),)),
    "another symbol": lambda b: intent(b, symbol="XRP/USDT"),
    "outlook is no number": lambda b: Decision(
        Outlook(b.symbol, "hold", 0.5, "so", Decimal("NaN"))
    ),
    "outlook is unknown": lambda b: Decision(Outlook(b.symbol, "up", 0.5, "so", b.close)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_ends_its_strategy_with_one_alert_and_the_others_go_on(
    floor: tuple[Wired, Listener], behave: Behave, what: str
) -> None:
    wired, listener = floor
    behave(NONSENSE[what])
    go_on(wired, 4)

    (alert,) = listener.of("alert_raised")
    assert (alert["level"], alert["code"]) == ("error", "strategy_failed")
    assert alert["title"] == "Strategy faulty failed"
    assert "BTC/USDT" in alert["detail"]
    held = wired.engine.trader.portfolio.positions
    assert [strategy for strategy, _ in held] == ["holder"] * 3


def test_one_that_fails_while_it_warms_up_does_not_keep_the_engine_from_starting(
    tmp_path: Path, floor: tuple[Wired, Listener], behave: Behave
) -> None:
    first, _ = floor
    go_on(first, 3)
    behave(raise_it)
    listener = Listener()
    wanted = settings(tmp_path, warmup_days=0, strategies=["faulty", "holder"])
    second = open_engine(wanted, listener, now=first.engine.now())
    go_on(second, 2)

    assert [alert["code"] for alert in listener.of("alert_raised")] == ["strategy_failed"]
    assert len(second.engine.trader.portfolio.positions) == 3
    second.close()


@pytest.mark.parametrize(
    ("level", "gate"),
    [("stop_price", "stop"), ("target_price", "target")],
)
def test_a_level_on_the_wrong_side_is_a_refused_entry(
    floor: tuple[Wired, Listener], behave: Behave, level: str, gate: str
) -> None:
    wired, listener = floor
    far = Decimal("1.5") if level == "stop_price" else Decimal("0.5")
    behave(lambda bar: intent(bar, **{level: bar.close * far}))
    go_on(wired, 3)

    refused = [r for r in listener.of("order_refused") if r["strategy"] == "faulty"]
    assert {r["gate"] for r in refused} == {gate}
    assert not listener.of("alert_raised")


def test_many_strategies_at_once_stay_within_the_limit_of_positions(
    tmp_path: Path,
    own_strategies: None,  # noqa: ARG001
) -> None:
    symbols = ["BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT", "ADA/USDT"]
    risk = {"max_positions": 3}
    wanted = settings(
        tmp_path, warmup_days=0, strategies=["holder"], symbols=symbols, risk=risk, speed=1000
    )
    listener = Listener()
    wired = open_engine(wanted, listener)
    go_on(wired, 20)

    assert len(wired.engine.trader.portfolio.positions) == 3
    assert {r["gate"] for r in listener.of("order_refused")} == {"max_positions"}
    wired.close()


def test_two_contracts_of_one_coin_do_not_share_their_orders(
    tmp_path: Path,
    own_strategies: None,  # noqa: ARG001
) -> None:
    symbols = ["BTC/USDT", "BTC/USDC"]
    risk = {"risk_per_trade_pct": "0.1"}
    wanted = settings(
        tmp_path, warmup_days=0, strategies=["churn"], symbols=symbols, risk=risk, speed=1000
    )
    wired = open_engine(wanted)
    go_on(wired, 30)
    wired.close()

    books = Books(tmp_path)
    check_books(books)
    assert {trade.symbol for trade in books.trades} == set(symbols)
