import asyncio
import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from core.catalogue import payload_schema, state_schema
from core.dashboard import EVENT_TYPES
from store import history, recovery
from store.accounts import current_account
from tests.runner.engines import HOUR_MS, NOW, Listener, follow, open_engine, settings, warm

CENT = Decimal("0.01")


def played(folder: Path, hours: int = 6, **changes: object) -> tuple[Listener, object]:
    """Play a day of past and some live hours; return what was heard and the wired engine."""
    listener = Listener()
    wired = open_engine(settings(folder, **changes), listener)

    async def run() -> None:
        engine = await warm(wired)
        await follow(engine, NOW + hours * HOUR_MS)
        await engine.close()
        await wired.pulse.write_state_file()

    asyncio.run(run())
    return listener, wired


def test_every_event_has_exactly_the_fields_of_the_catalogue(tmp_path: Path) -> None:
    listener, _ = played(tmp_path)
    validators = {
        kind: jsonschema.Draft202012Validator(payload_schema(kind))
        for kind in EVENT_TYPES
        if kind != "snapshot"
    }
    for _, kind, body in listener.heard:
        if kind != "snapshot":
            validators[kind].validate(body)

    kinds = {kind for _, kind, _ in listener.heard}
    assert {"price", "account", "candle_closed", "equity_point", "order_filled"} <= kinds


def test_a_reader_holds_the_engines_state_and_it_keeps_the_schema(tmp_path: Path) -> None:
    listener, wired = played(tmp_path)
    snapshot = json.loads(wired.engine.publisher.snapshot())

    assert listener.state == snapshot["state"]
    jsonschema.validate(snapshot, state_schema())
    assert json.loads((tmp_path / "dashboard_state.json").read_bytes()) == snapshot


def test_the_figures_of_the_account_add_up_to_the_journal(tmp_path: Path) -> None:
    _, wired = played(tmp_path)
    engine, database = wired.engine, wired.database
    account_id = current_account(database).id
    journal = list(recovery.journal(database, account_id))
    trades = history.trades(database, account_id, history.Wanted(limit=1000)).items
    told = engine.publisher.state["account"]

    assert trades
    assert Decimal(str(told["balance"])) == sum(e.amount for e in journal)
    assert told["closed_trades"] == len(trades)
    assert told["wins"] == sum(t.net_pnl > 0 for t in trades)
    assert Decimal(str(told["fees"])) == -sum(e.amount for e in journal if e.kind == "fee")
    open_pnl = sum(Decimal(str(p["unrealized_pnl"])) for p in _positions(engine))
    assert abs(Decimal(str(told["unrealized_pnl"])) - open_pnl) < CENT
    closed_net = sum(t.net_pnl for t in trades)
    still_open = sum(
        p.realized_pnl - p.fees + p.funding for p in engine.trader.portfolio.positions.values()
    )
    assert Decimal(str(told["realized_pnl"])) == closed_net + still_open
    wired.pulse.ledger_check.run()


def _positions(engine: object) -> list[dict[str, object]]:
    return list(engine.publisher.state["positions"].values())  # type: ignore[attr-defined]


def test_facts_are_stored_before_they_are_told_and_keep_their_ids(tmp_path: Path) -> None:
    listener, wired = played(tmp_path)
    account_id = current_account(wired.database).id
    page = history.facts(wired.database, account_id, history.Wanted(limit=1000))
    stored = {fact.fact_id: fact.data for fact in page.items}
    told = [b for _, k, b in listener.heard if b.get("fact_id", "").startswith("f")]

    assert told
    for body in told:
        assert stored[body["fact_id"]] == body


def test_a_restart_goes_on_where_it_stopped(tmp_path: Path) -> None:
    _, first = played(tmp_path)
    before = first.engine
    later = NOW + 9 * HOUR_MS
    second = open_engine(settings(tmp_path), now=later)
    after = second.engine

    assert second.restarted
    assert after.trader.portfolio == before.trader.portfolio
    assert after.trader.booking.resting == before.trader.booking.resting
    old, new = before.publisher.state, after.publisher.state
    for section in ("trades", "activity", "signals", "equity"):
        assert new[section] == old[section], section
    assert set(new["orders"]) == set(old["orders"])
    assert after.trader.tally.closed == before.trader.tally.closed
    assert after.trader.tally.save() == before.trader.tally.save()


def test_the_past_is_played_once(tmp_path: Path) -> None:
    _, first = played(tmp_path, hours=1)
    second = open_engine(settings(tmp_path), now=NOW + 2 * HOUR_MS)

    assert first.course.plays_past
    assert not second.course.plays_past


def test_the_same_seed_gives_the_same_trades(tmp_path: Path) -> None:
    one, _ = played(tmp_path / "a", hours=3)
    two, _ = played(tmp_path / "b", hours=3)

    assert one.of("trade_closed") == two.of("trade_closed")
    assert one.state["account"] == two.state["account"]


@pytest.mark.parametrize("change", [{"seed": 8}, {"symbols": ["BTC/USDT"]}])
def test_another_tape_has_an_account_of_its_own(tmp_path: Path, change: dict[str, object]) -> None:
    _, first = played(tmp_path, hours=1)
    second = open_engine(settings(tmp_path, **change), now=NOW)

    assert not second.restarted
    assert second.engine.trader.portfolio.balance == 10_000
    assert first.engine.trader.tally.closed
