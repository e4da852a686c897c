"""Figures: the same everywhere, worked out once, and honest when they cannot be."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.ledger import Entry, EntryKind, Portfolio
from core.market import DAY_MS, HOUR_MS
from core.metrics import DEFINITIONS
from core.trades import PositionSide, Trade
from runner import figures
from runner.publisher import Builder
from runner.tally import Tally
from store.records import ModelScore, PredictionRow, TheoryRow
from store.writer import Batch, EquityPoint
from tests.store import samples
from tests.telegram_webapp.house import NOW, House, house, problem
from tests.telegram_webapp.rig import until

START = NOW - 40 * DAY_MS
NETS = ["12.34567891", "-3.2", "0", "7.00000001", "-11.11", "25", "0.3", "-0.4", "6.5", "-2"] * 3


def trades() -> list[Trade]:
    """Thirty trades over forty days, of two strategies, some of which break even."""
    return [
        samples.trade(
            100 + number, id=f"t{number:02d}", strategy=("full_math", "trend")[number % 2],
            symbol=("BTC/USDT", "ETH/USDT")[number % 3 == 0],
            side=(PositionSide.LONG, PositionSide.SHORT)[number % 4 == 0],
            opened_at=START + number * DAY_MS, closed_at=START + number * DAY_MS + 5 * HOUR_MS,
            gross_pnl=Decimal(net), fees=Decimal(0), funding=Decimal(0),
            entry_notional=Decimal(1000), exit_notional=Decimal(1000),
        )
        for number, net in enumerate(NETS)
    ]  # fmt: skip


def curve() -> list[EquityPoint]:
    equity = Decimal(10000)
    found = []
    for number, net in enumerate(NETS):
        equity += Decimal(net)
        found.append(EquityPoint(START + (number + 1) * DAY_MS, equity, equity))
    return found


def deposits() -> list[Entry]:
    return [
        samples.entry(
            500 + number, at=START, kind=EntryKind.TRANSFER, amount=Decimal(5000), strategy=name,
            symbol="", position_id="", order_id="",
        )
        for number, name in enumerate(("full_math", "trend"))
    ]  # fmt: skip


def history() -> Batch:
    return Batch(trades=trades(), equity=curve(), journal=deposits())


def tell(house: House, count: int) -> None:
    """Have the engine tell its account after *count* of the trades, as the real one does."""
    engine = house.engine
    assert engine is not None
    tally = Tally(Portfolio.replay(deposits()), Decimal(10000), START)
    for trade in trades()[:count]:
        tally.count(trade)
    tally.drawdown.max_pct = Decimal("7.25")  # between two points of equity
    account: Builder = partial(figures.account, tally, NOW, {}, "USDT")
    members: list[Builder] = [
        partial(dict, at=NOW, id="deepseek_only", status="off", note="there is no key"),
        partial(dict, at=NOW, id="trend", status="trading", note=""),
        partial(dict, at=NOW, id="full_math", status="trading", note=""),
    ]

    def act() -> None:
        engine.publisher.touch("account", "", account)
        for member in members:
            engine.publisher.touch("strategy", str((member() or {})["id"]), member)
        engine.publisher.flush()

    engine.call(act)
    until(
        lambda: (house.link.snapshot().data or {"state": {"account": {}}})["state"]["account"],
        lambda told: told.get("closed_trades") == count,
    )


def make_house(data_dir: Path) -> Iterator[House]:
    with house(data_dir, own_history=False) as built:
        built.remember(history())
        tell(built, len(NETS))
        yield built


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    yield from make_house(tmp_path_factory.mktemp("house"))


@pytest.fixture
def own_house(tmp_path: Path) -> Iterator[House]:
    yield from make_house(tmp_path)


def body(house: House, path: str) -> dict[str, Any]:
    answer = house.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = msgspec.json.decode(answer.data)
    return found


def test_the_same_trades_come_to_the_same_everywhere(open_house: House) -> None:
    account = body(open_house, "/api/dashboard")["state"]["account"]
    measures = body(open_house, "/api/performance")["measures"]
    rows = list(csv.DictReader(io.StringIO(open_house.get("/api/trades?format=csv").text)))
    items = msgspec.json.decode(open_house.get("/api/trades?format=json-file").data)

    nets = [Decimal(row["net_pnl"]) for row in rows]
    assert (
        sorted(nets) == sorted(map(Decimal, NETS)) == sorted(Decimal(i["net_pnl"]) for i in items)
    )
    told = {name: measures[name]["value"] for name in measures}
    assert told["total_trades"] == account["closed_trades"] == len(nets)
    assert told["wins"] == account["wins"] == sum(net > 0 for net in nets)
    assert told["losses"] == account["losses"] == sum(net < 0 for net in nets)
    assert told["breakevens"] == account["breakevens"] == sum(net == 0 for net in nets)
    assert round(told["win_rate"], 4) == account["win_rate_pct"]
    assert told["net_pnl"] == float(sum(nets))
    assert told["max_drawdown_pct"] == -account["max_drawdown_pct"] == -7.25
    assert told["net_pnl"] == sum(
        g["net_pnl"] for g in body(open_house, "/api/performance")["by_side"]
    )


def test_figures_have_their_scope_their_curves_and_what_they_mean(open_house: House) -> None:
    found = body(open_house, "/api/performance?range=all")

    assert found["scope"] == {
        "range": "all", "since": START, "until": NOW + 1, "strategy": None, "symbol": None,
        "side": None, "currency": "USDT",
    }  # fmt: skip
    assert set(found["measures"]) == set(found["definitions"]) == set(DEFINITIONS)
    assert found["equity"][0] == [START, 10000.0]
    assert len(found["equity"]) == len(NETS) + 1
    assert found["measures"]["roi"]["value"] == round(float(sum(map(Decimal, NETS)) / 100), 8)
    assert found["counts"]["trades"] == len(NETS)
    assert body(open_house, "/api/performance/definitions") == found["definitions"]


def test_figures_are_narrowed(open_house: House) -> None:
    def count(query: str) -> int:
        return int(body(open_house, f"/api/performance?{query}")["counts"]["trades"])

    whole = trades()
    assert count("strategy=trend") == sum(t.strategy == "trend" for t in whole)
    assert count("symbol=ETH/USDT&side=short") == sum(
        (t.symbol, t.side) == ("ETH/USDT", PositionSide.SHORT) for t in whole
    )
    assert count("range=today") == 0
    assert count("range=30d") == sum(t.closed_at >= NOW - NOW % DAY_MS - 29 * DAY_MS for t in whole)
    assert count("strategy=nobody") == 0


def test_figures_that_did_not_change_are_not_sent_again(own_house: House) -> None:
    path = "/api/performance?range=30d"
    first = own_house.get(path)
    known = {"If-None-Match": first.headers["ETag"]}
    assert own_house.get(path, headers=known).status_code == 304

    own_house.remember(Batch(trades=[samples.trade(1, id="new", closed_at=NOW)]))
    tell(own_house, len(NETS) - 1)  # the count moves, whichever way

    changed = own_house.get(path, headers=known)
    assert changed.status_code == 200
    more = msgspec.json.decode(changed.data)["counts"]["trades"]
    assert more == msgspec.json.decode(first.data)["counts"]["trades"] + 1


def test_while_the_engine_is_away_figures_say_their_age(own_house: House) -> None:
    fresh = own_house.get("/api/performance")
    assert "stale" not in msgspec.json.decode(fresh.data)
    own_house.stop_engine()

    answer = own_house.get("/api/performance", headers={"If-None-Match": fresh.headers["ETag"]})

    told = msgspec.json.decode(answer.data)
    assert answer.status_code == 200
    assert told.pop("stale") is True
    assert told.pop("age_ms") >= 0
    assert told.pop("away_since") > 0
    assert told == msgspec.json.decode(fresh.data)


def test_figures_of_an_account_that_was_imported_end_with_it(open_house: House) -> None:
    end = START - 100 * DAY_MS
    account = open_house.bring_in("before", Batch(trades=[
        samples.trade(n, id=f"old {n}", opened_at=at - DAY_MS, closed_at=at)
        for n, at in enumerate(range(end, end - 10 * DAY_MS, -DAY_MS))
    ]))  # fmt: skip

    found = body(open_house, f"/api/performance?range=7d&account={account}")

    assert found["counts"]["trades"] == 7
    assert found["scope"]["until"] == end + 1
    assert found["measures"]["sharpe"]["value"] is None
    assert found["measures"]["sharpe"]["reason"]
    pair = body(open_house, f"/api/ab-test?account={account}")
    assert (pair["a"]["id"], pair["b"]["id"]) == ("trend", "none")
    assert pair["verdict"]["title"] == "Awaiting a second strategy"


def test_two_strategies_are_compared_with_a_verdict_in_words(open_house: House) -> None:
    found = body(open_house, "/api/ab-test?a=trend&b=full_math")

    for role, name in (("a", "trend"), ("b", "full_math")):
        side = found[role]
        assert (side["id"], side["status"], side["color_role"]) == (name, "trading", role)
        own = body(open_house, f"/api/performance?strategy={name}")
        assert side["measures"] == own["measures"]
    nets = {
        name: [t.net_pnl for t in trades() if t.strategy == name] for name in ("full_math", "trend")
    }
    means = {name: float(sum(of, Decimal(0)) / len(of) / 10) for name, of in nets.items()}
    difference = found["difference"]
    assert difference["estimate_pct"] == round(means["trend"] - means["full_math"], 6)
    assert difference["low_pct"] < difference["estimate_pct"] < difference["high_pct"]
    assert (difference["trades_a"], difference["trades_b"]) == (15, 15)
    assert found["verdict"]["state"] in {"undecided", "a", "b"}
    assert found["verdict"]["text"].startswith("95% interval")
    assert [s["id"] for s in found["strategies"]] == ["trend", "full_math", "deepseek_only"]
    # the two that trade are compared unless others are asked for
    assert body(open_house, "/api/ab-test") == found


def test_an_empty_strategy_awaits_its_trades(open_house: House) -> None:
    found = body(open_house, "/api/ab-test?a=trend&b=deepseek_only")

    assert (found["b"]["status"], found["b"]["note"]) == ("off", "there is no key")
    assert found["difference"] is None
    assert found["verdict"]["state"] == "awaiting"
    assert found["b"]["equity_pct"] == []


def test_theories_and_models_are_judged(own_house: House) -> None:
    own_house.remember(Batch(
        theories=[
            TheoryRow(
                trade_id=f"t{n:02d}", theory="hurst", strategy="full_math", symbol="BTC/USDT",
                opened_at=1, closed_at=2, score=0.5, weight=0.4, net_pnl=Decimal(1),
                hit=(True, True, False, None)[n],
            )
            for n in range(4)
        ],
        predictions=[
            PredictionRow(
                id=f"p{n}", at=n, strategy="gru", symbol="BTC/USDT", model="gru-1", horizon_ms=1,
                due_at=n, up_probability=0.8, price=Decimal(1), outcome_price=Decimal(2),
                rose=n > 0,
            )
            for n in range(4)
        ],
        scores=[
            ModelScore(
                model="gru-1", kind="walk_forward", at=5, strategy="gru", samples=99,
                accuracy=0.5, brier=0.25, baseline_accuracy=0.5, baseline_brier=0.24,
                passes=False, detail={},
            )
        ],
    ))  # fmt: skip

    (theory,) = body(own_house, "/api/theories")["theories"]
    assert (theory["trades"], theory["leaned"], theory["right"]) == (4, 3, 2)
    assert round(theory["hit_rate_pct"], 4) == 66.6667
    assert 0 < theory["low_pct"] < theory["hit_rate_pct"] < theory["high_pct"] < 100
    assert theory["bins"] == [
        {"low": 0.4, "high": 0.6, "count": 3, "said": 0.5, "came_true": 0.666667}
    ]
    live, tried = body(own_house, "/api/models?strategy=gru")["models"]
    assert (live["kind"], live["samples"], live["accuracy"], live["brier"]) == (
        "live", 4, 0.75, 0.19,
    )  # fmt: skip
    assert (live["baseline_accuracy"], live["baseline_brier"], live["passes"]) == (
        0.75,
        0.1875,
        False,
    )
    assert (tried["kind"], tried["samples"], tried["passes"]) == ("walk_forward", 99, False)
    assert body(own_house, "/api/models?strategy=trend")["models"] == []


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("performance?range=1y", "range must be one of today, 7d, 30d, all, was '1y'"),
        ("performance?side=up", "side must be one of long, short, was 'up'"),
        ("performance?since=1", "parameters must be among these: range"),
        ("performance?strategy=", "strategy must be 1 to 200 printable characters"),
        ("performance?account=x", "account must be a whole number from 1"),
        ("performance/definitions?x=1", "parameters must be among these: none"),
        ("ab-test?a=nobody", "a must be one of trend, full_math, deepseek_only, was 'nobody'"),
        ("ab-test?a=trend&b=trend", "b must be another strategy than a, was 'trend'"),
        ("ab-test?c=trend", "parameters must be among these: a, b, range, account"),
        ("theories?symbol=x", "parameters must be among these: strategy, account"),
    ],
)
def test_a_bad_parameter_is_named_with_its_rule(open_house: House, path: str, says: str) -> None:
    told = problem(open_house.get(f"/api/{path}"))

    assert told["code"] == "bad_parameter"
    assert told["detail"].startswith(says)


def test_before_the_first_trade_there_are_reasons_instead_of_figures(tmp_path: Path) -> None:
    with house(tmp_path, own_history=False) as built:
        found = body(built, "/api/performance")

        assert found["counts"]["trades"] == 0
        assert found["measures"]["win_rate"]["value"] is None
        assert found["measures"]["win_rate"]["reason"] == "no closed trade yet"
        pair = body(built, "/api/ab-test")
        assert (pair["a"]["id"], pair["b"]["id"]) == ("none", "none")
        assert pair["verdict"]["state"] == "awaiting"
        assert body(built, "/api/theories") == {"theories": []}
        assert body(built, "/api/models") == {"models": []}


def test_before_the_first_start_there_is_no_database(tmp_path: Path) -> None:
    with house(tmp_path, engine=False) as built:
        for path in ("performance", "ab-test", "theories", "models"):
            assert problem(built.get(f"/api/{path}"))["code"] == "no_database", path
