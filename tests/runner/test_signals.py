"""Every signal is kept with the decision on it, and with what became of it."""

import importlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.market import MINUTE_MS, Bar
from core.risk import Refusal
from runner.signals import signal_of
from runner.wiring import Wired
from store import tables
from store.records import PredictionRow, SignalRow, TheoryRow
from store.rows import columns_of, read_as
from strategy.base import AccountView, Part, Prediction, Signal
from tests.runner.engines import Listener, open_engine, play_on, settings

pytestmark = pytest.mark.usefixtures("own_strategies")

BTC = "BTC/USDT"
PARTS = (Part("momentum", 0.8, 0.5, "up for an hour"), Part("entropy", -0.2, 0.3, "noisy"))
Plan = Callable[[Bar, AccountView], Signal | None]


def teller() -> Any:
    return importlib.import_module("strategy.teller")


def said(bar: Bar, **changes: Any) -> Signal:
    fields: dict[str, Any] = {
        "symbol": bar.symbol, "action": "buy", "confidence": 0.7, "price": bar.close,
        "reasons": ("because", "and because"), "parts": PARTS,
    }  # fmt: skip
    return Signal(**fields | changes)


def entry(bar: Bar, **changes: Any) -> Signal:
    near = bar.close * Decimal("0.004")
    levels = {"stop_price": bar.close - near, "target_price": bar.close + near}
    return said(bar, wish="enter", expected_pct=0.3, **levels | changes)


def run(folder: Path, plan: Plan, hours: int = 0, **changes: Any) -> tuple[Listener, Wired]:
    """Play a day with the strategy that follows *plan* for BTC alone."""
    listener = Listener()
    wanted = settings(folder, **{"strategies": ["teller"]} | changes)
    module = open_teller(plan)
    wired = open_engine(wanted, listener)
    play_on(wired, hours)
    assert module is not None
    return listener, wired


def open_teller(plan: Plan) -> Any:
    module = teller()
    module.told.clear()
    module.plan = lambda bar, view: plan(bar, view) if bar.symbol == BTC else None
    return module


def rows(wired: Wired, kind: Any, table: Any) -> list[Any]:
    query = select(*columns_of(kind, table)).order_by(*table.primary_key)
    with wired.database.read() as connection:
        return [read_as(kind, row) for row in connection.execute(query)]


def signals(wired: Wired) -> list[SignalRow]:
    found: list[SignalRow] = rows(wired, SignalRow, tables.signals)
    return sorted(found, key=lambda row: row.at)


def every(minutes: int, bar: Bar) -> bool:
    return bar.open_time // MINUTE_MS % minutes == 0


def test_a_hold_is_kept_with_its_reasons_and_parts(tmp_path: Path) -> None:
    _, wired = run(tmp_path, lambda b, _: said(b, action="hold") if every(60, b) else None)

    found = signals(wired)
    assert len(found) == 24
    assert {(s.decision, s.why, s.gate, s.position_id) for s in found} == {
        ("held", "because", "", "")
    }
    assert found[0].detail["reasons"] == ["because", "and because"]
    assert found[0].detail["parts"][0] == {
        "name": "momentum", "score": 0.8, "weight": 0.5, "contribution": 0.4,
        "text": "up for an hour",
    }  # fmt: skip


def test_what_the_strategys_own_gate_stopped_says_the_value_and_the_limit(tmp_path: Path) -> None:
    veto = Refusal("confidence", Decimal("0.21"), Decimal("0.25"), "confidence 0.21 is below 0.25")

    heard, wired = run(tmp_path, lambda b, _: said(b, veto=veto) if every(60, b) else None, 1)

    last = signals(wired)[-1]
    assert (last.decision, last.gate, last.value, last.threshold) == (
        "held", "confidence", 0.21, 0.25,
    )  # fmt: skip
    assert last.why == "Not traded: confidence 0.21 is below 0.25"
    told = heard.state["outlook"][f"teller:{BTC}"]
    assert (told["gate"], told["value"], told["limit"]) == ("confidence", 0.21, 0.25)
    assert told["reason"] == "because"


def test_what_risk_refused_says_which_gate(tmp_path: Path) -> None:
    risk = {"max_positions": 0}

    _, wired = run(tmp_path, lambda b, _: entry(b) if every(240, b) else None, risk=risk)

    assert {(s.decision, s.gate, s.value, s.threshold) for s in signals(wired)} == {
        ("refused", "max_positions", 0.0, 0.0)
    }
    assert not wired.engine.trader.portfolio.positions


