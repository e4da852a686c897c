"""Which facts become rows of the outbox, and what they say."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.alerts import CODES, Alarm, AlertType, Level
from runner.alert_rows import PLACES, row_of
from runner.record import Record
from store.history import Wanted, facts, signals
from store.outbox import OutboxRow, newest_outbox_id, read_outbox
from store.writer import Fact
from tests.runner.engines import HOUR_MS, NOW, open_engine, play_on, settings

ABOUT = {"badge": "SIMULATED", "currency": "USDT"}
WORDS = {"title": "What happened", "detail": "trend, the rest", "amount": None}


def body(kind: str, **more: Any) -> dict[str, Any]:
    own = {"fact_id": "f7", "kind": kind, "at": NOW, "symbol": "BTC/USDT", "strategy": "trend"}
    return {**own, **WORDS, **more}


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("order_filled", {"position_id": "p-1"}, ("fill", "info", "position_p-1")),
        (
            "trade_closed",
            {"id": "p-1", "exit_reason": "signal"},
            ("trade_closed", "info", "trade_p-1"),
        ),
        ("trade_closed", {"id": "p-1", "exit_reason": "stop"}, ("stop_hit", "warn", "trade_p-1")),
        (
            "trade_closed",
            {"id": "p-1", "exit_reason": "target"},
            ("target_hit", "info", "trade_p-1"),
        ),
        (
            "trade_closed",
            {"id": "p-1", "exit_reason": "liquidation"},
            ("liquidation_near", "error", "trade_p-1"),
        ),
        ("order_refused", {}, ("order_refused", "warn", "symbol_BTCUSDT")),
        ("funding_paid", {"position_id": "p-1"}, ("funding", "info", "position_p-1")),
        ("alert_raised", {"level": "warn", "code": "feed_stale"}, ("feed_stale", "warn", "system")),
        (
            "alert_raised",
            {"level": "error", "code": "chore_failed"},
            ("system", "error", "system"),
        ),
    ],
)
def test_a_fact_has_a_type_a_level_and_its_place_on_the_page(
    kind: str, more: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    row = row_of(kind, body(kind, **more), ABOUT)

    assert row is not None
    assert (row.type, row.level, row.link) == expected
    assert (row.fact_id, row.at, row.owner) == ("f7", NOW, "")
    assert (row.title, row.detail) == ("What happened", "trend, the rest")
    assert row.data["badge"] == "SIMULATED"


def test_the_amount_is_the_facts_own() -> None:
    row = row_of("trade_closed", body("trade_closed", id="p", exit_reason="stop", amount=-12.5), {})

    assert row is not None
    assert row.amount == Decimal("-12.5")


@pytest.mark.parametrize("kind", ["order_placed", "order_changed", "order_closed", "command_done"])
def test_what_a_person_did_or_need_not_know_is_not_told(kind: str) -> None:
    assert row_of(kind, body(kind), ABOUT) is None


@pytest.mark.parametrize(("decision", "told"), [("traded", 1), ("closed", 1), ("held", 0)])
def test_a_signal_is_told_when_it_was_acted_on(decision: str, told: int) -> None:
    raised = body("signal_raised", decision=decision, reason="the trend is up", detail=None)

    row = row_of("signal_raised", raised, ABOUT)

    assert (row is not None) == told
    if row is not None:
        assert (row.type, row.detail, row.link) == ("signal", "trend, the trend is up", "signals")


def test_every_type_has_a_place() -> None:
    assert set(PLACES) == set(AlertType)
    assert set(CODES.values()) <= set(AlertType)


def test_an_alarm_is_told_to_its_owner_at_its_place() -> None:
    record = Record(about=ABOUT)

    record.alarm(
        NOW,
        Alarm(
            level=Level.WARN, code="rule", title="equity < 9500", detail="It is 9,400.",
            symbol="BTC/USDT", amount=Decimal("9400.5"), link="position_7", owner="telegram:7",
        ),
    )  # fmt: skip

    (row,) = record.outbox
    assert (row.type, row.level, row.owner, row.link) == (
        "rule",
        "warn",
        "telegram:7",
        "position_7",
    )
    assert (row.symbol, row.amount) == ("BTC/USDT", Decimal("9400.5"))
    assert row.fact_id == record.facts[0].fact_id
    assert "owner" not in record.facts[0].data, "everybody hears the fact"


def test_history_that_is_played_is_told_to_nobody() -> None:
    record = Record(quiet=True)

    record.alert(NOW, "warn", "feed_stale", "Prices are old")

    assert len(record.facts) == 1
    assert record.outbox == []


def all_facts(wired: Any, since: int) -> list[Fact]:
    return facts(
        wired.database, wired.engine.writer.account_id, Wanted(since=since, limit=9999)
    ).items


@pytest.mark.usefixtures("own_strategies")
def test_an_engine_tells_each_live_fact_once_and_none_of_the_past(tmp_path: Path) -> None:
    risk = {"risk_per_trade_pct": "0.01", "daily_loss_pct": 100}
    wired = open_engine(settings(tmp_path, strategies=["churn"], risk=risk))
    play_on(wired, hours=1)

    rows: list[OutboxRow] = []
    while page := read_outbox(wired.database, rows[-1].id if rows else 0, 50):
        rows += page
    live = all_facts(wired, NOW + 1)
    told = [fact.fact_id for fact in live[::-1] if row_of(fact.type, fact.data, {}) is not None]
    wanted = Wanted(since=NOW + 1, limit=9999)
    acted = {
        f"signal:{row.id}"
        for row in signals(wired.database, wired.engine.writer.account_id, wanted).items
        if row.decision in {"traded", "closed"}
    }
    newest = newest_outbox_id(wired.database)
    wired.close()

    assert rows[-1].id == newest
    assert [row.fact_id for row in rows if not row.fact_id.startswith("signal:")] == told
    assert {row.fact_id for row in rows if row.fact_id.startswith("signal:")} == acted
    assert {"fill", "trade_closed", "signal"} <= {row.type for row in rows}
    assert rows[0].at > NOW
    assert rows[-1].at <= NOW + HOUR_MS
    assert {row.data["badge"] for row in rows} == {"SIMULATED"}
