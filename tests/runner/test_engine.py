import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from core.catalogue import payload_schema, state_schema
from core.dashboard import EVENT_TYPES
from runner.wiring import Wired
from store import history, recovery
from store.accounts import current_account
from tests.runner.engines import HOUR_MS, NOW, Listener, open_engine, played, settings

CENT = Decimal("0.01")


Played = tuple[Listener, Wired]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="module")
def day(folder: Path) -> Iterator[Played]:
    """A day of past and six live hours, that the tests only look at."""
    listener, wired = played(folder, hours=6)
    yield listener, wired
    wired.close()


def test_every_event_has_exactly_the_fields_of_the_catalogue(day: Played) -> None:
    listener, _ = day
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


def test_a_reader_holds_the_engines_state_and_it_keeps_the_schema(
    day: Played, folder: Path
) -> None:
    listener, wired = day
    snapshot = json.loads(wired.engine.publisher.snapshot())

    assert listener.state == snapshot["state"]
    jsonschema.validate(snapshot, state_schema())
    assert json.loads((folder / "dashboard_state.json").read_bytes()) == snapshot


def test_the_figures_of_the_account_add_up_to_the_journal(day: Played) -> None:
    _, wired = day
    engine, database = wired.engine, wired.database
    journal = list(recovery.journal(database, account_of(wired)))
    trades = history.trades(database, account_of(wired), history.Wanted(limit=1000)).items
    told = engine.publisher.state["account"]
    positions = engine.publisher.state["positions"].values()

    assert trades
    assert Decimal(str(told["balance"])) == sum(e.amount for e in journal)
    assert told["closed_trades"] == len(trades)
    assert told["wins"] == sum(t.net_pnl > 0 for t in trades)
    assert Decimal(str(told["fees"])) == -sum(e.amount for e in journal if e.kind == "fee")
    open_pnl = sum(Decimal(str(p["unrealized_pnl"])) for p in positions)
    assert abs(Decimal(str(told["unrealized_pnl"])) - open_pnl) < CENT
    closed_net = sum(t.net_pnl for t in trades)
    still_open = sum(
        p.realized_pnl - p.fees + p.funding for p in engine.trader.portfolio.positions.values()
    )
    assert Decimal(str(told["realized_pnl"])) == closed_net + still_open
    wired.pulse.ledger_check.run()


def account_of(wired: Wired) -> int:
    account = current_account(wired.database)
    assert account is not None
    return account.id


def test_facts_are_stored_before_they_are_told_and_keep_their_ids(day: Played) -> None:
    listener, wired = day
    page = history.facts(wired.database, account_of(wired), history.Wanted(limit=1000))
    stored = {fact.fact_id: fact.data for fact in page.items}
    told = [b for _, k, b in listener.heard if b.get("fact_id", "").startswith("f")]

    assert told
    for body in told:
        assert stored[body["fact_id"]] == body


def test_a_restart_goes_on_where_it_stopped(day: Played, folder: Path) -> None:
    _, first = day
    before = first.engine
    second = open_engine(settings(folder), now=NOW + 9 * HOUR_MS)
    after = second.engine

    assert second.restarted
    assert first.course.plays_past
    assert not second.course.plays_past
    assert after.trader.portfolio == before.trader.portfolio
    assert after.trader.booking.resting == before.trader.booking.resting
    old, new = before.publisher.state, after.publisher.state
    for section in ("trades", "activity", "signals", "equity"):
        assert new[section] == old[section], section
    assert set(new["orders"]) == set(old["orders"])
    assert after.trader.tally.closed == before.trader.tally.closed
    assert after.trader.tally.save() == before.trader.tally.save()
    second.close()


def test_the_same_seed_gives_the_same_trades(tmp_path: Path) -> None:
    (one, first), (two, second) = (played(tmp_path / name, hours=2) for name in "ab")

    assert one.of("trade_closed") == two.of("trade_closed")
    assert one.state["account"] == two.state["account"]
    first.close()
    second.close()


@pytest.mark.parametrize("change", [{"seed": 8}, {"symbols": ["BTC/USDT"]}])
def test_another_tape_has_an_account_of_its_own(tmp_path: Path, change: dict[str, Any]) -> None:
    _, first = played(tmp_path, hours=0)
    second = open_engine(settings(tmp_path, **change), now=NOW)

    assert not second.restarted
    assert second.engine.trader.portfolio.balance == 10_000
    assert first.engine.trader.tally.closed
    first.close()
    second.close()
