"""What a strategy does wrong harms neither the engine nor the other strategies."""

import asyncio
import importlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError
from core.market import MINUTE_MS, Bar
from runner.patience import Patience
from runner.wiring import Wired
from strategy.base import Signal
from tests.runner.audit import Books, check_books
from tests.runner.engines import Listener, follow, open_engine, settings
from tests.runner.nonsense import WRONG, leave, raise_it, signal, spin, swallow

SOON_S = 0.1
Behave = Callable[..., None]


@pytest.fixture
def behave(own_strategies: None, monkeypatch: pytest.MonkeyPatch) -> Behave:  # noqa: ARG001
    """Say what the faulty strategy does from now on, by the name of what a test may set."""
    module = importlib.import_module("strategy.faulty")

    def set_them(**how: Callable[..., Any]) -> None:
        for name, does in how.items():
            monkeypatch.setattr(module, name, does)

    return set_them


class Floor:
    """An engine with a faulty strategy beside a sound one."""

    def __init__(self, folder: Path, now: int | None = None, **changes: Any) -> None:
        self.closed = False
        self.listener = Listener()
        wanted = settings(
            folder, **{"warmup_days": 0, "strategies": ["faulty", "holder"]} | changes
        )  # fmt: skip
        given = {} if now is None else {"now": now}
        self.wired: Wired = open_engine(wanted, self.listener, **given)

    @property
    def engine(self) -> Any:
        return self.wired.engine

    def go_on(self, minutes: int) -> None:
        asyncio.run(follow(self.engine, self.engine.now() + minutes * MINUTE_MS))

    def holders(self) -> list[str]:
        return [strategy for strategy, _ in self.engine.trader.portfolio.positions]

    @property
    def alerts(self) -> list[dict[str, Any]]:
        return self.listener.of("alert_raised")

    def member(self, name: str = "faulty") -> dict[str, Any]:
        return dict(self.listener.state["strategies"][name])

    def close(self) -> None:
        if not self.closed:
            self.wired.pulse.ledger_check.run()
            self.wired.close()
        self.closed = True


@pytest.fixture
def floor(tmp_path: Path, behave: Behave) -> Iterator[Floor]:
    behave()
    floor = Floor(tmp_path)
    yield floor
    floor.close()


@pytest.mark.parametrize("what", WRONG)
def test_nonsense_ends_its_strategy_with_one_alert_and_the_others_go_on(
    floor: Floor, behave: Behave, what: str
) -> None:
    wrong, words = WRONG[what]
    behave(behave=wrong)
    floor.go_on(4)

    (alert,) = floor.alerts
    assert (alert["level"], alert["code"]) == ("error", "strategy_failed")
    assert alert["title"] == "Strategy faulty failed"
    assert alert["detail"].startswith("BTC/USDT: ")
    assert words in alert["detail"]
    assert (floor.member()["status"], words in floor.member()["note"]) == ("failed", True)
    assert floor.member("holder")["status"] == "trading"
    assert floor.holders() == ["holder"] * 3
    assert {s["strategy"] for s in floor.listener.of("signal_raised")} == {"holder"}


@pytest.mark.parametrize("method", [spin, swallow])
def test_one_that_hangs_is_interrupted_and_the_others_go_on(
    floor: Floor, behave: Behave, method: Callable[[Bar], Any]
) -> None:
    behave(behave=method)
    patience = floor.engine.trader.council.patience = Patience(SOON_S)
    with patience.ticking():
        floor.go_on(4)

    (alert,) = floor.alerts
    assert alert["detail"].startswith("BTC/USDT: it took longer than 0.1 s. It is not asked again")
    assert floor.member()["status"] == "failed"
    assert floor.holders() == ["holder"] * 3


def test_one_that_fails_keeps_its_position_and_its_stop(floor: Floor, behave: Behave) -> None:
    behave(behave=lambda bar: signal(bar) if bar.symbol == "ETH/USDT" else None)
    floor.go_on(2)
    assert floor.holders().count("faulty") == 1
    behave(behave=raise_it)
    floor.go_on(2)

    assert floor.member()["status"] == "failed"
    assert floor.holders().count("faulty") == 1
    resting = floor.engine.publisher.state["orders"].values()
    assert [o["role"] for o in resting if o["strategy"] == "faulty"] == ["stop"]