def test_an_entry_where_a_position_is_open_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    def plan(bar: Bar, _view: AccountView) -> Signal | None:
        far = {"stop_price": bar.close * Decimal("0.8"), "target_price": bar.close * 2}
        return entry(bar, **far) if every(60, bar) else None

    _, wired = run(tmp_path, plan)

    first, *others = signals(wired)
    assert (first.decision, first.position_id) == ("traded", first.id)
    assert {(s.decision, s.gate) for s in others} == {("refused", "position_open")}
    assert wired.engine.trader.council.roster.members["teller"].status == "trading"


def test_a_trade_its_signal_and_what_each_part_was_worth_belong_together(tmp_path: Path) -> None:
    def plan(bar: Bar, view: AccountView) -> Signal | None:
        if view.position is None:
            return entry(bar) if every(30, bar) else None
        late = bar.close_time - view.position.opened_at > 20 * MINUTE_MS
        return said(bar, action="sell", wish="close", role="timeout") if late else None

    _, wired = run(tmp_path, plan)

    found = {s.id: s for s in signals(wired)}
    theories: list[TheoryRow] = rows(wired, TheoryRow, tables.theory_performance)
    trades = [trade for trade, _ in teller().told]
    assert len(trades) > 5
    for trade, signal in teller().told:
        stored = found[trade.id]
        assert (stored.decision, stored.position_id) == ("traded", trade.id)
        assert signal.parts == PARTS
        assert stored.expected_pnl is not None
        assert abs(stored.expected_pnl - trade.entry_notional * Decimal("0.003")) < 1
    assert {t.trade_id for t in theories} == {t.id for t in trades}
    for row in theories:
        made = row.net_pnl > 0
        assert row.hit is (made if row.theory == "momentum" else not made)
    closing = [s for s in found.values() if s.decision == "closed"]
    assert {s.position_id for s in closing} <= {t.id for t in trades}
    assert {t.exit_reason for t in trades} >= {"timeout"}


def test_after_a_restart_it_hears_of_its_trades_again_in_their_order(tmp_path: Path) -> None:
    def plan(bar: Bar, view: AccountView) -> Signal | None:
        return entry(bar) if view.position is None and every(30, bar) else None

    _, wired = run(tmp_path, plan)
    before = list(teller().told)
    at = wired.engine.now()
    wired.close()
    module = open_teller(plan)

    again = open_engine(settings(tmp_path, strategies=["teller"]), now=at)

    assert [trade for trade, _ in module.told] == [trade for trade, _ in before]
    assert [s.parts for _, s in module.told if s] == [s.parts for _, s in before if s]
    assert len(before) > 3
    again.close()


def test_a_stored_signal_gives_back_what_was_said(tmp_path: Path) -> None:
    _, wired = run(tmp_path, lambda b, _: entry(b) if every(600, b) else None)

    row = signals(wired)[0]
    again = signal_of(row)

    assert (again.action, again.confidence, again.expected_pct) == ("buy", 0.7, 0.3)
    assert (again.parts, again.reasons) == (PARTS, ("because", "and because"))


def test_a_prediction_is_compared_with_the_close_when_it_falls_due(tmp_path: Path) -> None:
    bet = Prediction(30 * MINUTE_MS, 0.6, "model-1")
    closes: dict[int, Decimal] = {}

    def plan(bar: Bar, _view: AccountView) -> Signal | None:
        closes[bar.close_time] = bar.close
        return said(bar, action="hold", prediction=bet) if every(20, bar) else None

    _, wired = run(tmp_path, plan)

    found: list[PredictionRow] = rows(wired, PredictionRow, tables.signal_predictions)
    settled = [row for row in found if row.rose is not None]
    assert len(settled) > 60
    for row in settled:
        assert row.outcome_price == closes[row.due_at]
        assert row.rose is (closes[row.due_at] > closes[row.at])
    waiting = [row for row in found if row.rose is None]
    assert all(row.due_at > max(closes) for row in waiting)
    kept = wired.engine.trader.predictions.pending[BTC]
    assert {row.id for row in kept} == {row.id for row in waiting}


def test_predictions_that_wait_are_taken_up_again_after_a_restart(tmp_path: Path) -> None:
    bet = Prediction(60 * MINUTE_MS, 0.6, "model-1")
    plan: Plan = lambda b, _: said(b, action="hold", prediction=bet) if every(20, b) else None  # noqa: E731
    _, wired = run(tmp_path, plan)
    waiting = {row.id for row in wired.engine.trader.predictions.pending[BTC]}
    at = wired.engine.now()
    wired.close()
    open_teller(plan)

    again = open_engine(settings(tmp_path, strategies=["teller"]), now=at)

    assert waiting
    assert {row.id for row in again.engine.trader.predictions.pending[BTC]} == waiting
    again.close()