def enter_and_leave(bar: Bar) -> Signal | None:
    """Be in ETH for a minute, then out of it."""
    if bar.symbol != "ETH/USDT":
        return None
    return signal(bar, wish="enter" if bar.open_time // MINUTE_MS % 2 else "close")


@pytest.mark.parametrize("method", [raise_it, spin])
def test_one_that_fails_over_its_own_trade_is_ended_and_the_trade_is_kept(
    floor: Floor, behave: Behave, tmp_path: Path, method: Callable[..., Any]
) -> None:
    behave(behave=enter_and_leave, learn=method)
    patience = floor.engine.trader.council.patience = Patience(SOON_S)
    with patience.ticking():
        floor.go_on(6)

    (alert,) = floor.alerts
    assert alert["detail"].startswith("ETH/USDT: ")
    assert floor.member()["status"] == "failed"
    assert [t.strategy for t in Books(tmp_path).trades] == ["faulty"]


@pytest.mark.parametrize("method", [raise_it, spin])
def test_one_that_fails_while_it_warms_up_does_not_keep_the_engine_from_starting(
    tmp_path: Path,
    floor: Floor,
    behave: Behave,
    monkeypatch: pytest.MonkeyPatch,
    method: Callable[..., Any],
) -> None:
    floor.go_on(3)
    behave(behave=method)
    monkeypatch.setattr("runner.wiring.Patience", lambda _: Patience(SOON_S))
    floor.close()
    second = Floor(tmp_path, floor.engine.now())
    second.go_on(2)

    assert [alert["code"] for alert in second.alerts] == ["strategy_failed"]
    assert second.member()["status"] == "failed"
    assert second.holders() == ["holder"] * 3
    second.close()


def test_one_that_fails_over_the_past_it_is_told_of_does_not_either(
    tmp_path: Path, floor: Floor, behave: Behave
) -> None:
    behave(behave=enter_and_leave)
    floor.go_on(6)
    behave(learn=raise_it)
    floor.close()
    second = Floor(tmp_path, floor.engine.now())
    second.go_on(1)

    assert second.member()["status"] == "failed"
    assert "no volatility" in second.member()["note"]
    second.close()


@pytest.mark.parametrize("method", [raise_it, leave])
def test_one_that_cannot_be_made_is_shown_and_the_others_trade(
    tmp_path: Path, behave: Behave, method: Callable[..., Any]
) -> None:
    behave(prepare=method)
    floor = Floor(tmp_path)
    floor.go_on(2)

    (alert,) = floor.alerts
    assert alert["title"] == "Strategy faulty failed"
    assert alert["detail"].startswith("It cannot be made: ")
    assert floor.member()["status"] == "failed"
    assert floor.holders() == ["holder"] * 3
    floor.close()


def test_when_not_one_can_be_made_the_start_ends_with_a_sentence(
    tmp_path: Path, behave: Behave
) -> None:
    behave(prepare=raise_it)

    with pytest.raises(ConfigError, match=r"no strategy can be made\. It cannot be made: ZeroDiv"):
        Floor(tmp_path, strategies=["faulty"])


def test_one_that_cannot_even_say_why_it_is_off_is_off(tmp_path: Path, behave: Behave) -> None:
    behave(excuse=raise_it, behave=raise_it)
    floor = Floor(tmp_path)
    floor.go_on(2)

    assert floor.member()["status"] == "off"
    assert floor.member()["note"] == "Its off_reason raised ZeroDivisionError."
    assert not floor.alerts
    assert floor.holders() == ["holder"] * 3
    floor.close()


def test_one_that_failed_is_asked_again_at_the_next_start(
    tmp_path: Path, floor: Floor, behave: Behave
) -> None:
    behave(behave=raise_it)
    floor.go_on(2)
    behave(behave=lambda _: None)
    floor.close()
    second = Floor(tmp_path, floor.engine.now())
    second.go_on(1)

    assert second.member()["status"] == "trading"
    assert not second.alerts
    second.close()


@pytest.mark.parametrize(
    ("level", "gate"),
    [("stop_price", "stop"), ("target_price", "target")],
)
def test_a_level_on_the_wrong_side_is_a_refused_entry(
    floor: Floor, behave: Behave, level: str, gate: str
) -> None:
    far = Decimal("1.5") if level == "stop_price" else Decimal("0.5")
    behave(behave=lambda bar: signal(bar, **{level: bar.close * far}))
    floor.go_on(3)

    refused = [r for r in floor.listener.of("order_refused") if r["strategy"] == "faulty"]
    assert {r["gate"] for r in refused} == {gate}
    raised = [s for s in floor.listener.of("signal_raised") if s["strategy"] == "faulty"]
    assert {(s["decision"], s["gate"]) for s in raised} == {("refused", gate)}
    assert not floor.alerts


def test_many_strategies_at_once_stay_within_the_limit_of_positions(
    tmp_path: Path,
    own_strategies: None,  # noqa: ARG001
) -> None:
    symbols = ["BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT", "ADA/USDT"]
    risk = {"max_positions": 3}
    floor = Floor(tmp_path, strategies=["holder"], symbols=symbols, risk=risk, speed=1000)
    floor.go_on(20)

    assert len(floor.holders()) == 3
    assert {r["gate"] for r in floor.listener.of("order_refused")} == {"max_positions"}
    floor.close()


def test_two_contracts_of_one_coin_do_not_share_their_orders(
    tmp_path: Path,
    own_strategies: None,  # noqa: ARG001
) -> None:
    symbols = ["BTC/USDT", "BTC/USDC"]
    risk = {"risk_per_trade_pct": "0.1"}
    floor = Floor(tmp_path, strategies=["churn"], symbols=symbols, risk=risk, speed=1000)
    floor.go_on(30)
    floor.close()

    books = Books(tmp_path)
    check_books(books)
    assert {trade.symbol for trade in books.trades} == set(symbols)
